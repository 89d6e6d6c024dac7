# Waits: for the end, for what the console says, and for a guest that has nothing to do; and what is shown while they last.

BeforeAll {
    $prompt = 'demo> '

    function Start-DemoGuest([string] $Name = 'demo') {
        $guest = Get-LguestDemoKernel | New-LguestGuest -Name $Name -MemoryMB 16 | Start-LguestGuest
        Wait-LguestGuest $guest -Console $prompt -TimeoutSeconds 30 -ErrorAction Stop
        $guest
    }

    # Runs a command in a session of its own; returns its progress records.
    function Get-Progress([string] $Command, [hashtable] $Parameters) {
        $runspace = [runspacefactory]::CreateRunspace([initialsessionstate]::CreateDefault2())
        $runspace.Open()
        $session = [powershell]::Create()
        $session.Runspace = $runspace
        try {
            $null = $session.AddCommand('Import-Module').AddParameter('Name', (Get-Module LguestPS).Path).Invoke()
            $session.Commands.Clear()
            $session.Streams.Progress.Clear()
            $null = $session.AddCommand($Command).AddParameters($Parameters).Invoke()
            # As one array: the collection goes with the session.
            , @($session.Streams.Progress | ForEach-Object { $_ })
        }
        finally { $runspace.Dispose() }
    }
}

AfterAll { Get-LguestGuest | Remove-LguestGuest -Force }

Describe 'Wait-LguestGuest -Idle' {
    BeforeAll { $guest = Start-DemoGuest }
    AfterAll { Remove-LguestGuest demo -Force }

    It 'comes to its end when the guest waits for its user: <Form>' -ForEach @(
        @{ Form = 'by name'; Wait = { Wait-LguestGuest demo -Idle -IdleSeconds 0.1 -TimeoutSeconds 60 -PassThru } }
        @{ Form = 'by object'; Wait = { Wait-LguestGuest $guest -Idle -IdleSeconds 0.1 -TimeoutSeconds 60 -PassThru } }
        @{ Form = 'by name, piped'; Wait = { 'demo' | Wait-LguestGuest -Idle -IdleSeconds 0.1 -TimeoutSeconds 60 -PassThru } }
        @{ Form = 'by object, piped'; Wait = { $guest | Wait-LguestGuest -Idle -IdleSeconds 0.1 -TimeoutSeconds 60 -PassThru } }
    ) { & $Wait | Should -Be $guest }

    It 'lasts as long as -IdleSeconds says, a second by itself' {
        $watch = [System.Diagnostics.Stopwatch]::StartNew()
        Wait-LguestGuest $guest -Idle -TimeoutSeconds 60 -ErrorAction Stop
        $watch.Elapsed.TotalSeconds | Should -BeGreaterThan 0.99
    }

    It 'sees that a silent program computes' {
        Send-LguestConsole $guest "user spin`n"
        $spinning = { Wait-LguestGuest $guest -Idle -IdleSeconds 0.2 -TimeoutSeconds 2 -ErrorAction Stop } | Should -Throw -ErrorId 'WaitTimedOut,*' -PassThru
        $spinning.Exception.Message | Should -Match 'user spin'
        Send-LguestConsole $guest -Key Ctrl+C
        Wait-LguestGuest $guest -Console $prompt -TimeoutSeconds 30 -ErrorAction Stop
        Wait-LguestGuest $guest -Idle -IdleSeconds 0.2 -TimeoutSeconds 60 -PassThru | Should -Be $guest
    }

    It 'does not take a paused guest for an idle one' {
        Suspend-LguestGuest $guest
        { Wait-LguestGuest $guest -Idle -IdleSeconds 0.1 -TimeoutSeconds 0.5 -ErrorAction Stop } | Should -Throw -ErrorId 'WaitTimedOut,*'
        Resume-LguestGuest $guest
        Wait-LguestGuest $guest -Idle -IdleSeconds 0.1 -TimeoutSeconds 60 -PassThru | Should -Be $guest
    }

    It 'says when the guest ends instead, and when it was off' {
        Send-LguestConsole $guest "sleep 300`n"
        Send-LguestConsole $guest "halt`n"
        { Wait-LguestGuest $guest -Idle -IdleSeconds 60 -TimeoutSeconds 60 -ErrorAction Stop } | Should -Throw -ErrorId 'GuestEnded,*'
        $off = Get-LguestDemoKernel | New-LguestGuest -Name never
        { Wait-LguestGuest $off -Idle -ErrorAction Stop } | Should -Throw -ErrorId 'GuestNotRunning,*'
    }
}

Describe 'Waits for several guests' {
    AfterEach { Get-LguestGuest | Remove-LguestGuest -Force }

    It 'end with the last of them, and tell those that did not come to it' {
        $guests = 'one', 'two', 'three' | ForEach-Object { Start-DemoGuest $_ }
        @($guests | Wait-LguestGuest -Idle -IdleSeconds 0.1 -TimeoutSeconds 60 -PassThru).Name -join ' ' | Should -Be 'one two three'
        Send-LguestConsole one "halt`n"
        Wait-LguestGuest one, two, three -Exit -TimeoutSeconds 3 -PassThru -ErrorVariable late -ErrorAction SilentlyContinue | ForEach-Object Name | Should -Be 'one'
        @($late | ForEach-Object { $_.TargetObject.Name }) -join ' ' | Should -Be 'two three'
        "$(@($late)[0])" | Should -Match "'two' did not come to its end within 3 s\."
    }
}

Describe 'Waits that make no sense' {
    It 'refuses to wait for <What>' -ForEach @(
        @{ What = 'text and end'; Wait = { Wait-LguestGuest nobody -Console x -Exit } }
        @{ What = 'text and rest'; Wait = { Wait-LguestGuest nobody -Console x -Idle } }
        @{ What = 'rest and end'; Wait = { Wait-LguestGuest nobody -Idle -Exit } }
        @{ What = 'the end for some seconds of rest'; Wait = { Wait-LguestGuest nobody -Exit -IdleSeconds 1 } }
    ) { $Wait | Should -Throw -ErrorId 'AmbiguousParameterSet,*' }
    It 'refuses a pattern that is none' { { Wait-LguestGuest nobody -Console '(' } | Should -Throw -ErrorId 'BadPattern,*' }
    It 'refuses a time below zero' { { Wait-LguestGuest nobody -TimeoutSeconds -1 } | Should -Throw -ErrorId 'ParameterArgumentValidationError,*' }
}

Describe 'Progress' {
    BeforeAll { $guest = Start-DemoGuest }
    AfterAll { Get-LguestGuest | Remove-LguestGuest -Force }

    It 'shows the console''s last line and the time while a wait lasts, and is taken away after it' {
        $records = Get-Progress 'Wait-LguestGuest' @{ Name = 'demo'; Console = 'never printed'; TimeoutSeconds = 1 }
        $records.Count | Should -BeGreaterThan 1
        $records[0].Activity | Should -Be "Waiting for demo: 'never printed'"
        $records[0].StatusDescription | Should -Be 'demo>'
        $records[0].PercentComplete | Should -BeGreaterThan 0
        $records[-1].RecordType | Should -Be 'Completed'
    }

    It 'is not shown by a wait that has nothing to wait for' {
        (Get-Progress 'Wait-LguestGuest' @{ Name = 'demo'; Console = 'demo'; TimeoutSeconds = 0 }).Count | Should -Be 0
    }

    It 'shows what is loaded while a guest starts' {
        Stop-LguestGuest demo
        $records = Get-Progress 'Start-LguestGuest' @{ Name = 'demo' }
        $records[0].Activity | Should -Be 'Starting demo'
        $records[0].StatusDescription | Should -Be "Loading $((Get-LguestDemoKernel).Kernel)"
        $records[-1].RecordType | Should -Be 'Completed'
    }
}
