# Objects that go to other processes arrive as copies that can be worked with; guests, jobs and waits on other machines, by PowerShell's remoting over SSH.

$noPowerShell = $Host.Name -eq 'LguestPS.Shell'
$server = $env:LGUESTPS_TEST_SSHD
if (-not $server) { $server = '/usr/sbin/sshd', '/usr/local/sbin/sshd' | Where-Object { Test-Path $_ } | Select-Object -First 1 }
$case = @{ Server = $server; NoPowerShell = $noPowerShell }

Describe 'Copies' {
    BeforeAll {
        function Copy-Object([Parameter(ValueFromPipeline)] $InputObject) {
            process { [System.Management.Automation.PSSerializer]::Deserialize([System.Management.Automation.PSSerializer]::Serialize($InputObject)) }
        }
        $guest = Get-LguestDemoKernel | New-LguestGuest -Name demo -MemoryMB 16 | Add-LguestRng | Start-LguestGuest
        Wait-LguestGuest $guest -Console 'demo> ' -TimeoutSeconds 30 -ErrorAction Stop
        $running = Copy-Object $guest
        $measured = Measure-LguestGuest $guest | Copy-Object
        Send-LguestConsole $guest "violate 42`n"
        Wait-LguestGuest $guest -Exit -TimeoutSeconds 30 -ErrorAction Stop
        $ended = Copy-Object $guest
    }
    AfterAll { Remove-LguestGuest $guest -Force }

    It 'of guests say what the guest was, in values that compare as the guest''s own' {
        $running.psobject.TypeNames[0] | Should -Be 'Deserialized.LguestPS.LguestGuest'
        $running.State -eq 'Running' | Should -BeTrue
        $running.Name | Should -Be 'demo'
        $running.MemoryMB | Should -Be 16
        $running.Uptime.TotalSeconds | Should -BeGreaterThan 0
        $running.Console.TrimEnd() | Should -Be 'demo>'
        $running.ExitReason | Should -BeNullOrEmpty
        "$running" | Should -Be 'demo'
    }

    It 'of guests have their devices with them' {
        @($running.Devices.Kind) -join ' ' | Should -Be 'console rng'
        $running.Devices[1].Slot | Should -Be 2
        $running.Devices[1].GuestName | Should -Be 'demo'
    }

    It 'tell how a guest ended' {
        $ended.State -eq 'Off' | Should -BeTrue
        $ended.ExitReason.Kind -eq 'DriverViolation' | Should -BeTrue
        $ended.ExitReason.Message | Should -Be 'rng: bad driver: Unexpected write to isr'
    }

    It 'of violations have what the device says' {
        $violation = Get-LguestViolation $guest | Copy-Object
        $violation.Rule -eq 'IsrReadOnly' | Should -BeTrue
        $violation.Outcome -eq 'GuestStopped' | Should -BeTrue
        $violation.GuestName | Should -Be 'demo'
        $violation.Slot | Should -Be 2
        $violation.GuestEip | Should -BeGreaterThan 0
        $violation.Values['value'] | Should -Be 0
    }

    It 'of measurements reach down to the queues of the devices' {
        $measured.Instructions | Should -BeGreaterThan 0
        ($measured.Hypercalls | Where-Object { $_.Name -eq 'LGUEST_INIT' }).Count | Should -Be 1
        $console = $measured.Devices | Where-Object { $_.Kind -eq 'console' }
        ($console.Queues | Where-Object { $_.Requests -gt 0 }).BytesFromGuest | Should -BeGreaterThan 0
    }

    It 'are shown as the objects themselves are' {
        if ($Host.Name -eq 'LguestPS.Shell') { Set-ItResult -Skipped -Because 'Out-String is PowerShell''s' }
        # The uptime of a running guest goes on; all else is the same.
        ($ended | Out-String) | Should -Be ($guest | Out-String)
        ($running | Out-String) | Should -Match 'Name\s+State\s+MemoryMB'
    }

    It 'come from jobs' {
        if ($Host.Name -eq 'LguestPS.Shell') { Set-ItResult -Skipped -Because 'Start-Job needs pwsh' }
        $job = Start-Job -ArgumentList (Get-Module LguestPS).Path {
            param($module)
            Import-Module $module
            1..2 | ForEach-Object { Get-LguestDemoKernel | New-LguestGuest -Name "job$_" -MemoryMB 16 } | Start-LguestGuest |
                Wait-LguestGuest -Console 'demo> ' -TimeoutSeconds 60 -PassThru
        }
        $guests = @($job | Receive-Job -Wait -AutoRemoveJob -ErrorAction Stop)
        ($guests | Where-Object State -EQ 'Running').Name -join ' ' | Should -Be 'job1 job2'
    }
}

Describe 'A farm by SSH' {
    It 'does what docs/fleet.md says' -ForEach $case {
        if ($NoPowerShell) { Set-ItResult -Skipped -Because 'remoting needs pwsh' }
        if (-not $Server) { Set-ItResult -Skipped -Because 'sshd is not there; LGUESTPS_TEST_SSHD names one' }
        if (-not (Get-Command ssh, ssh-keygen -CommandType Application -ErrorAction Ignore)) { Set-ItResult -Skipped -Because 'ssh is not there' }
        $root = Split-Path (Split-Path $PSScriptRoot -Parent) -Parent

        # A server of our own on the loopback address, with keys of its own, that lets in who runs the test.
        $port = & { $listener = [System.Net.Sockets.TcpListener]::new([ipaddress]::Loopback, 0); $listener.Start(); $listener.LocalEndpoint.Port; $listener.Stop() }
        foreach ($key in 'host', 'user') { ssh-keygen -q -t ed25519 -N '' -f (Join-Path $TestDrive $key) }
        $modulePath = "$(Split-Path (Split-Path (Get-Module LguestPS).ModuleBase)):$(Split-Path (Get-Module LguestPS).ModuleBase):$env:PSModulePath"
        Set-Content (Join-Path $TestDrive 'sshd_config') @"
Port $port
ListenAddress 127.0.0.1
HostKey $TestDrive/host
AuthorizedKeysFile $TestDrive/user.pub
PidFile none
UsePAM no
StrictModes no
PasswordAuthentication no
SetEnv "PSModulePath=$modulePath" "DOTNET_ROOT=$env:DOTNET_ROOT"
Subsystem powershell $PSHOME/pwsh -sshs -NoLogo -NoProfile
"@
        $log = Join-Path $TestDrive 'sshd.log'
        $sshd = Start-Process $Server '-D', '-f', (Join-Path $TestDrive 'sshd_config') -RedirectStandardError $log -RedirectStandardOutput "$log.out" -PassThru
        try {
            while (-not $sshd.HasExited -and -not [System.Net.NetworkInformation.IPGlobalProperties]::GetIPGlobalProperties().GetActiveTcpListeners().Where({ $_.Port -eq $port })) { Start-Sleep -Milliseconds 100 }
            if ($sshd.HasExited) { Set-ItResult -Skipped -Because "sshd can't be run here: $(Get-Content $log -Raw)" }

            # The page's commands as they stand, in a process whose ssh takes every host to that server.
            Copy-Item (Get-LguestDemoKernel).Kernel (Join-Path $TestDrive 'vmlinux')
            $page = Get-Content (Join-Path $root 'docs/fleet.md') -Raw
            [regex]::Match($page, '(?s)```text\n(Host,.*?)```').Groups[1].Value | Set-Content (Join-Path $TestDrive 'fleet.csv')
            Set-Content (Join-Path $TestDrive 'boot.Tests.ps1') @'
Describe 'The kernel' {
    AfterAll { Get-LguestGuest pester* | Remove-LguestGuest -Force }
    It 'boots' {
        Import-Module (Join-Path (Get-Module LguestPS).ModuleBase 'LguestPS.Pester')
        New-LguestGuest -Name pester -Kernel /tmp/vmlinux-under-test -MemoryMB 16 | Should -BootTo 'demo> ' -Within 60s
    }
}
'@
            $settings = @"
`$ErrorActionPreference = 'Stop'
Set-Location '$TestDrive'
`$PSDefaultParameterValues = @{
    'New-PSSession:Port' = $port
    'New-PSSession:KeyFilePath' = '$TestDrive/user'
    'New-PSSession:Options' = @{ HostName = '127.0.0.1'; StrictHostKeyChecking = 'no'; UserKnownHostsFile = '/dev/null'; LogLevel = 'ERROR' }
}
"@
            $blocks = [regex]::Matches($page, '(?s)```powershell\n(.*?)```').ForEach({ $_.Groups[1].Value })
            . (Join-Path $PSScriptRoot 'Child.ps1')
            $said = (Invoke-Child -Before $settings ($blocks -join "`n")) -join "`n"
        }
        finally { if (-not $sshd.HasExited) { $sshd.Kill($true) } }
        $said | Should -Not -Match 'Exception|At line|\| ~~~'
        $said | Should -Match 'build1\s+large\s+Running\s+64'
        $said | Should -Match 'build2\s+small\s+Running\s+16'
        $said | Should -Match 'build1: small with console, rng'
        $said | Should -Match 'build2: .*KB'
        $said | Should -Match '4\s+PowerOff'
        @([regex]::Matches($said, '(?m) on build[12]: (small|large): \w+ -> Off$')).Count | Should -Be 4
        $said | Should -Match 'build1\s+Passed\s+The kernel\.boots'
    }
}
