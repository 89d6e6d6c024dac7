# A real lguest kernel, where there is one: LGUESTPS_TEST_KERNEL and LGUESTPS_TEST_INITRD name a vmlinux or bzImage with lguest support and an
# initrd whose shell prompts with '/ # '; LGUESTPS_TEST_DISK names a file system image that has a file hello.txt. The tests work on copies.
# LGUESTPS_TEST_TUNNET=0 leaves the network card out, for whose receive buffers, 18 MB, a kernel needs memory outside the first 16 MB that it may take.

. (Join-Path $PSScriptRoot 'NetworkNamespace.ps1')

$noKernel = -not ($env:LGUESTPS_TEST_KERNEL -and $env:LGUESTPS_TEST_INITRD)
$noDisk = $noKernel -or -not $env:LGUESTPS_TEST_DISK
$obstacle = if ($env:LGUESTPS_TEST_TUNNET -eq '0') { 'LGUESTPS_TEST_TUNNET=0 asks for none' } elseif (-not $noKernel) { Get-NamespaceObstacle }
if ($obstacle) { Write-Host "No Linux guest has a TAP interface: $obstacle." }
if ($noKernel) { Write-Host 'No Linux guest is booted: LGUESTPS_TEST_KERNEL and LGUESTPS_TEST_INITRD do not name one.' }

BeforeAll {
    . (Join-Path $PSScriptRoot 'NetworkNamespace.ps1')
    $prompt = '(?m)^/ # '

    $commandLine = 'console=hvc0 root=/dev/ram0'

    function New-LinuxGuest {
        New-LguestGuest -Name linux -MemoryMB 64 -Kernel $env:LGUESTPS_TEST_KERNEL -Initrd $env:LGUESTPS_TEST_INITRD -CommandLine $commandLine
    }

    function Wait-LinuxPrompt($Guest) { Wait-LguestGuest $Guest -Console $prompt -TimeoutSeconds 120 -ErrorAction Stop }

    function Invoke-LinuxCommand($Guest, [string] $Command) {
        $null = Receive-LguestConsole $Guest
        Send-LguestConsole $Guest "$Command`n"
        Wait-LinuxPrompt $Guest
        Receive-LguestConsole $Guest
    }
}

Describe 'Linux' -Tag Linux {
    AfterEach { Get-LguestGuest | Remove-LguestGuest -Force }

    It 'boots to its shell and answers' -Skip:$noKernel {
        $guest = New-LinuxGuest | Add-LguestRng | Start-LguestGuest
        Wait-LinuxPrompt $guest
        (Invoke-LinuxCommand $guest 'uname -a') -join "`n" | Should -Match 'Linux .* i.86'
        (Invoke-LinuxCommand $guest 'head -c 16 /dev/hwrng | wc -c') -join "`n" | Should -Match '(?m)^16'
    }

    It 'runs commands as its shell does' -Skip:$noKernel {
        $guest = New-LinuxGuest | Start-LguestGuest
        $script = @(
            'ls -1 -d /proc /sys', 'false', 'cd /tmp; x=5', 'pwd; echo $x; printf end', 'if', 'ls --color=always -d /proc', 'no-such-command'
            "for i in 1 2; do`n`techo `"it's `$i`"`ndone", "cat <<'END'`nh`u{e9}llo 100% \n !`nEND", "echo $('x' * 2000)", 'sleep 1; (exit 42)')
        $results = @($script | Invoke-LguestCommand $guest -TimeoutSeconds 120 -ErrorAction Stop)
        @($results.ExitCode) -join ' ' | Should -Be '0 1 0 0 2 0 127 0 0 0 42'
        $expected = "/proc`n/sys", '', '', "/tmp`n5`nend", $null, '/proc', $null, "it's 1`nit's 2", "h`u{e9}llo 100% \n !", ('x' * 2000), ''
        for ($i = 0; $i -lt $script.Count; $i++) { if ($null -ne $expected[$i]) { "$($results[$i])" | Should -BeExactly $expected[$i] -Because $script[$i] } }
        "$($results[4])" | Should -Match 'syntax error'
        $results[10].Duration.TotalSeconds | Should -BeGreaterThan 1

        $failed = Invoke-LguestCommand $guest 'echo so be it; false' -ErrorOnFailure -TimeoutSeconds 30 -ErrorVariable failure -ErrorAction SilentlyContinue
        $failed.ExitCode | Should -Be 1
        $failure[0].FullyQualifiedErrorId | Should -BeLike 'CommandFailed,*'
        $failure[0].TargetObject | Should -Be $failed
        $plain = Invoke-LguestCommand $guest 'echo plain; false' -Prompt '# ' -NoStatus -TimeoutSeconds 30
        "$plain" | Should -BeExactly 'plain'
        $plain.ExitCode | Should -BeNullOrEmpty
    }

    It 'is idle while its processes sleep, and is not while they compute' -Skip:$noKernel {
        $guest = New-LinuxGuest | Start-LguestGuest
        Wait-LinuxPrompt $guest
        Send-LguestConsole $guest "sleep 1000`n"
        Wait-LguestGuest $guest -Idle -TimeoutSeconds 60 -PassThru | Should -Be $guest
        Send-LguestConsole $guest -Key Ctrl+C
        Wait-LinuxPrompt $guest
        Send-LguestConsole $guest "while :; do :; done`n"
        { Wait-LguestGuest $guest -Idle -IdleSeconds 0.5 -TimeoutSeconds 3 -ErrorAction Stop } | Should -Throw -ErrorId 'WaitTimedOut,*'
        Send-LguestConsole $guest -Key Ctrl+C
        (Invoke-LguestCommand $guest 'echo $?' -Prompt $prompt -TimeoutSeconds 30).ExitCode | Should -Be 0
    }

    It 'mounts a disk, and the host reads what it wrote' -Skip:$noDisk {
        $disk = Join-Path $TestDrive 'linux.img'
        [System.IO.File]::Copy($env:LGUESTPS_TEST_DISK, $disk)
        $guest = New-LinuxGuest | Add-LguestBlockDevice -Path $disk | Start-LguestGuest
        Wait-LinuxPrompt $guest
        $null = Invoke-LinuxCommand $guest 'mkdir -p /mnt; mount /dev/vda /mnt'
        (Invoke-LinuxCommand $guest 'ls /mnt') -join ' ' | Should -Match 'hello\.txt'
        $null = Invoke-LinuxCommand $guest 'echo seen by the host > /mnt/note; umount /mnt'
        Stop-LguestGuest $guest
        [System.Text.Encoding]::Latin1.GetString([System.IO.File]::ReadAllBytes($disk)).Contains('seen by the host') | Should -BeTrue
    }

    It 'pings the host, and the host pings it' -Skip:($noKernel -or $obstacle) {
        $said = Invoke-PingGuest $env:LGUESTPS_TEST_KERNEL $env:LGUESTPS_TEST_INITRD $commandLine 64
        $said | Should -Match 'Host to guest: Success'
        $said | Should -Match 'Guest to host: .*1 packets received'
    }

    It 'powers off and restarts' -Skip:$noKernel {
        $guest = New-LinuxGuest | Start-LguestGuest
        Wait-LinuxPrompt $guest
        Send-LguestConsole $guest "reboot -f`n"
        Wait-LinuxPrompt $guest
        $guest.Restarts | Should -Be 1
        Send-LguestConsole $guest "poweroff -f`n"
        Wait-LguestGuest $guest -Exit -TimeoutSeconds 60 -ErrorAction Stop
        $guest.ExitReason.Kind | Should -Be 'PowerOff'
    }
}
