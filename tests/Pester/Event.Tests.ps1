# What happens to guests as events of PowerShell. The engine's own interface is used, which every host has; where the Utility module is, its cmdlets too.

BeforeAll {
    $prompt = 'demo> '
    $hasCmdlets = [bool] (Get-Command Register-ObjectEvent -ErrorAction Ignore)
    function New-Demo([string] $Name = 'told', [string] $OnViolation = 'Stop') {
        Get-LguestDemoKernel | New-LguestGuest -Name $Name -MemoryMB 16 -OnViolation $OnViolation | Add-LguestRng
    }
    # Events come from a thread of their own, and actions run between two statements of this one.
    function Wait-Until([scriptblock] $Condition) {
        $watch = [System.Diagnostics.Stopwatch]::StartNew()
        while (-not (& $Condition)) {
            if ($watch.Elapsed.TotalSeconds -gt 60) { throw "Waited in vain until $Condition." }
            Start-Sleep -Milliseconds 20
        }
    }
    function Add-Listener($Source, [string] $Name, [string] $Identifier, [scriptblock] $Action) {
        $null = $ExecutionContext.Events.SubscribeEvent($Source, $Name, $Identifier, $null, $Action, $false, $false)
    }
}

AfterAll {
    foreach ($one in @($ExecutionContext.Events.Subscribers)) { $ExecutionContext.Events.UnsubscribeEvent($one) }
}

Describe 'Events of a guest' {
    BeforeEach { $global:told = [System.Collections.Generic.List[object]]::new() }
    AfterEach {
        foreach ($one in @($ExecutionContext.Events.Subscribers)) { $ExecutionContext.Events.UnsubscribeEvent($one) }
        $received = $ExecutionContext.Events.ReceivedEvents
        while ($received.Count -gt 0) { $received.RemoveAt(0) }
        Get-LguestGuest | Remove-LguestGuest -Force
    }

    It 'tell each change of its state, in order' {
        Add-Listener $null $null 'LguestPS.StateChanged' { $global:told.Add($Event.SourceEventArgs) }
        $guest = New-Demo
        $null = Start-LguestGuest $guest
        Wait-LguestGuest $guest -Console $prompt -TimeoutSeconds 60 -ErrorAction Stop
        Suspend-LguestGuest $guest
        Resume-LguestGuest $guest
        Stop-LguestGuest $guest
        Wait-Until { $global:told.Count -ge 6 }
        $global:told.NewState -join ' ' | Should -Be 'Starting Running Paused Running Stopping Off'
        $global:told[0].OldState | Should -Be 'Off'
        $global:told[0].Guest | Should -Be $guest
        "$($global:told[0])" | Should -Be 'told: Off -> Starting'
    }

    It 'tell lines of its console, whole and in order, also the prompt that it ends with' {
        Add-Listener $null $null 'LguestPS.ConsoleLine' { $global:told.Add($Event.SourceEventArgs.Line) }
        $guest = New-Demo | Start-LguestGuest
        Wait-LguestGuest $guest -Console $prompt -TimeoutSeconds 60 -ErrorAction Stop
        Send-LguestConsole $guest "echo one; echo two`n"
        Wait-LguestGuest $guest -Console $prompt -TimeoutSeconds 60 -ErrorAction Stop
        Stop-LguestGuest $guest
        $expected = @((Receive-LguestConsole $guest -All).Where({ $_ }))
        Wait-Until { $global:told.Count -ge $expected.Count }
        $global:told -join "`n" | Should -Be ($expected -join "`n")
    }

    It 'tell a broken rule' {
        Add-Listener $null $null 'LguestPS.Violation' { $global:told.Add($Event.SourceEventArgs.Violation) }
        $guest = New-Demo -OnViolation Ignore | Start-LguestGuest
        Wait-LguestGuest $guest -Console $prompt -TimeoutSeconds 60 -ErrorAction Stop
        Send-LguestConsole $guest "violate 42`n"
        Wait-Until { $global:told.Count -ge 1 }
        $global:told[0] | Should -Be (Get-LguestViolation $guest)
    }

    It 'tell it as an event of the object too: <Name>' -ForEach @(@{ Name = 'StateChanged' }, @{ Name = 'ConsoleLine' }, @{ Name = 'ViolationFound' }) {
        $guest = New-Demo -OnViolation Ignore
        Add-Listener $guest $Name 'told.by.the.object' $null
        $null = Start-LguestGuest $guest
        Wait-LguestGuest $guest -Console $prompt -TimeoutSeconds 60 -ErrorAction Stop
        Send-LguestConsole $guest "violate 42`n"
        Wait-Until { $ExecutionContext.Events.ReceivedEvents.Count -ge 1 }
        $first = $ExecutionContext.Events.ReceivedEvents[0]
        $first.Sender | Should -Be $guest
        $first.SourceEventArgs.Guest | Should -Be $guest
        $first.SourceIdentifier | Should -Be 'told.by.the.object'
    }

    It 'do not pile up in a session that does not listen' {
        $guest = New-Demo | Start-LguestGuest
        Wait-LguestGuest $guest -Console $prompt -TimeoutSeconds 60 -ErrorAction Stop
        # Once one who listens to the object has been told, nobody else will be of what was before.
        Add-Listener $guest 'StateChanged' 'end' $null
        Stop-LguestGuest $guest
        Wait-Until { @($ExecutionContext.Events.ReceivedEvents).Count -ge 2 }
        foreach ($received in @($ExecutionContext.Events.ReceivedEvents)) { $received.SourceIdentifier | Should -Be 'end' }
    }

    It 'reach every session that listens, and a closed one holds nobody up' {
        $guest = New-Demo
        $sessions = foreach ($number in 1..2) {
            $runspace = [runspacefactory]::CreateRunspace([initialsessionstate]::CreateDefault2())
            $runspace.Open()
            $session = [powershell]::Create()
            $session.Runspace = $runspace
            $null = $session.AddScript("Import-Module '$((Get-Module LguestPS).Path)'; `$global:told = [System.Collections.Generic.List[string]]::new()
                `$null = `$ExecutionContext.Events.SubscribeEvent(`$null, `$null, 'LguestPS.StateChanged', `$null, { `$global:told.Add(`$Event.SourceEventArgs.NewState) }, `$false, `$false)").Invoke()
            $session.Commands.Clear()
            $session
        }
        try {
            $null = Start-LguestGuest $guest
            Wait-Until { $sessions[0].Commands.Clear(); @($sessions[0].AddScript('$global:told').Invoke()).Count -ge 2 }
            Wait-Until { $sessions[1].Commands.Clear(); @($sessions[1].AddScript('$global:told').Invoke()).Count -ge 2 }
            $sessions[0].Runspace.Dispose()
            Stop-LguestGuest $guest
            Wait-Until { $sessions[1].Commands.Clear(); @($sessions[1].AddScript('$global:told').Invoke()).Count -ge 4 }
            $sessions[1].Commands.Clear()
            $sessions[1].AddScript('$global:told').Invoke() -join ' ' | Should -Be 'Starting Running Stopping Off'
        }
        finally { foreach ($session in $sessions) { $session.Runspace.Dispose() } }
    }

    It 'survive a listener that fails, which is warned of' {
        $guest = New-Demo | Start-LguestGuest
        Wait-LguestGuest $guest -Console $prompt -TimeoutSeconds 60 -ErrorAction Stop
        # Without a session a script can't run on the thread of events: it throws there.
        $guest.add_StateChanged({ 'never' })
        Suspend-LguestGuest $guest -WarningAction SilentlyContinue -WarningVariable said
        $watch = [System.Diagnostics.Stopwatch]::StartNew()
        while ("$said" -notmatch 'LguestPS\.StateChanged' -and $watch.Elapsed.TotalSeconds -lt 60) {
            Start-Sleep -Milliseconds 20
            $null = Receive-LguestConsole $guest -WarningAction SilentlyContinue -WarningVariable said
        }
        "$said" | Should -Match 'A listener to LguestPS\.StateChanged failed'
        Resume-LguestGuest $guest -WarningAction SilentlyContinue
        $guest.State | Should -Be 'Running'
        Stop-LguestGuest $guest -WarningAction SilentlyContinue
    }

    It 'are had by Register-ObjectEvent and Register-EngineEvent' {
        if (-not $hasCmdlets) { Set-ItResult -Skipped -Because 'this host has no Utility module'; return }
        $guest = New-Demo
        $null = Register-ObjectEvent $guest StateChanged -SourceIdentifier object
        $null = Register-EngineEvent LguestPS.StateChanged -Action { $global:told.Add("$($Event.SourceEventArgs)") }
        $null = Start-LguestGuest $guest
        (Wait-Event -SourceIdentifier object -Timeout 60).SourceEventArgs.NewState | Should -BeIn 'Starting', 'Running'
        Wait-Until { $global:told.Count -ge 2 }
        $global:told[1] | Should -Be 'told: Starting -> Running'
    }
}
