# Boots to the prompt: the demo guest beside the promised time, Linux beside QEMU's software emulation of the same kernel and initial RAM disk as a PC, one, two and eight at once.
param([int] $Runs = 5, [double] $PromisedMilliseconds = 125, [string] $Results)

. (Join-Path $PSScriptRoot 'Measure.ps1')
Import-Module (Join-Path $repository 'out/LguestPS/LguestPS.psd1')

function Measure-DemoBoot {
    $guest = Get-LguestDemoKernel | New-LguestGuest -Name bench -MemoryMB 16
    $watch = [System.Diagnostics.Stopwatch]::StartNew()
    $null = Start-LguestGuest $guest
    Wait-LguestGuest $guest -Console 'demo> ' -TimeoutSeconds 30 -ErrorAction Stop
    $watch.Elapsed.TotalMilliseconds
    Remove-LguestGuest $guest -Force
}

$null = Measure-DemoBoot   # warms the session
$times = foreach ($run in 1..(4 * $Runs)) { Measure-DemoBoot }
$median = Get-Median $times
Write-Result 'boot of the demo guest, warm session' ('median {0:f1} ms of {1} runs' -f $median, $times.Count) $median $PromisedMilliseconds ' ms'

$kernels = @(Get-BenchKernel)
Exit-Unless ($kernels -and (Find-Tool qemu-system-i386)) 'Linux boots' 'a Linux (LGUESTPS_TEST_KERNEL, LGUESTPS_TEST_INITRD) and qemu-system-i386'
foreach ($kernel in $kernels) {
    $null = Measure-Boot Here $kernel   # warms the session
    foreach ($count in 1, 2, 8) {
        $here = @()
        $there = @()
        foreach ($run in 1..$(if ($count -gt 1) { [math]::Min(3, $Runs) } else { $Runs })) {
            $here += Measure-Boot Here $kernel $count
            $there += Measure-Boot Qemu $kernel $count
        }
        if ($count -eq 1) { Write-Ratio "boot of $($kernel.Name)" $here $there -Goal 0.6 }
        else { Write-Ratio "boot of $count $($kernel.Name) at once" $here $there }
    }
}
exit 0
