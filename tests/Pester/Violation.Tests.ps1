# Drivers that break rules of virtio: what becomes of the guest and of the device, and what is kept of it. The demo guest's command violate does the deeds.

BeforeAll {
    $prompt = 'demo> '
    $device = 'rng: bad driver: Unexpected write to isr'
    $queue = 'rng vq input: bad driver: Guest says index 16 is available'
    function Start-Demo([string] $OnViolation, [string] $Name = 'culprit') {
        $guest = Get-LguestDemoKernel | New-LguestGuest -Name $Name -MemoryMB 16 -OnViolation $OnViolation | Add-LguestRng | Start-LguestGuest
        Wait-LguestGuest $guest -Console $prompt -TimeoutSeconds 60 -ErrorAction Stop
        $guest
    }
    function Invoke-Demo($Guest, [string] $Command) {
        $null = Receive-LguestConsole $Guest -WarningAction SilentlyContinue
        Send-LguestConsole $Guest "$Command`n" -WarningAction SilentlyContinue
        Wait-LguestGuest $Guest -Console $prompt -TimeoutSeconds 60 -ErrorAction Stop -WarningAction SilentlyContinue
        Receive-LguestConsole $Guest -WarningAction SilentlyContinue
    }
}

Describe 'A broken rule' {
    AfterEach { Get-LguestGuest | Remove-LguestGuest -Force }

    It 'ends the guest when nothing else was said, and is kept' {
        $guest = Get-LguestDemoKernel | New-LguestGuest -Name culprit -MemoryMB 16 | Add-LguestRng | Start-LguestGuest
        Wait-LguestGuest $guest -Console $prompt -TimeoutSeconds 60 -ErrorAction Stop
        $guest.OnViolation | Should -Be 'Stop'
        Get-LguestViolation | Should -BeNullOrEmpty
        $before = [datetime]::Now
        Send-LguestConsole $guest "violate 42`n"
        Wait-LguestGuest $guest -Exit -TimeoutSeconds 60 -ErrorAction Stop
        $found = @(Get-LguestViolation $guest)
        $found.Count | Should -Be 1
        $found[0].Outcome | Should -Be 'GuestStopped'
        $found[0].Message | Should -Be $device
        $found[0].Rule | Should -Be 'IsrReadOnly'
        $found[0].Run | Should -Be 1
        $found[0].Time | Should -BeGreaterThan $before
        $found[0].Violation | Should -Be $guest.Violation
    }

    It 'is passed over where no harm is done: <OnViolation>' -ForEach @(@{ OnViolation = 'Warn' }, @{ OnViolation = 'Ignore' }) {
        $guest = Start-Demo $OnViolation
        $null = Invoke-Demo $guest 'violate 42'
        $guest.State | Should -Be 'Running'
        $found = @(Get-LguestViolation culprit)
        $found.Count | Should -Be 1
        $found[0].Outcome | Should -Be 'PassedOver'
        $found[0].GuestName | Should -Be 'culprit'
        $found[0].Device | Should -Be 'rng'
        $found[0].Slot | Should -Be 2
        $found[0].GuestEip | Should -BeGreaterThan 0
    }

    It 'stops the device where harm was done, and nothing else' {
        $guest = Start-Demo Ignore
        $null = Invoke-Demo $guest 'violate 6'
        $found = @(Get-LguestViolation $guest)
        $found.Count | Should -Be 1
        $found[0].Outcome | Should -Be 'DeviceStopped'
        $found[0].Queue | Should -Be 'input'
        $found[0].Values['index'] | Should -Be 16
        $found[0].Message | Should -Be $queue
        Invoke-Demo $guest 'echo alive' | Should -Contain 'alive'
    }

    It 'is warned of with Warn, once' {
        $guest = Start-Demo Warn
        Send-LguestConsole $guest "violate 42`n"
        Wait-LguestGuest $guest -Console $prompt -TimeoutSeconds 60 -WarningVariable said -WarningAction SilentlyContinue
        "$said" | Should -Be $device
        Send-LguestConsole $guest "violate 42`n"
        Wait-LguestGuest $guest -Console $prompt -TimeoutSeconds 60 -WarningVariable again -WarningAction SilentlyContinue
        "$again" | Should -Be ''
        $found = @(Get-LguestViolation $guest)
        $found.Count | Should -Be 1
        $found[0].Occurrences | Should -Be 2
    }

    It 'is not warned of with Ignore' {
        $guest = Start-Demo Ignore
        Send-LguestConsole $guest "violate 42`n"
        Wait-LguestGuest $guest -Console $prompt -TimeoutSeconds 60 -WarningVariable said -WarningAction SilentlyContinue
        "$said" | Should -Be ''
    }

    It 'is kept over runs, and of each guest by itself' {
        $guest = Start-Demo Ignore
        $other = Start-Demo Ignore other
        $null = Invoke-Demo $guest 'violate 42'
        Stop-LguestGuest $guest
        $null = Start-LguestGuest $guest
        Wait-LguestGuest $guest -Console $prompt -TimeoutSeconds 60 -ErrorAction Stop
        $null = Invoke-Demo $guest 'violate 6'
        $null = Invoke-Demo $other 'violate 42'
        (Get-LguestViolation $guest).Run -join ' ' | Should -Be '1 2'
        @(Get-LguestViolation).Count | Should -Be 3
        @($other | Get-LguestViolation).Count | Should -Be 1
        @('culprit', 'other' | Get-LguestViolation).Count | Should -Be 3
        $guest.Violations.Count | Should -Be 2
    }

    It 'comes from a property of a CSV file or another object' {
        $guest = [pscustomobject]@{ Name = 'fleet'; OnViolation = 'Warn' } | New-LguestGuest -Kernel (Get-LguestDemoKernel)
        $guest.OnViolation | Should -Be 'Warn'
    }

    It 'is looked for at a guest that there is' {
        { Get-LguestViolation nobody -ErrorAction Stop } | Should -Throw -ErrorId 'GuestNotFound,*'
        Get-LguestViolation nobody* | Should -BeNullOrEmpty
    }
}
