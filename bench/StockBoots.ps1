# Boots of Debian's own i386 kernels to the prompt beside QEMU's software emulation, with the same kernel and initial RAM disk. The packages are fetched as the tests fetch them.
param([int] $Runs = 3, [string] $Results)

. (Join-Path $PSScriptRoot 'Measure.ps1')
. (Join-Path $repository 'tests/Pester/StockKernels.ps1')
Exit-Unless (Find-Tool qemu-system-i386) 'Boots of stock kernels' 'qemu-system-i386'
try { $packages = @(Get-StockKernel) }
catch { Exit-Unless $false 'Boots of stock kernels' "Debian's packages: $_" }
Import-Module (Join-Path $repository 'out/LguestPS/LguestPS.psd1')
$folder = New-BenchFolder
try {
    foreach ($package in $packages) {
        $place = Join-Path $folder $package.Flavour
        $null = New-Item $place -ItemType Directory -Force
        $stock = New-StockImage $package.Package $package.Busybox $place
        $arguments = 'quiet cryptomgr.notests'
        $kernel = @{ Name = "Debian's kernel $($package.Flavour)"; Kernel = $stock.Kernel.Kernel; QemuKernel = $stock.Kernel.Kernel; Initrd = "$($stock.Initrd)"; MemoryMB = 128
            HereArguments = "console=hvc0 $arguments"; QemuArguments = "console=ttyS0 $arguments" }
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
