# What the measurements share; each dots this file in. It has virtual machines that are driven by their consoles, here and in QEMU alike, and the one form of result line.
# A ratio is a time here divided by the other's for the same work: below 1 is faster here, throughput included. Runs of the two take turns; medians are compared.

$ErrorActionPreference = 'Stop'
$repository = Split-Path $PSScriptRoot
$vmPrompt = '/ # '

function Find-Tool([string] $Name) { (Get-Command $Name -CommandType Application -ErrorAction Ignore | Select-Object -First 1).Source }

# Ends the script with a line that says what it lacks.
function Exit-Unless($Condition, [string] $What, [string] $Needs) {
    if ($Condition) { return }
    Write-Host "${What}: left out, it needs $Needs."
    exit 0
}

function Get-Median([double[]] $Values) {
    [array]::Sort($Values)
    $Values[[int][math]::Floor($Values.Count / 2)]
}

function New-BenchFolder {
    $folder = Join-Path ([System.IO.Path]::GetTempPath()) "lguestps-bench-$PID"
    $null = New-Item $folder -ItemType Directory -Force
    $folder
}

# A line for a person, and one for the table at the end of `build.ps1 Bench`, where a goal was set.
function Write-Result([string] $What, [string] $Values, [double] $Reached, [double] $Goal, [string] $Unit = '') {
    $verdict = if (-not $Goal) { '' } elseif ($Reached -le $Goal) { ", goal $Goal$Unit reached" } else { ", goal $Goal$Unit not reached" }
    Write-Host ('{0,-44} {1}{2}' -f $What, $Values, $verdict)
    if ($Results -and $Goal) { [System.IO.File]::AppendAllText($Results, "$What`t$($Goal.ToString('0.##'))$Unit`t$($Reached.ToString('0.00'))$Unit`t$(if ($Reached -le $Goal) { 'yes' } else { 'no' })`n") }
}

# Compares samples: hashtables with Wall and, where it was taken, Cpu, in seconds. With an amount of megabytes the line has rates instead of times.
function Write-Ratio([string] $What, $Here, $There, [string] $Other = 'QEMU', [double] $Goal = 0, [double] $Megabytes = 0) {
    $ours = Get-Median @($Here | ForEach-Object { $_.Wall })
    $theirs = Get-Median @($There | ForEach-Object { $_.Wall })
    $values = if ($Megabytes) { 'here {0,8:f1} MB/s, {2} {1,8:f1} MB/s, ratio {3:f2}' -f ($Megabytes / $ours), ($Megabytes / $theirs), $Other, ($ours / $theirs) }
    else { 'here {0,8:f3} s, {2} {1,8:f3} s, ratio {3:f2}' -f $ours, $theirs, $Other, ($ours / $theirs) }
    if ($Here[0].Cpu -and $There[0].Cpu) {
        $values += ', processor time {0:f2}' -f ((Get-Median @($Here | ForEach-Object { $_.Cpu })) / (Get-Median @($There | ForEach-Object { $_.Cpu })))
    }
    Write-Result $What $values ($ours / $theirs) $Goal
}

# Builds one of bench/*.c for i386 Linux without a C library: the same file runs on the host and in guests.
function Build-Program([string] $Name, [string] $Folder) {
    $program = Join-Path $Folder $Name
    & (Find-Tool gcc) -m32 -O2 -march=i686 -static -nostdlib -fno-pie -no-pie -fno-stack-protector -fno-builtin -o $program (Join-Path $PSScriptRoot "$Name.c")
    if ($LASTEXITCODE -ne 0) { throw "gcc could not build $Name.c." }
    $program
}

# An initial RAM disk and a program more: Linux unpacks one archive after the other.
function Join-Initrd([string] $Initrd, [string] $Program, [string] $Folder) {
    $own = Join-Path $Folder 'program.cpio'
    $null = New-LguestInitrd -Path $own -File @{ (Split-Path $Program -Leaf) = $Program }
    $joined = [System.IO.File]::Create((Join-Path $Folder 'initrd.img'))
    foreach ($part in $Initrd, $own) {
        $bytes = [System.IO.File]::ReadAllBytes($part)
        $joined.Write($bytes, 0, $bytes.Length)
        $joined.Write([byte[]]::new(3), 0, (4 - $joined.Length % 4) % 4)   # archives begin at multiples of four
    }
    $joined.Dispose()
    $joined.Name
}

# The kernels to boot: names, files for here and for QEMU, and what their consoles are called.
function Get-BenchKernel {
    if ($env:LGUESTPS_TEST_KERNEL -and $env:LGUESTPS_TEST_INITRD) {
        $kernel = $env:LGUESTPS_TEST_KERNEL
        @{ Name = 'lguest Linux'; Kernel = $kernel; QemuKernel = if ($env:LGUESTPS_TEST_BZIMAGE) { $env:LGUESTPS_TEST_BZIMAGE } else { $kernel }
            Initrd = $env:LGUESTPS_TEST_INITRD; MemoryMB = 64; HereArguments = 'console=hvc0'; QemuArguments = 'console=ttyS0' }
    }
}

# Debian's own kernels with the initial RAM disk that the tests make, in a folder; nothing, with the reason, where the packages can't be had.
function Get-StockBenchKernel([string] $Folder) {
    . (Join-Path $repository 'tests/Pester/StockKernels.ps1')
    try { $packages = @(Get-StockKernel) }
    catch {
        Write-Host "Debian's packages can't be had: $_"
        return
    }
    foreach ($package in $packages) {
        $place = Join-Path $Folder $package.Flavour
        $null = New-Item $place -ItemType Directory -Force
        $stock = New-StockImage $package.Package $package.Busybox $place
        # QEMU's processor is one that the kernel defends against speculation, and ours is not: without that, both do the same work.
        $arguments = 'quiet cryptomgr.notests mitigations=off'
        @{ Name = "Debian's kernel $($package.Flavour)"; Kernel = $stock.Kernel.Kernel; QemuKernel = $stock.Kernel.Kernel; Initrd = "$($stock.Initrd)"; MemoryMB = 128
            HereArguments = "console=hvc0 $arguments"; QemuArguments = "console=ttyS0 $arguments" }
    }
}

# Starts a virtual machine: in this process, or as a QEMU. It has no other devices than its console and what is given.
function Start-Vm([ValidateSet('Here', 'Qemu')][string] $Where, $Kernel, [string] $Initrd = $Kernel.Initrd, [string] $Disk, [string] $Tap, [string] $TapAddress, [string] $CommandLine) {
    if ($Where -eq 'Here') {
        $guest = New-LguestGuest -Name "bench-$([guid]::NewGuid().ToString('n').Substring(0, 8))" -MemoryMB $Kernel.MemoryMB -Kernel $Kernel.Kernel -Initrd $Initrd -CommandLine "$($Kernel.HereArguments) $CommandLine"
        if ($Disk) { $guest = $guest | Add-LguestBlockDevice -Path $Disk }
        if ($Tap) { $guest = $guest | Add-LguestTunNet -IPAddress $TapAddress -MacAddress 02:00:00:00:00:01 -TapName $Tap }
        return @{ Where = $Where; Guest = $guest | Start-LguestGuest }
    }
    $arguments = @('-accel', 'tcg', '-m', $Kernel.MemoryMB, '-kernel', $Kernel.QemuKernel, '-initrd', $Initrd, '-append', "$($Kernel.QemuArguments) $CommandLine",
        '-nodefaults', '-display', 'none', '-serial', 'stdio', '-no-reboot')
    if ($Disk) { $arguments += '-drive', "file=$Disk,if=virtio,format=raw" }
    if ($Tap) { $arguments += '-netdev', "tap,id=net,ifname=$Tap,script=no,downscript=no,vhost=off", '-device', 'virtio-net-pci,netdev=net,mac=02:00:00:00:00:01,romfile=' }
    $process = Start-Reading (Find-Tool qemu-system-i386) $arguments
    @{ Where = $Where; Process = $process; Text = [System.Text.StringBuilder]::new(); Buffer = [char[]]::new(65536) }
}

# A process whose output this script reads and whose input it writes.
function Start-Reading([string] $Command, [string[]] $Arguments) {
    $start = [System.Diagnostics.ProcessStartInfo]::new($Command)
    $start.RedirectStandardOutput = $start.RedirectStandardInput = $true
    foreach ($argument in $Arguments) { $start.ArgumentList.Add($argument) }
    [System.Diagnostics.Process]::Start($start)
}

# Waits until a machine prints a text after what was waited for before.
function Wait-Vm($Vm, [string] $Text = $vmPrompt, [int] $TimeoutSeconds = 300) {
    if ($Vm.Where -eq 'Here') {
        Wait-LguestGuest $Vm.Guest -Console ([regex]::Escape($Text)) -TimeoutSeconds $TimeoutSeconds -ErrorAction Stop
        return
    }
    $watch = [System.Diagnostics.Stopwatch]::StartNew()
    while (($at = $Vm.Text.ToString().IndexOf($Text, [System.StringComparison]::Ordinal)) -lt 0) {
        $reading = $Vm.Process.StandardOutput.ReadAsync($Vm.Buffer, 0, $Vm.Buffer.Length)
        if (-not $reading.Wait([int]($TimeoutSeconds * 1000 - $watch.ElapsedMilliseconds)) -or -not $reading.Result) { throw "QEMU did not print '$Text': $($Vm.Text)" }
        $null = $Vm.Text.Append($Vm.Buffer, 0, $reading.Result)
    }
    $null = $Vm.Text.Remove(0, $at + $Text.Length)
}

function Send-Vm($Vm, [string] $Text) {
    if ($Vm.Where -eq 'Here') { Send-LguestConsole $Vm.Guest $Text }
    else {
        $Vm.Process.StandardInput.Write($Text)
        $Vm.Process.StandardInput.Flush()
    }
}

function Get-VmProcessorTime($Vm) {
    $process = if ($Vm.Where -eq 'Here') { [System.Diagnostics.Process]::GetCurrentProcess() } else { $Vm.Process }
    $process.Refresh()
    $process.TotalProcessorTime.TotalSeconds
}

function Stop-Vm($Vm) {
    if ($Vm.Where -eq 'Here') { Remove-LguestGuest $Vm.Guest -Force }
    else { Stop-Reading $Vm.Process }
}

function Stop-Reading($Process) {
    if (-not $Process.HasExited) { $Process.Kill() }
    $Process.WaitForExit()
}

# The seconds that a shell command takes in a machine. Its echo doesn't count as its end.
function Measure-VmCommand($Vm, [string] $Command, [int] $TimeoutSeconds = 300) {
    $cpu = Get-VmProcessorTime $Vm
    $watch = [System.Diagnostics.Stopwatch]::StartNew()
    Send-Vm $Vm "$Command && echo WELL''DONE`n"
    Wait-Vm $Vm 'WELLDONE' $TimeoutSeconds
    @{ Wall = $watch.Elapsed.TotalSeconds; Cpu = (Get-VmProcessorTime $Vm) - $cpu }
    Wait-Vm $Vm
}

# The seconds from the start of some machines at once to the prompt of the last.
function Measure-Boot([string] $Where, $Kernel, [int] $Count = 1) {
    $machines = @()
    try {
        $before = [System.Diagnostics.Process]::GetCurrentProcess().TotalProcessorTime.TotalSeconds
        $watch = [System.Diagnostics.Stopwatch]::StartNew()
        foreach ($number in 1..$Count) { $machines += Start-Vm $Where $Kernel }
        foreach ($machine in $machines) { Wait-Vm $machine }
        $wall = $watch.Elapsed.TotalSeconds
        $cpu = if ($Where -eq 'Here') { (Get-VmProcessorTime $machines[0]) - $before }
        else { [System.Linq.Enumerable]::Sum([double[]]@($machines | ForEach-Object { Get-VmProcessorTime $_ })) }
        @{ Wall = $wall; Cpu = $cpu }
    }
    finally { $machines | ForEach-Object { Stop-Vm $_ } }
}
