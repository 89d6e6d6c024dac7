# Four compute kernels (bench/kernels.c) on the host, under QEMU's software emulation and here, in turn: the time that each takes, as ratios to QEMU and to the host.
# A Linux runs them as its first program: LGUESTPS_TEST_KERNEL (and LGUESTPS_TEST_BZIMAGE, which QEMU boots, when the former is a vmlinux). Also needs gcc and qemu-system-i386.
param(
    [string] $Kernel = $env:LGUESTPS_TEST_KERNEL,
    [string] $QemuKernel = $(if ($env:LGUESTPS_TEST_BZIMAGE) { $env:LGUESTPS_TEST_BZIMAGE } else { $Kernel }),
    [int] $Runs = 3,
    [int] $TimeoutSeconds = 120
)

$ErrorActionPreference = 'Stop'
$qemu = Get-Command qemu-system-i386 -CommandType Application -ErrorAction Ignore | Select-Object -First 1
$gcc = Get-Command gcc -CommandType Application -ErrorAction Ignore | Select-Object -First 1
if (-not $Kernel -or -not $qemu -or -not $gcc) {
    Write-Host 'Compute kernels beside QEMU: left out, they need LGUESTPS_TEST_KERNEL, gcc and qemu-system-i386.'
    exit 0
}
Import-Module (Join-Path (Split-Path $PSScriptRoot) 'out/LguestPS/LguestPS.psd1')
$names = 'start', 'crc32', 'sha256', 'sort', 'bytecode'
$folder = Join-Path ([System.IO.Path]::GetTempPath()) "lguestps-bench-$PID"
$null = New-Item $folder -ItemType Directory
$program = Join-Path $folder 'kernels'
$initrd = Join-Path $folder 'initrd.gz'
& $gcc.Source -m32 -O2 -march=i686 -static -nostdlib -fno-pie -no-pie -fno-stack-protector -fno-builtin -o $program (Join-Path $PSScriptRoot 'kernels.c')
if ($LASTEXITCODE -ne 0) { throw 'gcc could not build the kernels.' }
$null = New-LguestInitrd -Path $initrd -File @{ 'kernels' = $program } -Entry @{ Path = 'dev'; Mode = '755' }, @{ Path = 'dev/console'; Mode = '600'; Device = 'c 5:1' }

# Reads a program's lines as they come; seconds from each to the next, by name.
function Measure-Process([string] $Command, [string[]] $Arguments) {
    $start = [System.Diagnostics.ProcessStartInfo]::new($Command)
    $start.RedirectStandardOutput = $start.RedirectStandardInput = $true
    foreach ($argument in $Arguments) { $start.ArgumentList.Add($argument) }
    $process = [System.Diagnostics.Process]::Start($start)
    $watch = [System.Diagnostics.Stopwatch]::StartNew()
    $times = @{}
    try {
        while ($times.Count -lt $names.Count - 1) {
            $line = $process.StandardOutput.ReadLine()
            if ($null -eq $line -or $watch.Elapsed.TotalSeconds -gt $TimeoutSeconds) { throw "$Command did not run the kernels to their end." }
            if ($line -cnotmatch 'KERNEL (\w+)') { continue }
            if ($Matches[1] -ne 'start') { $times[$Matches[1]] = $watch.Elapsed.TotalSeconds - $last }
            $last = $watch.Elapsed.TotalSeconds
        }
    }
    finally {
        if (-not $process.HasExited) { $process.Kill() }
        $process.WaitForExit()
    }
    $times
}

function Measure-Here {
    $guest = New-LguestGuest -Name bench -Kernel $Kernel -Initrd $initrd -CommandLine 'console=hvc0 rdinit=/kernels' | Start-LguestGuest
    $watch = [System.Diagnostics.Stopwatch]::StartNew()
    $times = @{}
    foreach ($name in $names) {
        Wait-LguestGuest $guest -Console "KERNEL $name" -TimeoutSeconds $TimeoutSeconds
        if ($name -ne 'start') { $times[$name] = $watch.Elapsed.TotalSeconds - $last }
        $last = $watch.Elapsed.TotalSeconds
    }
    Remove-LguestGuest $guest -Force
    $times
}

function Get-Median([double[]] $Values) {
    [array]::Sort($Values)
    $Values[[int][math]::Floor($Values.Count / 2)]
}

try {
    $here = @()
    $there = @()
    $native = @()
    foreach ($run in 1..$Runs) {
        $here += Measure-Here
        $there += Measure-Process $qemu.Source ('-accel', 'tcg', '-m', '64', '-kernel', $QemuKernel, '-initrd', $initrd, '-append', 'console=ttyS0 rdinit=/kernels', '-display', 'none', '-serial', 'stdio', '-monitor', 'none', '-no-reboot')
        $native += Measure-Process $program @()
    }
    foreach ($name in $names | Where-Object { $_ -ne 'start' }) {
        $ours, $qemus, $hosts = foreach ($set in $here, $there, $native) { Get-Median @($set | ForEach-Object { $_[$name] }) }
        Write-Host ('{0,-9} {1:f2} s, QEMU {2:f2} s (ratio {3:f2}), host {4:f2} s (ratio {5:f2})' -f $name, $ours, $qemus, ($ours / $qemus), $hosts, ($ours / $hosts))
    }
}
finally { Remove-Item $folder -Recurse -Force }
exit 0
