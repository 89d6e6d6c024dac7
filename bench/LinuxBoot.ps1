# A Linux kernel's boot to its shell beside QEMU's software emulation of the same kernel as a PC: runs in turn, medians of wall-clock and of processor time, their ratios.
# The kernel and its initial RAM disk are the ones that the tests use: LGUESTPS_TEST_KERNEL (and LGUESTPS_TEST_BZIMAGE, which QEMU boots, when the former is a vmlinux) and LGUESTPS_TEST_INITRD.
param(
    [string] $Kernel = $env:LGUESTPS_TEST_KERNEL,
    [string] $QemuKernel = $(if ($env:LGUESTPS_TEST_BZIMAGE) { $env:LGUESTPS_TEST_BZIMAGE } else { $Kernel }),
    [string] $Initrd = $env:LGUESTPS_TEST_INITRD,
    [string] $Prompt = '/ # ',
    [string] $CommandLine = '',
    [int] $MemoryMB = 64,
    [int] $Runs = 5,
    [int] $TimeoutSeconds = 300
)

$ErrorActionPreference = 'Stop'
$qemu = Get-Command qemu-system-i386 -CommandType Application -ErrorAction Ignore | Select-Object -First 1
if (-not $Kernel -or -not $Initrd -or -not $qemu) {
    Write-Host 'Linux boot beside QEMU: left out, it needs LGUESTPS_TEST_KERNEL, LGUESTPS_TEST_INITRD and qemu-system-i386.'
    exit 0
}
Import-Module (Join-Path (Split-Path $PSScriptRoot) 'out/LguestPS/LguestPS.psd1')

function Measure-Here {
    $guest = New-LguestGuest -Name bench -MemoryMB $MemoryMB -Kernel $Kernel -Initrd $Initrd -CommandLine "console=hvc0 $CommandLine"
    $process = [System.Diagnostics.Process]::GetCurrentProcess()
    $before = $process.TotalProcessorTime
    $watch = [System.Diagnostics.Stopwatch]::StartNew()
    $null = Start-LguestGuest $guest
    Wait-LguestGuest $guest -Console $Prompt -TimeoutSeconds $TimeoutSeconds -ErrorAction Stop
    $wall = $watch.Elapsed.TotalSeconds
    $process.Refresh()
    $cpu = ($process.TotalProcessorTime - $before).TotalSeconds
    Remove-LguestGuest $guest -Force
    @{ Wall = $wall; Cpu = $cpu }
}

function Measure-Qemu {
    $start = [System.Diagnostics.ProcessStartInfo]::new($qemu.Source)
    $start.RedirectStandardOutput = $start.RedirectStandardInput = $true
    foreach ($argument in '-accel', 'tcg', '-m', $MemoryMB, '-kernel', $QemuKernel, '-initrd', $Initrd, '-append', "console=ttyS0 $CommandLine", '-display', 'none', '-serial', 'stdio', '-monitor', 'none', '-no-reboot') {
        $start.ArgumentList.Add($argument)
    }
    $watch = [System.Diagnostics.Stopwatch]::StartNew()
    $process = [System.Diagnostics.Process]::Start($start)
    try {
        $text = [System.Text.StringBuilder]::new()
        while (-not $text.ToString().Contains($Prompt)) {
            $character = $process.StandardOutput.Read()
            if ($character -lt 0 -or $watch.Elapsed.TotalSeconds -gt $TimeoutSeconds) { throw "QEMU did not come to the prompt: $text" }
            if ($character -eq 10) { $null = $text.Clear() } else { $null = $text.Append([char]$character) }
        }
        $wall = $watch.Elapsed.TotalSeconds
        $process.Refresh()
        @{ Wall = $wall; Cpu = $process.TotalProcessorTime.TotalSeconds }
    }
    finally {
        $process.Kill()
        $process.WaitForExit()
    }
}

function Get-Median([double[]] $Values) {
    [array]::Sort($Values)
    $Values[[int][math]::Floor($Values.Count / 2)]
}

# The first run here warms the session and is not counted.
$null = Measure-Here
$here = @()
$there = @()
foreach ($run in 1..$Runs) {
    $here += Measure-Here
    $there += Measure-Qemu
}
foreach ($kind in 'Wall', 'Cpu') {
    $ours = Get-Median @($here | ForEach-Object { $_[$kind] })
    $qemus = Get-Median @($there | ForEach-Object { $_[$kind] })
    Write-Host ('Linux boot to its prompt, {0} time: {1:f2} s, QEMU {2:f2} s, ratio {3:f2} (medians of {4} runs each, in turn)' -f $kind.ToLowerInvariant(), $ours, $qemus, ($ours / $qemus), $Runs)
}
exit 0
