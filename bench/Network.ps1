# TCP over a TAP interface beside QEMU: throughput each way, and a byte there and back. It makes a network namespace for itself, so that the host's own interfaces are left alone.
param([int] $Runs = 3, [int] $Megabytes = 64, [int] $Questions = 2000, [string] $Results, [switch] $Inside)

. (Join-Path $PSScriptRoot 'Measure.ps1')
$kernels = @(Get-BenchKernel)
$tools = -not ('gcc', 'qemu-system-i386', 'unshare', 'ip' | Where-Object { -not (Find-Tool $_) })
Exit-Unless ($kernels -and $tools -and (Test-Path /dev/net/tun)) 'Network over TAP' 'a Linux (LGUESTPS_TEST_KERNEL, LGUESTPS_TEST_INITRD), gcc, qemu-system-i386, unshare, ip and /dev/net/tun'

if (-not $Inside) {
    $self = [System.Diagnostics.Process]::GetCurrentProcess().MainModule.FileName
    $shell = if ($Host.Name -eq 'LguestPS.Shell') { $self, [System.Reflection.Assembly]::GetEntryAssembly().Location, $PSCommandPath } else { $self, '-NoProfile', '-NonInteractive', '-File', $PSCommandPath }
    $arguments = @('-Runs', $Runs, '-Megabytes', $Megabytes, '-Questions', $Questions, '-Inside') + $(if ($Results) { '-Results', $Results })
    & (Find-Tool unshare) --net --map-root-user @shell @arguments
    exit $LASTEXITCODE
}

Import-Module (Join-Path $repository 'out/LguestPS/LguestPS.psd1')
$hostAddress, $guestAddress, $port = '192.168.77.1', '192.168.77.2', 7000
$loads = @(
    @{ Name = 'TCP from the guest'; Command = "/traffic send $hostAddress $port $($Megabytes -shl 20)"; Megabytes = $Megabytes; Goal = 1 }
    @{ Name = 'TCP to the guest'; Command = "/traffic receive $hostAddress $port $($Megabytes -shl 20)"; Megabytes = $Megabytes; Goal = 1 }
    @{ Name = "TCP, $Questions bytes there and back"; Command = "/traffic ask $hostAddress $port $Questions" }
)
$folder = New-BenchFolder
$server = $null
try {
    $program = Build-Program traffic $folder
    & ip link set lo up
    $server = Start-Reading $program @('serve', $port)
    if ($server.StandardOutput.ReadLine() -ne 'READY') { throw "The network's other end can't be had." }

    function Measure-Network($Where, $Kernel, $Initrd) {
        $tap = "bench$Where".ToLowerInvariant()
        if ($Where -eq 'Qemu') {
            & ip tuntap add dev $tap mode tap
            & ip address add "$hostAddress/24" dev $tap
            & ip link set $tap up
        }
        $vm = Start-Vm $Where $Kernel -Initrd $Initrd -Tap $tap -TapAddress $hostAddress
        $times = @{}
        try {
            Wait-Vm $vm
            $null = Measure-VmCommand $vm "ifconfig eth0 $guestAddress netmask 255.255.255.0 up && until ping -c 1 -W 1 $hostAddress; do :; done && /traffic ask $hostAddress $port 10"
            foreach ($load in $loads) { $times[$load.Name] = Measure-VmCommand $vm $load.Command }
        }
        finally {
            Stop-Vm $vm
            if ($Where -eq 'Qemu') { & ip tuntap del dev $tap mode tap }
        }
        $times
    }

    foreach ($kernel in $kernels) {
        $initrd = Join-Initrd $kernel.Initrd $program $folder
        $here = @()
        $there = @()
        foreach ($run in 1..$Runs) {
            $here += Measure-Network Here $kernel $initrd
            $there += Measure-Network Qemu $kernel $initrd
        }
        foreach ($load in $loads) {
            $goal, $amount = foreach ($value in $load.Goal, $load.Megabytes) { if ($value) { $value } else { 0 } }
            Write-Ratio "$($kernel.Name): $($load.Name)" @($here | ForEach-Object { $_[$load.Name] }) @($there | ForEach-Object { $_[$load.Name] }) -Goal $goal -Megabytes $amount
        }
    }
}
finally {
    if ($server) { Stop-Reading $server }
    Remove-Item $folder -Recurse -Force
}
exit 0
