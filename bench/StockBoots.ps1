# Boots of Debian's own i386 kernels to the prompt beside QEMU's software emulation, with the same kernel and initial RAM disk. The packages are fetched as the tests fetch them.
param([int] $Runs = 3, [string] $Results)

. (Join-Path $PSScriptRoot 'Measure.ps1')
Exit-Unless (Find-Tool qemu-system-i386) 'Boots of stock kernels' 'qemu-system-i386'
Import-Module (Join-Path $repository 'out/LguestPS/LguestPS.psd1')
$folder = New-BenchFolder
try {
    $kernels = @(Get-StockBenchKernel $folder)
    Exit-Unless $kernels 'Boots of stock kernels' "Debian's packages"
    foreach ($kernel in $kernels) {
        $null = Measure-Boot Here $kernel   # warms the session
        $here = @()
        $there = @()
        foreach ($run in 1..$Runs) {
            $here += Measure-Boot Here $kernel
            $there += Measure-Boot Qemu $kernel
        }
        Write-Ratio "boot of $($kernel.Name)" $here $there
    }
}
finally { Remove-Item $folder -Recurse -Force }
exit 0
