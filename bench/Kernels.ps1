# Four compute kernels (bench/kernels.c) on the host, under QEMU's software emulation and here, in turn. A Linux runs them as its first program.
param([int] $Runs = 3, [string] $Results)

. (Join-Path $PSScriptRoot 'Measure.ps1')
$kernel = @(Get-BenchKernel)[0]
Exit-Unless ($kernel -and (Find-Tool gcc) -and (Find-Tool qemu-system-i386)) 'Compute kernels' 'a Linux (LGUESTPS_TEST_KERNEL, LGUESTPS_TEST_INITRD), gcc and qemu-system-i386'
Import-Module (Join-Path $repository 'out/LguestPS/LguestPS.psd1')
$names = 'crc32', 'sha256', 'sort', 'bytecode'
$folder = New-BenchFolder
try {
    $program = Build-Program kernels $folder
    $initrd = Join-Path $folder 'initrd.img'
    $null = New-LguestInitrd -Path $initrd -File @{ 'kernels' = $program } -Entry @{ Path = 'dev'; Mode = '755' }, @{ Path = 'dev/console'; Mode = '600'; Device = 'c 5:1' }

    function Measure-Kernels($Vm) {
        $times = @{}
        try {
            Wait-Vm $Vm 'KERNEL start'
            foreach ($name in $names) {
                $watch = [System.Diagnostics.Stopwatch]::StartNew()
                Wait-Vm $Vm "KERNEL $name"
                $times[$name] = @{ Wall = $watch.Elapsed.TotalSeconds }
            }
        }
        finally { Stop-Vm $Vm }
        $times
    }

    $here = @()
    $there = @()
    $native = @()
    foreach ($run in 1..$Runs) {
        $here += Measure-Kernels (Start-Vm Here $kernel -Initrd $initrd -CommandLine 'rdinit=/kernels')
        $there += Measure-Kernels (Start-Vm Qemu $kernel -Initrd $initrd -CommandLine 'rdinit=/kernels')
        # On the host it is a machine that was switched on already.
        $native += Measure-Kernels @{ Where = 'Host'; Process = Start-Reading $program @(); Text = [System.Text.StringBuilder]::new(); Buffer = [char[]]::new(65536) }
    }
    $logarithms = 0.0
    foreach ($name in $names) {
        $ours, $qemus, $hosts = foreach ($set in $here, $there, $native) { , @($set | ForEach-Object { $_[$name] }) }
        Write-Ratio "kernel $name" $ours $qemus -Goal 0.5
        Write-Ratio "kernel $name" $ours $hosts -Other 'host'
        $logarithms += [math]::Log((Get-Median @($ours | ForEach-Object { $_.Wall })) / (Get-Median @($hosts | ForEach-Object { $_.Wall })))
    }
    $mean = [math]::Exp($logarithms / $names.Count)
    Write-Result 'kernels, geometric mean beside the host' ('ratio {0:f2}' -f $mean) $mean 2.0
}
finally { Remove-Item $folder -Recurse -Force }
exit 0
