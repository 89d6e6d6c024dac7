# What a Linux guest does beside the same Linux under QEMU's software emulation: processes, compression, checksums, sorting; reads of a disk, the host's page cache warm.
param([int] $Runs = 3, [int] $DiskMB = 64, [string] $Results)

. (Join-Path $PSScriptRoot 'Measure.ps1')
Exit-Unless ((Find-Tool gcc) -and (Find-Tool qemu-system-i386)) 'Loads in a Linux guest' 'gcc and qemu-system-i386'
Import-Module (Join-Path $repository 'out/LguestPS/LguestPS.psd1')
$diskBytes = $DiskMB -shl 20

# Each load: its name, its command, the megabytes that it moves, and the goal where there is one of its own.
$loads = @(
    @{ Name = 'fork and exec 1,000 times'; Command = 'i=0; while [ $i -lt 1000 ]; do /bin/true; i=$((i+1)); done'; Shell = $true }
    @{ Name = 'gzip of 4 MB'; Command = 'gzip -c /tmp/data >/dev/null'; Shell = $true }
    @{ Name = 'sort of 60,000 lines'; Command = 'head -c 480000 /tmp/data | sort >/dev/null'; Shell = $true }
    @{ Name = 'sha256sum of 4 MB'; Command = 'sha256sum /tmp/data' }
    @{ Name = 'block, sequential read'; Command = "/traffic read /dev/vda 262144 $(8 * $DiskMB)"; Megabytes = 2 * $DiskMB; Goal = 1 }
    @{ Name = 'block, sequential write'; Command = "/traffic write /dev/vda 262144 $(8 * $DiskMB)"; Megabytes = 2 * $DiskMB }
    @{ Name = 'block, random 4K reads'; Command = "/traffic random /dev/vda $diskBytes 8192"; Megabytes = 32 }
)

$folder = New-BenchFolder
try {
    $kernels = @(Get-BenchKernel) + @(Get-StockBenchKernel $folder)
    Exit-Unless $kernels 'Loads in a Linux guest' "a Linux (LGUESTPS_TEST_KERNEL, LGUESTPS_TEST_INITRD) or Debian's packages"
    $program = Build-Program traffic $folder
    $disk = Join-Path $folder 'disk.img'
    [System.IO.File]::WriteAllBytes($disk, [byte[]]::new($diskBytes))   # written, so that the host's page cache has it

    function Measure-Loads($Where, $Kernel, $Initrd) {
        $vm = Start-Vm $Where $Kernel -Initrd $Initrd -Disk $disk
        $times = @{}
        try {
            Wait-Vm $vm
            $null = Measure-VmCommand $vm '/traffic data 4194304 >/tmp/data && gzip -c /tmp/data >/dev/null'
            foreach ($load in $loads) { $times[$load.Name] = Measure-VmCommand $vm $load.Command }
        }
        finally { Stop-Vm $vm }
        $shell = @($loads | Where-Object { $_.Shell } | ForEach-Object { $times[$_.Name] })
        $times.Shell = @{}
        foreach ($kind in 'Wall', 'Cpu') { $times.Shell[$kind] = [System.Linq.Enumerable]::Sum([double[]]@($shell | ForEach-Object { $_[$kind] })) }
        $times
    }

    foreach ($kernel in $kernels) {
        $initrd = Join-Initrd $kernel.Initrd $program $folder
        $here = @()
        $there = @()
        foreach ($run in 1..$Runs) {
            $here += Measure-Loads Here $kernel $initrd
            $there += Measure-Loads Qemu $kernel $initrd
        }
        foreach ($load in @($loads) + @{ Name = 'Shell'; Goal = 0.7 }) {
            $name = if ($load.Name -eq 'Shell') { 'shell-heavy load (those three)' } else { $load.Name }
            $goal, $megabytes = foreach ($value in $load.Goal, $load.Megabytes) { if ($value) { $value } else { 0 } }
            Write-Ratio "$($kernel.Name): $name" @($here | ForEach-Object { $_[$load.Name] }) @($there | ForEach-Object { $_[$load.Name] }) -Goal $goal -Megabytes $megabytes
        }
    }
}
finally { Remove-Item $folder -Recurse -Force }
exit 0
