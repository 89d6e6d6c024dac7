# Should -BootTo and -HaveNoViolation: what they accept, and what they say when they fail. BootTest.Tests.ps1 shows their use.
$noPester = -not (Get-Module Pester)   # src/Shell's stand-in has no Add-ShouldOperator

Describe 'Should' -Skip:$noPester {
    BeforeAll {
        Import-Module (Join-Path (Get-Module LguestPS).ModuleBase 'LguestPS.Pester')
        function New-DemoGuest([string] $Name = 'demo') { Get-LguestDemoKernel | New-LguestGuest -Name $Name -MemoryMB 16 }

        # What a failing test would show.
        function Get-Failure([scriptblock] $Assertion) {
            try { & $Assertion } catch { return $_.Exception.Message }
            throw 'The assertion holds.'
        }
    }
    AfterEach { Get-LguestGuest | Remove-LguestGuest -Force }

    It 'starts a guest that is off, and passes when it says the text' {
        $guest = New-DemoGuest
        $guest | Should -BootTo 'demo> ' -Within 30s
        $guest.State | Should -Be 'Running'
    }

    It 'takes <Time> for a time' -ForEach @(
        @{ Time = '30s' }, @{ Time = '0.5m' }, @{ Time = '1h' }, @{ Time = '30000ms' }, @{ Time = 30 }, @{ Time = [timespan]::FromSeconds(30) }
    ) {
        New-DemoGuest | Should -BootTo 'demo> ' -Within $Time
    }

    It 'takes an unquoted number of seconds, which PowerShell has read as a number of type short' {
        New-DemoGuest | Should -BootTo 'demo> ' -Within 30s
        Get-Failure { 'demo' | Should -BootTo 'never printed' -Within 1s } | Should -Match 'within 1 s'
    }

    It 'does not take <Time> for one' -ForEach @( @{ Time = 1d }, @{ Time = 'soon' }, @{ Time = '10 parsecs' } ) {
        $guest = New-DemoGuest
        Get-Failure { $guest | Should -BootTo 'demo> ' -Within $Time } | Should -Match 'is not a time: give 30s'
        $guest.State | Should -Be 'Off'
    }

    It 'says it of a text that was seen before, and leaves the next wait the next text' {
        $guest = New-DemoGuest | Start-LguestGuest
        Wait-LguestGuest $guest -Console 'demo> ' -TimeoutSeconds 30 -ErrorAction Stop
        $guest | Should -BootTo 'demo guest' -Within 0
        Send-LguestConsole $guest "echo once`n"
        $guest | Should -BootTo '^once' -Within 30s
        { Wait-LguestGuest $guest -Console '^once' -TimeoutSeconds 0 -ErrorAction Stop } | Should -Throw -ErrorId 'WaitTimedOut,*'
    }

    It 'takes the text for a regular expression, or literally' {
        $guest = New-DemoGuest
        $guest | Should -BootTo 'd.mo> $' -Within 30s
        $guest | Should -Not -BootTo 'd.mo> $' -Within 0 -SimpleMatch
    }

    It 'starts all guests before it waits for the first, by object or by name' {
        1..3 | ForEach-Object { New-DemoGuest "many$_" } | Should -BootTo 'demo> ' -Within 60s
        'many*' | Should -BootTo 'demo> ' -Within 0
        @(Get-LguestGuest | Where-Object State -EQ 'Running').Count | Should -Be 3
    }

    It 'says what the console said last when the text does not come' {
        $said = Get-Failure { New-DemoGuest | Should -BootTo 'login: ' -Within 1s -Because 'it should be a Linux' }
        $said | Should -Match "^Expected guest 'demo' to boot to 'login: ' within 1 s, because it should be a Linux, but it is Running. The console's last lines:"
        $said | Should -Match 'demo> '
    }

    It 'says how the guest ended, and does not wait on for one that has' {
        $guest = New-DemoGuest
        # Another session turns it off once Should has started it and it is at its prompt.
        $other = [powershell]::Create()
        $null = $other.AddScript({
            param($guest, $module)
            Import-Module $module
            while ($guest.State -ne 'Running') { Start-Sleep -Milliseconds 20 }
            Wait-LguestGuest $guest -Console 'demo> ' -TimeoutSeconds 60
            Stop-LguestGuest $guest
        }).AddArgument($guest).AddArgument((Get-Module LguestPS).Path)
        $ending = $other.BeginInvoke()
        try { Get-Failure { $guest | Should -BootTo 'login: ' -Within 1h } | Should -Match "but it ended: Stopped, '.+'\. The console's last lines:" }
        finally { $other.EndInvoke($ending); $other.Dispose() }
    }

    It 'names each guest that failed' {
        $said = Get-Failure { 'one', 'two' | ForEach-Object { New-DemoGuest $_ } | Should -BootTo 'login: ' -Within 1s }
        $said | Should -Match "guest 'one'"
        $said | Should -Match "guest 'two'"
    }

    It 'can be told that a text must not come' {
        $guest = New-DemoGuest
        $guest | Should -Not -BootTo 'Kernel panic' -Within 1s
        $guest | Should -BootTo 'demo> ' -Within 30s
        Get-Failure { $guest | Should -Not -BootTo 'demo> ' -Within 1s } | Should -Match "^Expected guest 'demo' not to boot to 'demo> ' within 1 s, but it did"
    }

    It 'fails when there is no guest' {
        Get-Failure { $null | Should -BootTo 'demo> ' } | Should -Match 'There is no guest to test'
        Get-Failure { 'nobody' | Should -BootTo 'demo> ' } | Should -Match "no guest named 'nobody'"
    }

    It 'shows the violation that there should not be' {
        $guest = New-DemoGuest | Add-LguestRng
        $guest | Should -BootTo 'demo> ' -Within 30s
        $guest | Should -HaveNoViolation
        Get-Failure { $guest | Should -Not -HaveNoViolation } | Should -Match "^Expected guest 'demo' to have a violation, but"
        Send-LguestConsole $guest "violate 42`n"
        Wait-LguestGuest $guest -Exit -TimeoutSeconds 30 -ErrorAction Stop
        $guest | Should -Not -HaveNoViolation
        Get-Failure { $guest | Should -HaveNoViolation } | Should -Match "Unexpected write to isr \(IsrReadOnly; device rng in slot 2, eip 0x[0-9a-f]{8}\)"
    }

    It 'is explained by Pester' {
        (Get-ShouldOperator BootTo).Help.Synopsis | Should -Match 'prompt'
        (Get-ShouldOperator HaveNoViolation).Help.Synopsis | Should -Match 'virtio'
    }

    It 'has its operators once, however often the module is imported' {
        Import-Module (Join-Path (Get-Module LguestPS).ModuleBase 'LguestPS.Pester') -Force
        @(Get-ShouldOperator | Where-Object Name -EQ 'BootTo').Count | Should -Be 1
    }
}
