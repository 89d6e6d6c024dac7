# What a user waits for and what a guest costs: import of the module in a new process, the first byte on a guest's console, and the process's memory beside the guest's own.
param([int] $Runs = 5, [string] $Results)

. (Join-Path $PSScriptRoot 'Measure.ps1')
$module = Join-Path $repository 'out/LguestPS/LguestPS.psd1'

# A new process of the host that runs this one runs a script, which prints numbers.
$scratch = New-BenchFolder
$self = [System.Diagnostics.Process]::GetCurrentProcess().MainModule.FileName
$shell = @(if ($Host.Name -eq 'LguestPS.Shell') { [System.Reflection.Assembly]::GetEntryAssembly().Location } else { '-NoProfile', '-NonInteractive', '-File' })
function Measure-NewProcess([string] $Script) {
    $file = Join-Path $scratch 'measured.ps1'
    [System.IO.File]::WriteAllText($file, $Script)
    [double[]]@((& $self @shell $file) -split ' ')
}

# The memory that a process really has, in bytes; pages that are mapped twice count once.
function Get-Resident([string] $Name) {
    $sum = 0
    $counts = $false
    foreach ($line in [System.IO.File]::ReadAllLines('/proc/self/smaps')) {
        if ($line -match '^[0-9a-f]+-[0-9a-f]+ .{4} ') { $counts = -not $Name -or $line.Contains($Name) }
        elseif ($counts -and $line -match '^Pss:\s+(\d+) kB') { $sum += [long]$Matches[1] }
    }
    $sum * 1024
}

try {
    $times = foreach ($run in 1..$Runs) {
        , (Measure-NewProcess @"
            `$watch = [System.Diagnostics.Stopwatch]::StartNew()
            Import-Module '$module'
            `$import = `$watch.Elapsed.TotalMilliseconds
            `$watch.Restart()
            `$guest = Get-LguestDemoKernel | New-LguestGuest -Name bench -MemoryMB 16 | Start-LguestGuest
            Wait-LguestGuest `$guest -Console '(?s).' -TimeoutSeconds 60 -ErrorAction Stop
            "`$import `$(`$watch.Elapsed.TotalMilliseconds)"
            Remove-LguestGuest `$guest -Force
"@)
    }
    foreach ($which in 0, 1) {
        $what = 'import of the module, new process', 'demo guest''s first byte, new process'
        Write-Result $what[$which] ('median {0:f0} ms of {1} runs' -f (Get-Median @($times | ForEach-Object { $_[$which] })), $Runs) 0 0
    }
}
finally { Remove-Item $scratch -Recurse -Force }

$kernels = @(Get-BenchKernel)
Exit-Unless ($kernels -and (Test-Path /proc/self/smaps)) 'Memory beside the guest''s' 'a Linux (LGUESTPS_TEST_KERNEL, LGUESTPS_TEST_INITRD) and /proc/self/smaps'
Import-Module $module
foreach ($kernel in $kernels) {
    # A demo guest has gone before, so that what the module itself and the session need is there already.
    $warm = Get-LguestDemoKernel | New-LguestGuest -Name warm -MemoryMB 16 | Start-LguestGuest
    Wait-LguestGuest $warm -Console 'demo> ' -TimeoutSeconds 60 -ErrorAction Stop
    Remove-LguestGuest $warm -Force
    $before = Get-Resident
    $vm = Start-Vm Here $kernel
    try {
        Wait-Vm $vm
        $own = Get-Resident $vm.Guest.Name
        $beside = ((Get-Resident) - $before - $own) / 1MB
        Write-Result "memory beside RAM, $($kernel.Name) at prompt" ('{0:f1} MB, the guest has touched {1:f1} MB' -f $beside, ($own / 1MB)) $beside 64 ' MB'
    }
    finally { Stop-Vm $vm }
}
exit 0
