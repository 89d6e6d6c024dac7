# What happens to guests when the wait, the module or the session goes away. Each case runs in a process or runspace of its own.

BeforeAll {
    . (Join-Path $PSScriptRoot 'Child.ps1')
    $module = (Get-Module LguestPS).Path

    # Runs a script with the module in a runspace of its own; returns the PowerShell object.
    function New-Session {
        $runspace = [runspacefactory]::CreateRunspace([initialsessionstate]::CreateDefault2())
        $runspace.Open()
        $session = [powershell]::Create()
        $session.Runspace = $runspace
        $null = $session.AddCommand('Import-Module').AddParameter('Name', $module).Invoke()
        $session.Commands.Clear()
        $session
    }
}

Describe 'Ctrl+C' {
    AfterEach { Get-LguestGuest | Remove-LguestGuest -Force }
    It 'ends a wait and not the guest' {
        $guest = Get-LguestDemoKernel | New-LguestGuest -Name waited -MemoryMB 16 | Start-LguestGuest
        $session = New-Session
        try {
            $null = $session.AddCommand('Wait-LguestGuest').AddParameter('Name', 'waited').AddParameter('Console', 'never printed')
            $waiting = $session.BeginInvoke()
            Start-Sleep -Milliseconds 500
            $waiting.IsCompleted | Should -BeFalse
            $session.Stop()
            $session.InvocationStateInfo.State | Should -Be 'Stopped'
        }
        finally { $session.Runspace.Dispose() }
        $guest.State | Should -Be 'Running'
    }
}

Describe 'Sessions' {
    AfterEach { Get-LguestGuest | Remove-LguestGuest -Force }
    It 'share guests, and one that closes does not take them from the others' {
        $session = New-Session
        $null = $session.AddScript('Get-LguestDemoKernel | New-LguestGuest -Name shared -MemoryMB 16 | Start-LguestGuest').Invoke()
        $guest = Get-LguestGuest shared
        $session.Runspace.Dispose()
        Wait-LguestGuest $guest -Console 'demo> ' -TimeoutSeconds 30 -ErrorAction Stop
        $guest.State | Should -Be 'Running'
    }

    It 'end all guests when the module is removed' {
        $said = Invoke-Child @'
$guest = Get-LguestDemoKernel | New-LguestGuest -Name orphan -MemoryMB 16 | Start-LguestGuest
Remove-Module LguestPS
"$($guest.State) $($guest.ExitReason.Kind) $(@(Get-Runspace | Where-Object Name -eq orphan).Count)"
'@
        $said | Should -Contain 'Off Stopped 0'
    }

    It 'can import the module again after removing it' {
        $said = Invoke-Child @"
Remove-Module LguestPS
Import-Module '$module'
`$guest = Get-LguestDemoKernel | New-LguestGuest -Name again -MemoryMB 16 | Start-LguestGuest
Wait-LguestGuest `$guest -Console 'demo> ' -TimeoutSeconds 30
`$guest.State
"@
        $said | Should -Contain 'Running'
    }

    It 'keep their guests when the module is imported again by force' {
        $said = Invoke-Child @'
$guest = Get-LguestDemoKernel | New-LguestGuest -Name kept -MemoryMB 16 | Start-LguestGuest
Import-Module (Get-Module LguestPS).Path -Force
Wait-LguestGuest kept -Console 'demo> ' -TimeoutSeconds 30
"$((Get-LguestGuest kept).State)"
Remove-Module LguestPS
"$($guest.State) $($guest.ExitReason.Kind)"
'@
        $said -join ' ' | Should -Be 'Running Off Stopped'
    }

    It 'end with running guests, at once and without a word' {
        $watch = [System.Diagnostics.Stopwatch]::StartNew()
        $said = Invoke-Child @'
$guest = Get-LguestDemoKernel | New-LguestGuest -Name left -MemoryMB 16 | Start-LguestGuest
Wait-LguestGuest $guest -Console 'demo> ' -TimeoutSeconds 30
'last words'
'@
        $said | Should -Be 'last words'
        $LASTEXITCODE | Should -Be 0
        $watch.Elapsed.TotalSeconds | Should -BeLessThan 60
    }
}
