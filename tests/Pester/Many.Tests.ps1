# Twenty guests in one process, started by one pipeline: all answer, all end, and the process has then what it had before them.

Describe 'Twenty guests at once' {
    BeforeAll {
        # What a guest that is not let go of would leave: threads, file handles, mappings of guest memory and of translated code, runspaces.
        function Measure-Process {
            @{
                Threads   = [System.IO.Directory]::GetDirectories('/proc/self/task').Length
                Handles   = [System.IO.Directory]::GetFiles('/proc/self/fd').Length
                Mappings  = @([System.IO.File]::ReadLines('/proc/self/maps') -match 'memfd:lguest').Count
                Runspaces = @(Get-Runspace).Count
            }
        }

        function Invoke-Fleet {
            $guests = 1..20 | ForEach-Object { [pscustomobject]@{ Name = "fleet$_"; MemoryMB = 16 } } |
                New-LguestGuest -Kernel (Get-LguestDemoKernel) | Add-LguestBlockDevice -Path $disk -ReadOnly | Add-LguestRng | Start-LguestGuest
            $null = $guests | Wait-LguestGuest -Console 'demo> ' -TimeoutSeconds 300 -ErrorAction Stop
            $running = Measure-Process
            foreach ($guest in $guests) { Send-LguestConsole $guest "echo I am $($guest.Name)`n" }
            $answers = foreach ($guest in $guests) { (Wait-LguestGuest $guest -Console "^I am $($guest.Name)\r?$" -TimeoutSeconds 300 -PassThru -ErrorAction Stop).Name }
            Send-LguestConsole 'fleet*' "halt`n"
            Wait-LguestGuest 'fleet*' -Exit -TimeoutSeconds 300 -ErrorAction Stop
            $ends = @($guests.ExitReason.Kind)
            Remove-LguestGuest 'fleet*' -Force
            @{ Running = $running; Answers = @($answers); Ends = $ends }
        }

        # The pool's threads come and go by themselves, so that what was there before is a limit that the process comes down to, not a number at once.
        function Wait-Until([scriptblock] $Condition) {
            $watch = [System.Diagnostics.Stopwatch]::StartNew()
            while (-not (& $Condition)) {
                if ($watch.Elapsed.TotalSeconds -gt 120) { return $false }
                [System.GC]::Collect()
                [System.GC]::WaitForPendingFinalizers()
                Start-Sleep -Milliseconds 200
            }
            $true
        }

        $disk = Join-Path $TestDrive 'disk.img'
        [System.IO.File]::WriteAllBytes($disk, [byte[]]::new(32KB))
        $null = Invoke-Fleet   # the first loads code, fills pools and caches
        $before = Measure-Process
        $fleet = Invoke-Fleet
    }
    AfterAll { Get-LguestGuest fleet* | Remove-LguestGuest -Force }

    It 'answer, each for itself' {
        $fleet.Answers -join ' ' | Should -Be ((1..20 | ForEach-Object { "fleet$_" }) -join ' ')
    }

    It 'power off' {
        $fleet.Ends.Count | Should -Be 20
        @($fleet.Ends | Where-Object { $_ -ne 'PowerOff' }).Count | Should -Be 0
    }

    It 'have what they need while they run: threads, handles, mappings and runspaces of their own' {
        foreach ($kind in 'Threads', 'Handles', 'Mappings', 'Runspaces') { $fleet.Running[$kind] | Should -BeGreaterOrEqual ($before[$kind] + 20) -Because $kind }
    }

    It 'leave no <_> behind' -ForEach 'Threads', 'Handles', 'Mappings', 'Runspaces' {
        $kind = $_
        $null = Wait-Until { (Measure-Process)[$kind] -le $before[$kind] }
        (Measure-Process)[$kind] | Should -BeLessOrEqual $before[$kind]
    }
}
