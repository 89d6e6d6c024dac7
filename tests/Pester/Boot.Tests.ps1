# The demo guest through its life: started, waited for, typed to, stopped, restarted, and what happens when it goes wrong.

BeforeAll {
    $prompt = 'demo> '
    $disk = Join-Path $TestDrive 'disk.img'
    [System.IO.File]::WriteAllBytes($disk, [byte[]]::new(64 * 512))

    function New-DemoGuest([string] $Name = 'demo', [int] $MemoryMB = 16) { Get-LguestDemoKernel | New-LguestGuest -Name $Name -MemoryMB $MemoryMB }

    function Invoke-DemoCommand($Guest, [string] $Command) {
        $null = Receive-LguestConsole $Guest
        Send-LguestConsole $Guest "$Command`n"
        Wait-LguestGuest $Guest -Console $prompt -TimeoutSeconds 30 -ErrorAction Stop
        Receive-LguestConsole $Guest
    }
}

Describe 'A guest that runs' {
    AfterEach { Get-LguestGuest | Remove-LguestGuest -Force }
    BeforeEach {
        $guest = New-DemoGuest | Add-LguestBlockDevice -Path $disk | Add-LguestRng | Start-LguestGuest
        Wait-LguestGuest $guest -Console $prompt -TimeoutSeconds 30 -ErrorAction Stop
    }

    It 'is alive: state, uptime, console, instructions' {
        $guest.State | Should -Be 'Running'
        $guest.Uptime | Should -BeGreaterThan ([timespan]::Zero)
        $guest.Instructions | Should -BeGreaterThan 10000
        $guest.Console.LastLine | Should -Be 'demo>'
        $guest.ExitReason | Should -BeNullOrEmpty
    }

    It 'has a runspace of its name while it runs and none after' {
        @((Get-Runspace).Name) | Should -Contain 'demo'
        Stop-LguestGuest $guest
        @((Get-Runspace).Name) | Should -Not -Contain 'demo'
    }

    It 'answers commands' {
        $said = Invoke-DemoCommand $guest 'echo over and out'
        $said | Should -Contain 'over and out'
        $said[-1] | Should -Be $prompt
    }

    It 'waits for literal text with -SimpleMatch, at position 0 a name or a guest' {
        Send-LguestConsole demo "echo (a+b)`n"
        Wait-LguestGuest demo -Console '(a+b)' -SimpleMatch -TimeoutSeconds 30 -ErrorAction Stop
        Wait-LguestGuest -Guest $guest -Console '^demo> ' -TimeoutSeconds 30 -PassThru -ErrorAction Stop | Should -Be $guest
    }

    It 'receives text once, again with -Keep and -All, and exactly with -Raw' {
        $text = Receive-LguestConsole $guest -Raw -Keep
        $text | Should -Match "LguestPS demo guest\r?\n"
        Receive-LguestConsole $guest -Raw | Should -Be $text
        Receive-LguestConsole $guest | Should -BeNullOrEmpty
        Receive-LguestConsole $guest -All -Raw | Should -Be $text
    }

    It 'writes to its disk' {
        $null = Invoke-DemoCommand $guest 'disk write 3 written by the guest'
        [System.Text.Encoding]::ASCII.GetString([System.IO.File]::ReadAllBytes($disk), 3 * 512, 20) | Should -Be 'written by the guest'
    }

    It 'refuses <Command> while it runs' -ForEach @(
        @{ Command = 'Add-LguestRng'; More = @{} }
        @{ Command = 'Add-LguestBlockDevice'; More = @{ Path = '/dev/null' } }
        @{ Command = 'Add-LguestTunNet'; More = @{ IPAddress = '192.168.19.1' } }
        @{ Command = 'Remove-LguestGuest'; More = @{} }
    ) {
        $thrown = { & $Command -Name demo -ErrorAction Stop @More } | Should -Throw -ErrorId 'GuestRunning,*' -PassThru
        $thrown.TargetObject | Should -Be $guest
        $guest.Devices.Count | Should -Be 3
        $guest.State | Should -Be 'Running'
    }

    It 'warns when it is started again, and passes the guest on' {
        (Start-LguestGuest demo -WarningVariable said -WarningAction SilentlyContinue).Name | Should -Be 'demo'
        "$said" | Should -Match 'Running already'
    }

    It 'stays on with -WhatIf' {
        Stop-LguestGuest demo -WhatIf
        Restart-LguestGuest demo -WhatIf
        Remove-LguestGuest demo -Force -WhatIf
        Send-LguestConsole demo "halt`n" -WhatIf
        $guest.State | Should -Be 'Running'
    }

    It 'says what the console said last when a wait takes too long' {
        $thrown = { Wait-LguestGuest demo -Console 'never printed' -TimeoutSeconds 0.3 -ErrorAction Stop } | Should -Throw -ErrorId 'WaitTimedOut,*' -PassThru
        $thrown.Exception.Message | Should -Match 'demo>'
        $thrown.CategoryInfo.Category | Should -Be 'OperationTimeout'
        $guest.State | Should -Be 'Running'
    }

    It 'times out when it does not end' {
        { Wait-LguestGuest demo -Exit -TimeoutSeconds 0.3 -ErrorAction Stop } | Should -Throw -ErrorId 'WaitTimedOut,*'
    }

    It 'needs a terminal to be entered' {
        if (-not [Console]::IsInputRedirected) { Set-ItResult -Skipped -Because 'standard input is a terminal here' }
        { Enter-LguestConsole demo } | Should -Throw -ErrorId 'NoTerminal,*'
        Receive-LguestConsole $guest -Raw | Should -Match 'demo> $'
    }
}

Describe 'How a guest ends' {
    AfterEach { Get-LguestGuest | Remove-LguestGuest -Force }
    BeforeEach {
        $guest = New-DemoGuest | Add-LguestRng | Start-LguestGuest
        Wait-LguestGuest $guest -Console $prompt -TimeoutSeconds 30 -ErrorAction Stop
    }

    It 'powers itself off' {
        Send-LguestConsole $guest "halt`n"
        Wait-LguestGuest $guest -TimeoutSeconds 30 -ErrorAction Stop
        $guest.State | Should -Be 'Off'
        $guest.ExitReason.Kind | Should -Be 'PowerOff'
        $guest.ExitReason.Message | Should -Be 'CRASH: Power down'
        "$($guest.ExitReason)" | Should -Be 'PowerOff'
        $guest.Uptime | Should -Be ([timespan]::Zero)
    }

    It 'is stopped' {
        (Stop-LguestGuest $guest -PassThru).State | Should -Be 'Off'
        $guest.ExitReason.Kind | Should -Be 'Stopped'
    }

    It 'can be started again, with a new console' {
        Stop-LguestGuest $guest
        $null = Start-LguestGuest $guest
        Wait-LguestGuest $guest -Console $prompt -TimeoutSeconds 30 -ErrorAction Stop
        $guest.ExitReason | Should -BeNullOrEmpty
        @((Receive-LguestConsole $guest) -match 'demo guest').Count | Should -Be 1
    }

    It 'is restarted from outside' {
        (Restart-LguestGuest $guest -Force -PassThru).State | Should -Be 'Running'
        Wait-LguestGuest $guest -Console $prompt -TimeoutSeconds 30 -ErrorAction Stop
    }

    It 'restarts itself in the same run' {
        Send-LguestConsole $guest "reboot`n"
        Wait-LguestGuest $guest -Console $prompt -TimeoutSeconds 30 -ErrorAction Stop
        $guest.Restarts | Should -Be 1
        $guest.State | Should -Be 'Running'
    }

    It 'dies of a broken rule of virtio, and the violation is an object' {
        Send-LguestConsole $guest "violate 42`n"
        Wait-LguestGuest $guest -Exit -TimeoutSeconds 30 -ErrorAction Stop
        $guest.ExitReason.Kind | Should -Be 'DriverViolation'
        $guest.Violation.Message | Should -Be $guest.ExitReason.Message
        $guest.Violation.Message | Should -Be 'rng: bad driver: Unexpected write to isr'
        $guest.Violation.Device | Should -Be 'rng'
        $guest.Violation.Slot | Should -Be 2
        $guest.Violation.GuestEip | Should -BeGreaterThan 0
    }

    It 'tells a wait for text that it ended' {
        Send-LguestConsole $guest "halt`n"
        $thrown = { Wait-LguestGuest $guest -Console 'never printed' -TimeoutSeconds 30 -ErrorAction Stop } | Should -Throw -ErrorId 'GuestEnded,*' -PassThru
        $thrown.Exception.Message | Should -Match 'ended before that: PowerOff'
        $thrown.TargetObject | Should -Be $guest
    }

    It 'is turned off when it is removed by force' {
        Remove-LguestGuest demo -Force
        $guest.State | Should -Be 'Off'
        Get-LguestGuest | Should -BeNullOrEmpty
    }
}

Describe 'A guest that can not start' {
    AfterEach { Get-LguestGuest | Remove-LguestGuest -Force }
    It 'refuses <Why>, and the guest stays off' -ForEach @(
        @{ Why = 'a kernel of a few bytes'; Bytes = 1..100 }
        @{ Why = 'an ELF file cut short'; Bytes = 0x7f, 0x45, 0x4c, 0x46, 1, 1, 1, 0 }
    ) {
        $kernel = Join-Path $TestDrive 'bad-kernel'
        [System.IO.File]::WriteAllBytes($kernel, [byte[]] $Bytes)
        $guest = New-LguestGuest -Name bad -Kernel $kernel
        $thrown = { Start-LguestGuest $guest } | Should -Throw -PassThru
        $thrown.FullyQualifiedErrorId | Should -Match '^\w+,LguestPS.Commands.StartLguestGuest$'
        $thrown.FullyQualifiedErrorId | Should -Not -Match 'Exception'
        $guest.State | Should -Be 'Off'
        @((Get-Runspace).Name) | Should -Not -Contain 'bad'
    }

    It 'refuses an initrd larger than its memory' {
        $initrd = Join-Path $TestDrive 'large'
        $file = [System.IO.File]::Create($initrd); $file.SetLength(32MB); $file.Dispose()
        $guest = Get-LguestDemoKernel | New-LguestGuest -Name small -MemoryMB 16 -Initrd $initrd
        { Start-LguestGuest $guest } | Should -Throw -ErrorId '*nitrd*,*'
        $guest.State | Should -Be 'Off'
    }

    It 'refuses a disk that went away since it was added, and leaves nothing open' {
        $gone = Join-Path $TestDrive 'gone.img'
        [System.IO.File]::WriteAllBytes($gone, [byte[]]::new(512))
        $guest = New-DemoGuest | Add-LguestBlockDevice -Path $disk | Add-LguestBlockDevice -Path $gone
        [System.IO.File]::Delete($gone)
        { Start-LguestGuest $guest } | Should -Throw -ErrorId 'DiskNotFound,*'
        @([System.IO.Directory]::GetFiles('/proc/self/fd') | ForEach-Object { [System.IO.File]::ResolveLinkTarget($_, $false).FullName }) | Should -Not -Contain $disk
    }
}

Describe 'Jobs' {
    AfterEach {
        Get-Job | Remove-Job -Force
        Get-LguestGuest | Remove-LguestGuest -Force
    }

    It 'is a job that ends with the guest, well' {
        $job = New-DemoGuest | Start-LguestGuest -AsJob
        $job.Name | Should -Be 'demo'
        $job.State | Should -Be 'Running'
        Wait-LguestGuest demo -Console $prompt -TimeoutSeconds 30 -ErrorAction Stop
        Send-LguestConsole demo "halt`n"
        $null = Wait-Job $job -Timeout 30
        $job.State | Should -Be 'Completed'
        (Receive-Job $job).Kind | Should -Be 'PowerOff'
    }

    It 'turns the guest off when the job is stopped' {
        $job = New-DemoGuest | Start-LguestGuest -AsJob
        Stop-Job $job
        $job.State | Should -Be 'Stopped'
        (Get-LguestGuest demo).State | Should -Be 'Off'
    }

    It 'fails with the reason as its error' {
        $job = New-DemoGuest | Add-LguestRng | Start-LguestGuest -AsJob
        Wait-LguestGuest demo -Console $prompt -TimeoutSeconds 30 -ErrorAction Stop
        Send-LguestConsole demo "violate 42`n"
        $null = Wait-Job $job -Timeout 30
        $job.State | Should -Be 'Failed'
        $job.Error[0].FullyQualifiedErrorId | Should -Match '^DriverViolation'
    }

    It 'has the verbose lines of the launcher in its stream' {
        $job = New-DemoGuest | Add-LguestRng | Start-LguestGuest -AsJob -Verbose 4>$null
        Wait-LguestGuest demo -Console $prompt -TimeoutSeconds 30 -ErrorAction Stop
        Stop-Job $job
        $lines = @($job.Verbose | ForEach-Object Message)
        $lines | Should -Contain 'device 2: rng'
    }
}

Describe 'Verbose lines without a job' {
    AfterEach { Get-LguestGuest | Remove-LguestGuest -Force }
    It 'come with the cmdlets that ask for them' {
        $guest = New-DemoGuest
        $lines = @(Start-LguestGuest $guest -Verbose 4>&1 | Where-Object { $_ -is [System.Management.Automation.VerboseRecord] } | ForEach-Object Message)
        $lines | Should -Contain 'device 1: console'
        Wait-LguestGuest $guest -Console $prompt -TimeoutSeconds 30 -ErrorAction Stop
        Send-LguestConsole $guest "reboot`n"
        $more = @(Wait-LguestGuest $guest -Console $prompt -TimeoutSeconds 30 -Verbose 4>&1 | ForEach-Object Message)
        @($more -match 'device status').Count | Should -BeGreaterThan 0
    }

    It 'are not made when nobody asked' {
        $guest = New-DemoGuest | Start-LguestGuest
        Wait-LguestGuest $guest -Console $prompt -TimeoutSeconds 30 -Verbose 4>&1 | Should -BeNullOrEmpty
    }
}

Describe 'Several guests' {
    AfterEach { Get-LguestGuest | Remove-LguestGuest -Force }
    It 'run side by side, and waiting for all of them is one wait' {
        $guests = 1..3 | ForEach-Object { New-DemoGuest "fleet$_" } | Start-LguestGuest
        @($guests | Wait-LguestGuest -Console $prompt -TimeoutSeconds 60 -PassThru).Count | Should -Be 3
        Send-LguestConsole 'fleet*' "echo all of us`n"
        @(Wait-LguestGuest 'fleet*' -Console '^all of us' -TimeoutSeconds 60 -PassThru).Count | Should -Be 3
        Stop-LguestGuest 'fleet*'
        @((Get-LguestGuest).State | Where-Object { $_ -eq 'Off' }).Count | Should -Be 3
    }

    It 'do not hear of each other''s end' {
        $first, $second = 'one', 'two' | ForEach-Object { New-DemoGuest $_ } | Start-LguestGuest
        $null = $first, $second | Wait-LguestGuest -Console $prompt -TimeoutSeconds 60 -ErrorAction Stop
        Send-LguestConsole $first "die`n"
        Send-LguestConsole $first "halt`n"
        Stop-LguestGuest $first -WarningAction SilentlyContinue
        Invoke-DemoCommand $second 'echo still here' | Should -Contain 'still here'
    }
}
