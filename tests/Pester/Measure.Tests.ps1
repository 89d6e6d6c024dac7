# What guests have done and what they cost, on both machines, while they run, while they are paused and after their end.

BeforeAll {
    $prompt = 'demo> '
    function Start-Demo([string] $Name = 'measured') {
        $guest = Get-LguestDemoKernel | New-LguestGuest -Name $Name -MemoryMB 16 | Add-LguestRng | Start-LguestGuest
        Wait-LguestGuest $guest -Console $prompt -TimeoutSeconds 60 -ErrorAction Stop
        $guest
    }
    function Invoke-Demo($Guest, [string] $Command) {
        Send-LguestConsole $Guest "$Command`n"
        Wait-LguestGuest $Guest -Console $prompt -TimeoutSeconds 60 -ErrorAction Stop
    }
    function Get-Number($Counts, [int] $Number) { foreach ($one in $Counts) { if ($one.Number -eq $Number) { return $one } } }
}

Describe 'Measure-LguestGuest' {
    AfterEach { Get-LguestGuest | Remove-LguestGuest -Force }

    It 'counts instructions, and tells those since the last time apart' {
        $guest = Start-Demo
        $first = Measure-LguestGuest $guest
        Invoke-Demo $guest 'help'
        $second = Measure-LguestGuest $guest
        $first.Instructions | Should -BeGreaterThan 10000
        $first.IntervalInstructions | Should -Be $first.Instructions
        $second.IntervalInstructions | Should -Be ($second.Instructions - $first.Instructions)
        $second.IntervalInstructions | Should -BeGreaterThan 0
        $second.Interval | Should -Be ($second.Uptime - $first.Uptime)
        $second.Mips | Should -BeGreaterThan 0
        $second.State | Should -Be 'Running'
        $second.Name | Should -Be 'measured'
    }

    It 'names traps, hypercalls and interrupts of lguest' {
        $guest = Start-Demo
        Invoke-Demo $guest 'sleep 100'
        $measured = Measure-LguestGuest $guest
        (Get-Number $measured.Traps 14).Name | Should -Be '#PF'
        (Get-Number $measured.Traps 31).Name | Should -Be 'int 0x1f (hypercall)'
        (Get-Number $measured.Hypercalls 1).Name | Should -Be 'LGUEST_INIT'
        (Get-Number $measured.Hypercalls 1).Count | Should -Be 1
        (Get-Number $measured.Hypercalls 10).Name | Should -Be 'HALT'
        (Get-Number $measured.Interrupts 0).Name | Should -Be 'timer'
        (Get-Number $measured.Interrupts 1).Name | Should -Be 'console'
        foreach ($count in $measured.Traps) { $count.Count | Should -BeGreaterThan 0 }
    }

    It 'counts requests and bytes of each device and queue' {
        $guest = Start-Demo
        $before = (Measure-LguestGuest $guest).Devices
        Invoke-Demo $guest 'rng 16'
        $after = (Measure-LguestGuest $guest).Devices
        $after.Count | Should -Be 2
        $after[0].Kind | Should -Be 'console'
        $after[1].Kind | Should -Be 'rng'
        $after[1].Slot | Should -Be 2
        $after[1].Requests | Should -BeGreaterThan $before[1].Requests
        $after[1].BytesToGuest | Should -BeGreaterThan ($before[1].BytesToGuest + 15)
        ($after[0].BytesFromGuest - $before[0].BytesFromGuest) | Should -BeGreaterThan 16
        ($after[0].BytesToGuest - $before[0].BytesToGuest) | Should -Be 7
        ($after[0].Queues | ForEach-Object { $_.Name }) -join ' ' | Should -Be 'input output'
    }

    It 'tells memory and processor time' {
        $measured = Start-Demo | Measure-LguestGuest
        $measured.MemoryBytes | Should -Be 16MB
        $measured.ResidentBytes | Should -BeGreaterThan 65535
        $measured.ResidentBytes | Should -BeLessThan 16MB
        $measured.ProcessBytes | Should -BeGreaterThan 1MB
        $measured.ProcessorTime | Should -BeGreaterThan ([timespan]::Zero)
    }

    It 'measures a paused guest, which does nothing' {
        $guest = Start-Demo
        Suspend-LguestGuest $guest
        $first = Measure-LguestGuest $guest
        $second = Measure-LguestGuest $guest
        $second.State | Should -Be 'Paused'
        $second.IntervalInstructions | Should -Be 0
        $second.Instructions | Should -Be $first.Instructions
    }

    It 'measures the last run of a guest that has ended, and the next one anew' {
        $guest = Start-Demo
        Invoke-Demo $guest 'help'
        $running = Measure-LguestGuest $guest
        Stop-LguestGuest $guest
        $ended = Measure-LguestGuest $guest
        $ended.State | Should -Be 'Off'
        $ended.Instructions | Should -BeGreaterThan ($running.Instructions - 1)
        $ended.Devices[0].Requests | Should -BeGreaterThan ($running.Devices[0].Requests - 1)
        $ended.Uptime | Should -BeGreaterThan $running.Uptime
        (Measure-LguestGuest $guest).Uptime | Should -Be $ended.Uptime
        $ended.Devices[0].BytesToGuest | Should -BeGreaterThan 0
        $null = Start-LguestGuest $guest
        (Measure-LguestGuest $guest).Devices[0].BytesToGuest | Should -Be 0   # nothing has been typed in this run
    }

    It 'adds up what was before a restart and after it' {
        $guest = Start-Demo
        Send-LguestConsole $guest "reboot`n"
        Wait-LguestGuest $guest -Console $prompt -TimeoutSeconds 60 -ErrorAction Stop
        $measured = Measure-LguestGuest $guest
        $measured.Restarts | Should -Be 1
        (Get-Number $measured.Hypercalls 1).Count | Should -Be 2
    }

    It 'measures all guests when none is named, and each that matches' {
        $null = Start-Demo one
        $null = Start-Demo two
        (Measure-LguestGuest).Name -join ' ' | Should -Be 'one two'
        (Measure-LguestGuest t*).Name | Should -Be 'two'
        (Get-LguestGuest | Measure-LguestGuest).Name -join ' ' | Should -Be 'one two'
        ('two', 'one' | Measure-LguestGuest).Name -join ' ' | Should -Be 'two one'
    }

    It 'says that a guest was never started' {
        $guest = Get-LguestDemoKernel | New-LguestGuest -Name never
        $thrown = { Measure-LguestGuest never -ErrorAction Stop } | Should -Throw -ErrorId 'GuestNeverStarted,*' -PassThru
        $thrown.TargetObject | Should -Be $guest
        { Measure-LguestGuest nobody -ErrorAction Stop } | Should -Throw -ErrorId 'GuestNotFound,*'
    }

    It 'counts on a plain PC too' {
        # A kernel by Multiboot, loaded at 1 MB, whose only instruction is ud2: without an interrupt table that ends in a triple fault.
        $words = [uint32[]] (0x1BADB002, 0x10000, (0x100000000 - 0x1BADB002 - 0x10000), 0x100000, 0x100000, 0, 0, 0x100020)
        $kernel = Join-Path $TestDrive 'ud2'
        [System.IO.File]::WriteAllBytes($kernel, [byte[]] (@($words | ForEach-Object { [System.BitConverter]::GetBytes($_) }) + 0x0F, 0x0B))
        $guest = New-LguestGuest -Name pc -Kernel $kernel -Platform Pc | Start-LguestGuest
        Wait-LguestGuest $guest -Exit -TimeoutSeconds 60 -ErrorAction Stop
        $measured = Measure-LguestGuest $guest
        $measured.Traps.Count | Should -Be 1
        $measured.Traps[0].Name | Should -Be '#UD'
        $measured.Hypercalls.Count | Should -Be 0
    }
}
