# What a user of the Hyper-V module does with guests: change, rename, pause, ask before, leave to a job, export, import and test.

BeforeAll {
    $kernel = (Get-LguestDemoKernel).Kernel
    $disk = Join-Path $TestDrive 'disk.img'
    [System.IO.File]::WriteAllBytes($disk, [byte[]]::new(64 * 512))

    function Start-DemoGuest([string] $Name = 'demo') {
        $guest = Get-LguestDemoKernel | New-LguestGuest $Name -MemoryMB 16 | Start-LguestGuest
        Wait-LguestGuest $guest -Console 'demo> ' -TimeoutSeconds 120 -ErrorAction Stop
        $guest
    }
}

AfterAll { Get-LguestGuest | Remove-LguestGuest -Force }

Describe 'Set-LguestGuest' {
    BeforeEach { $guest = New-LguestGuest web -MemoryMB 16 -Kernel $kernel -CommandLine before }
    AfterEach { Get-LguestGuest | Remove-LguestGuest -Force }

    It 'changes what is said, and nothing else' {
        Set-LguestGuest web -MemoryMB 32 | Should -BeNullOrEmpty
        "$($guest.MemoryMB) $($guest.CommandLine) $($guest.Kernel) $($guest.Engine)" | Should -Be "32 before $kernel Auto"
        Set-LguestGuest -Guest $guest -CommandLine '' -Engine Interpreter -Platform Pc
        "$($guest.MemoryMB) $($guest.CommandLine) $($guest.Engine) $($guest.Platform)" | Should -Be '32  Interpreter Pc'
        ($guest | Set-LguestGuest -Platform Auto -PassThru).Platform | Should -Be 'Lguest'
    }

    It 'gives and takes away an initial RAM disk' {
        Set-LguestGuest web -Initrd $disk
        $guest.Initrd | Should -Be $disk
        Set-LguestGuest web -Initrd ''
        $guest.Initrd | Should -BeNullOrEmpty
    }

    It 'leaves a piped guest''s platform to its kernel' {
        $other = Join-Path $TestDrive 'unknown'
        [System.IO.File]::WriteAllBytes($other, [byte[]](1..100))
        $guest | Set-LguestGuest -MemoryMB 24
        Set-LguestGuest web -Kernel $other
        $guest.PlatformReason | Should -Match 'does not show'
    }

    It 'renames' { (Set-LguestGuest web -NewName db -PassThru).Name | Should -Be 'db' }

    It 'changes nothing with -WhatIf' {
        Set-LguestGuest web -MemoryMB 32 -NewName db -WhatIf
        "$($guest.Name) $($guest.MemoryMB)" | Should -Be 'web 16'
    }

    It 'refuses <Why>' -ForEach @(
        @{ Why = 'too much memory'; Bad = @{ MemoryMB = 5000 }; Id = 'MemoryOutOfRange' }
        @{ Why = 'a kernel that is not there'; Bad = @{ Kernel = '/nonexistent/vmlinux' }; Id = 'KernelNotFound' }
        @{ Why = 'an initrd that is not there'; Bad = @{ MemoryMB = 32; Initrd = '/nonexistent/initrd' }; Id = 'InitrdNotFound' }
        @{ Why = 'a name with wildcards'; Bad = @{ NewName = 'w*' }; Id = 'InvalidGuestName' }
    ) {
        { Set-LguestGuest web @Bad -ErrorAction Stop } | Should -Throw -ErrorId "$Id,LguestPS.Commands.SetLguestGuest"
        "$($guest.Name) $($guest.MemoryMB)" | Should -Be 'web 16'
    }

    It 'refuses to change a guest that runs, but for its name' {
        $null = Start-LguestGuest web
        { Set-LguestGuest web -MemoryMB 32 -NewName db -ErrorAction Stop } | Should -Throw -ErrorId 'GuestRunning,*'
        "$($guest.Name) $($guest.MemoryMB)" | Should -Be 'web 16'
        Set-LguestGuest web -NewName db
        $guest.Name | Should -Be 'db'
    }

    It 'has what it was given at the next start' {
        $null = Set-LguestGuest web -MemoryMB 24 -PassThru | Start-LguestGuest
        Wait-LguestGuest web -Console 'demo> ' -TimeoutSeconds 120 -ErrorAction Stop
        $guest.State | Should -Be 'Running'
    }
}

Describe 'Rename-LguestGuest' {
    BeforeEach { $guest = New-LguestGuest web -MemoryMB 16 -Kernel $kernel }
    AfterEach { Get-LguestGuest | Remove-LguestGuest -Force }

    It 'renames by <Form>' -ForEach @(
        @{ Form = 'position'; Rename = { Rename-LguestGuest web db } }
        @{ Form = 'name'; Rename = { Rename-LguestGuest -Name web -NewName db } }
        @{ Form = 'object'; Rename = { Rename-LguestGuest $guest db } }
        @{ Form = 'pipeline'; Rename = { $guest | Rename-LguestGuest db } }
        @{ Form = 'pipeline and parameter'; Rename = { $guest | Rename-LguestGuest -NewName db } }
        @{ Form = 'row'; Rename = { [pscustomobject]@{ Name = 'web'; NewName = 'db' } | Rename-LguestGuest } }
    ) {
        & $Rename | Should -BeNullOrEmpty
        $guest.Name | Should -Be 'db'
        @((Get-LguestGuest).Name) | Should -Be @('db')
        { Get-LguestGuest web -ErrorAction Stop } | Should -Throw -ErrorId 'GuestNotFound,*'
    }

    It 'renames what runs, with its runspace' {
        $null = Start-LguestGuest web
        (Rename-LguestGuest web db -PassThru).State | Should -Be 'Running'
        @(Get-Runspace -Name db).Count | Should -Be 1
        Wait-LguestGuest db -Console 'demo> ' -TimeoutSeconds 120 -ErrorAction Stop
        Stop-LguestGuest db
    }

    It 'is found under one name at any time' {
        $runspace = [runspacefactory]::CreateRunspace([initialsessionstate]::CreateDefault2())
        $runspace.Open()
        $other = [powershell]::Create()
        $other.Runspace = $runspace
        try {
            $null = $other.AddCommand('Import-Module').AddParameter('Name', (Get-Module LguestPS).Path).Invoke()
            $other.Commands.Clear()
            $null = $other.AddScript('for ($i = 0; $i -lt 2000; $i++) { if ($i % 2) { Rename-LguestGuest db web } else { Rename-LguestGuest web db } }')
            $renaming = $other.BeginInvoke()
            $looks = 0
            do { $looks++; $seen = @(Get-LguestGuest) } while ($seen.Count -eq 1 -and -not $renaming.IsCompleted)
            $seen.Count | Should -Be 1
            $looks | Should -BeGreaterThan 1
            $null = $other.EndInvoke($renaming)
            @($other.Streams.Error).Count | Should -Be 0
        }
        finally { $runspace.Dispose() }
        $guest.Name | Should -Be 'web'
    }

    It 'changes the case of a name' { (Rename-LguestGuest web WEB -PassThru).Name | Should -BeExactly 'WEB' }

    It 'frees the old name' {
        Rename-LguestGuest web db
        (New-LguestGuest web -Kernel $kernel).Name | Should -Be 'web'
    }

    It 'refuses a name that is taken' {
        $null = New-LguestGuest db -Kernel $kernel
        $thrown = { Rename-LguestGuest web DB -ErrorAction Stop } | Should -Throw -ErrorId 'GuestExists,*' -PassThru
        $thrown.TargetObject | Should -Be 'DB'
        $guest.Name | Should -Be 'web'
    }

    It 'needs a name' { { $guest | Rename-LguestGuest } | Should -Throw -ErrorId 'ParameterMissing,*' }
    It 'refuses wildcards' { { Rename-LguestGuest web 'd*' -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidGuestName,*' }

    It 'renames nothing with -WhatIf' {
        Rename-LguestGuest web db -WhatIf
        $guest.Name | Should -Be 'web'
    }
}

Describe 'Suspend-LguestGuest and Resume-LguestGuest' {
    AfterEach { Get-Job | Remove-Job -Force; Get-LguestGuest | Remove-LguestGuest -Force }

    It 'pauses a guest, which then runs no instruction and has no time' {
        $guest = Start-DemoGuest
        Suspend-LguestGuest demo | Should -BeNullOrEmpty
        $guest.State | Should -Be 'Paused'
        $instructions = $guest.Instructions
        $uptime = $guest.Uptime
        Start-Sleep -Milliseconds 300
        $guest.Instructions | Should -Be $instructions
        $guest.Uptime | Should -Be $uptime
        $null = Receive-LguestConsole $guest
        Send-LguestConsole $guest "echo after`n"
        Resume-LguestGuest demo | Should -BeNullOrEmpty
        $guest.State | Should -Be 'Running'
        Wait-LguestGuest $guest -Console 'demo> ' -TimeoutSeconds 120 -ErrorAction Stop
        (Receive-LguestConsole $guest) -join "`n" | Should -Match 'after'
    }

    It 'takes objects, passes them on, and can be done again and again' {
        $guest = Start-DemoGuest
        for ($i = 0; $i -lt 20; $i++) { ($guest | Suspend-LguestGuest -PassThru | Resume-LguestGuest -PassThru).State | Should -Be 'Running' }
        Send-LguestConsole $guest "echo still there`n"
        Wait-LguestGuest $guest -Console 'still there' -TimeoutSeconds 120 -ErrorAction Stop
    }

    It '<Command> works on a paused guest' -ForEach @(
        @{ Command = 'Stop-LguestGuest'; More = @{}; State = 'Off' }
        @{ Command = 'Restart-LguestGuest'; More = @{ Force = $true }; State = 'Running' }
        @{ Command = 'Remove-LguestGuest'; More = @{ Force = $true }; State = 'Off' }
    ) {
        $guest = Start-DemoGuest
        Suspend-LguestGuest $guest
        & $Command $guest @More
        $guest.State | Should -Be $State
    }

    It 'can wait for a paused guest in vain, and for one that is resumed meanwhile' {
        $guest = Start-DemoGuest
        Suspend-LguestGuest $guest
        Send-LguestConsole $guest "echo later`n"
        { Wait-LguestGuest $guest -Console 'later' -TimeoutSeconds 0.2 -ErrorAction Stop } | Should -Throw -ErrorId 'WaitTimedOut,*'
        Resume-LguestGuest $guest
        Wait-LguestGuest $guest -Console 'later' -TimeoutSeconds 120 -ErrorAction Stop
    }

    It 'refuses to pause what is off, and to resume what is not paused' {
        $guest = New-LguestGuest off -Kernel $kernel
        { Suspend-LguestGuest off -ErrorAction Stop } | Should -Throw -ErrorId 'GuestNotRunning,LguestPS.Commands.SuspendLguestGuest'
        $thrown = { Resume-LguestGuest off -ErrorAction Stop } | Should -Throw -ErrorId 'GuestNotPaused,LguestPS.Commands.ResumeLguestGuest' -PassThru
        $thrown.TargetObject | Should -Be $guest
    }

    It 'warns when a guest is in that state already' {
        $guest = Start-DemoGuest
        (Resume-LguestGuest $guest -PassThru -WarningVariable said -WarningAction SilentlyContinue).Name | Should -Be 'demo'
        "$said" | Should -Match 'Running already'
        Suspend-LguestGuest $guest
        Suspend-LguestGuest $guest -WarningVariable said -WarningAction SilentlyContinue
        "$said" | Should -Match 'Paused already'
    }

    It 'changes nothing with -WhatIf' {
        $guest = Start-DemoGuest
        Suspend-LguestGuest $guest -WhatIf
        $guest.State | Should -Be 'Running'
        Suspend-LguestGuest $guest
        Resume-LguestGuest $guest -WhatIf
        $guest.State | Should -Be 'Paused'
    }
}

Describe 'Jobs' {
    AfterEach { Get-Job | Remove-Job -Force; Get-LguestGuest | Remove-LguestGuest -Force }

    It '<Command> -AsJob is done when the guest is <State>' -ForEach @(
        @{ Command = 'Suspend-LguestGuest'; State = 'Paused' }
        @{ Command = 'Stop-LguestGuest'; State = 'Off' }
    ) {
        $guest = Start-DemoGuest
        $job = & $Command $guest -AsJob -PassThru
        $job.Name | Should -Be 'demo'
        @(Get-Job).Count | Should -Be 1
        $null = Wait-Job $job -Timeout 120
        $job.State | Should -Be 'Completed'
        $guest.State | Should -Be $State
        (Receive-Job $job).Name | Should -Be 'demo'
    }

    It 'resumes as a job' {
        $guest = Start-DemoGuest
        Suspend-LguestGuest $guest
        $job = Resume-LguestGuest $guest -AsJob
        $null = Wait-Job $job -Timeout 120
        $guest.State | Should -Be 'Running'
    }

    It 'restarts to a job that is the new run' {
        $guest = Start-DemoGuest
        $job = Restart-LguestGuest $guest -Force -AsJob
        $job.State | Should -Be 'Running'
        Stop-LguestGuest $guest
        $null = Wait-Job $job -Timeout 120
        $job.State | Should -Be 'Stopped'
    }
}

Describe 'Questions' {
    AfterEach { Get-LguestGuest | Remove-LguestGuest -Force }

    It '<Command> has the impact <Impact>' -ForEach @(
        @{ Command = 'Remove-LguestGuest'; Impact = 'High' }, @{ Command = 'Restart-LguestGuest'; Impact = 'High' }
        @{ Command = 'Stop-LguestGuest'; Impact = 'Medium' }, @{ Command = 'Set-LguestGuest'; Impact = 'Medium' }, @{ Command = 'Remove-LguestBlockDevice'; Impact = 'Medium' }
    ) {
        $attribute = (Get-Command $Command).ImplementingType.GetCustomAttributes([System.Management.Automation.CmdletAttribute], $false)[0]
        $attribute.ConfirmImpact | Should -Be $Impact
        $attribute.SupportsShouldProcess | Should -BeTrue
    }

    It 'can be answered beforehand' {
        $null = New-LguestGuest a -Kernel $kernel
        $null = New-LguestGuest b -Kernel $kernel
        Remove-LguestGuest a -Confirm:$false
        Remove-LguestGuest b -Force
        Get-LguestGuest | Should -BeNullOrEmpty
    }

    It 'are not asked with -WhatIf, forced or not' {
        $null = New-LguestGuest a -Kernel $kernel
        Remove-LguestGuest a -Force -WhatIf
        Remove-LguestGuest a -WhatIf
        (Get-LguestGuest).Name | Should -Be 'a'
    }

    It 'each cmdlet that changes something has -WhatIf and -Confirm' {
        $changing = Get-Command -Module LguestPS -CommandType Cmdlet | Where-Object { $_.Verb -in 'Add', 'Set', 'Remove', 'Rename', 'New', 'Start', 'Stop', 'Restart', 'Suspend', 'Resume', 'Export', 'Import', 'Send' }
        @($changing | Where-Object { -not $_.Parameters.ContainsKey('WhatIf') -or -not $_.Parameters.ContainsKey('Confirm') }).Name | Should -BeNullOrEmpty
    }

    It 'Start-LguestGuest takes -PassThru, Stop-LguestGuest -TurnOff and -Force' {
        $guest = New-LguestGuest a -MemoryMB 16 -Kernel $kernel
        ($guest | Start-LguestGuest -PassThru).State | Should -Be 'Running'
        (Stop-LguestGuest a -TurnOff -Force -PassThru).State | Should -Be 'Off'
    }
}

Describe 'Export-LguestGuest and Import-LguestGuest' {
    BeforeEach {
        $folder = Join-Path $TestDrive ([guid]::NewGuid())
        $null = New-Item $folder -ItemType Directory
        [System.IO.File]::Copy($kernel, (Join-Path $folder 'vmlinux'))
        [System.IO.File]::Copy($disk, (Join-Path $folder 'disk.img'))
        $guest = New-LguestGuest web -MemoryMB 32 -Kernel (Join-Path $folder 'vmlinux') -CommandLine 'a=<b> "c"' -Engine Interpreter |
            Add-LguestBlockDevice -Path (Join-Path $folder 'disk.img') -ReadOnly |
            Add-LguestBlockDevice -Path $disk -Snapshot |
            Add-LguestTunNet -IPAddress 192.168.19.1 -MacAddress 02:00:00:00:00:01 -TapName tap7 |
            Add-LguestRng
    }
    AfterEach { Get-LguestGuest | Remove-LguestGuest -Force }

    It 'bring a guest back as it was' {
        $file = Export-LguestGuest web (Join-Path $folder 'web.json')
        $file.Name | Should -Be 'web.json'
        $file.PSParentPath | Should -BeLike "*$folder"   # as Get-Item gives it, with what tables of files show
        $copy = $file | Import-LguestGuest -NewName copy
        foreach ($property in 'MemoryMB', 'Kernel', 'Initrd', 'CommandLine', 'Platform', 'Engine', 'TranscriptPath', 'OnViolation') { $copy.$property | Should -Be $guest.$property }
        ($copy.Devices -join '; ') | Should -Be ($guest.Devices -join '; ')
        (Get-LguestNetworkAdapter copy).MacAddress | Should -Be '02:00:00:00:00:01'
        (Get-LguestNetworkAdapter copy).TapName | Should -Be 'tap7'
    }

    It 'name files in the definition''s folder relative to it, so that the folder can be moved' {
        $text = Get-Content (Export-LguestGuest $guest $folder).FullName -Raw
        $text | Should -Match '"schemaVersion": 1'
        $text | Should -Match '"kernel": "vmlinux"'
        $text | Should -Match ([regex]::Escape("`"path`": `"$disk`""))
        $moved = "$folder-moved"
        [System.IO.Directory]::Move($folder, $moved)
        (Import-LguestGuest $moved -NewName moved).Kernel | Should -Be (Join-Path $moved 'vmlinux')
    }

    It 'work on several: a folder, files by wildcards, files by pipeline' {
        $null = New-LguestGuest db -Kernel $kernel
        $out = Join-Path $folder 'fleet/today'
        @(Get-LguestGuest | Export-LguestGuest -Path $out).Count | Should -Be 2
        Get-LguestGuest | Remove-LguestGuest -Force
        @((Import-LguestGuest $out).Name) | Should -Be @('db', 'web')
        Get-LguestGuest | Remove-LguestGuest -Force
        @((Import-LguestGuest (Join-Path $out 'w*.json')).Name) | Should -Be @('web')
        Get-LguestGuest | Remove-LguestGuest -Force
        @((Get-ChildItem $out -Filter *.json | Import-LguestGuest).Name) | Should -Be @('db', 'web')
        Get-LguestGuest | Remove-LguestGuest -Force
        @(((Join-Path $out 'web.json') | Import-LguestGuest).Name) | Should -Be @('web')
    }

    It 'name files so that they can be named again' {
        $null = New-LguestGuest 'a/b: c\d' -Kernel $kernel
        $file = Export-LguestGuest 'a/b: c\d' $folder
        $file.Name | Should -Be 'a_b_ c_d.json'
        Push-Location $folder
        try { (Import-LguestGuest $file.Name -NewName again).Kernel | Should -Be $kernel } finally { Pop-Location }
    }

    It 'start what was imported' {
        $null = New-LguestGuest demo -MemoryMB 16 -Kernel $kernel | Export-LguestGuest $folder
        Remove-LguestGuest demo -Force
        $started = Import-LguestGuest (Join-Path $folder 'demo.json') | Start-LguestGuest
        Wait-LguestGuest $started -Console 'demo> ' -TimeoutSeconds 120 -ErrorAction Stop
    }

    It 'overwrite only with -Force, and never one guest by another' {
        $null = Export-LguestGuest web $folder
        { Export-LguestGuest web $folder -ErrorAction Stop } | Should -Throw -ErrorId 'GuestFileExists,*'
        (Export-LguestGuest web $folder -Force).Name | Should -Be 'web.json'
        $null = New-LguestGuest db -Kernel $kernel
        { Get-LguestGuest | Export-LguestGuest -Path (Join-Path $folder 'both.json') -Force -ErrorAction Stop } | Should -Throw -ErrorId 'GuestFileExists,*'
    }

    It 'do nothing with -WhatIf' {
        Export-LguestGuest web (Join-Path $folder 'none') -WhatIf
        Join-Path $folder 'none' | Should -Not -Exist
        $null = Export-LguestGuest web $folder
        Import-LguestGuest (Join-Path $folder 'web.json') -NewName never -WhatIf | Should -BeNullOrEmpty
        @((Get-LguestGuest).Name) | Should -Be @('web')
    }

    It 'need a path' { { Export-LguestGuest web } | Should -Throw -ErrorId 'ParameterMissing,*' }

    It 'refuse <Why>' -ForEach @(
        @{ Why = 'what is no JSON'; Text = 'not json'; Id = 'GuestFileInvalid' }
        @{ Why = 'what is no object'; Text = '[]'; Id = 'GuestFileInvalid' }
        @{ Why = 'a file without version'; Text = '{ "name": "x", "memoryMB": 16, "kernel": "vmlinux" }'; Id = 'GuestFileInvalid' }
        @{ Why = 'an unknown version'; Text = '{ "schemaVersion": 2, "future": true }'; Id = 'GuestFileVersionUnknown' }
        @{ Why = 'a version that is no number'; Text = '{ "schemaVersion": "new" }'; Id = 'GuestFileVersionUnknown' }
        @{ Why = 'a misspelt property'; Text = '{ "schemaVersion": 1, "name": "x", "memoryMB": 16, "kernel": "vmlinux", "kernal": 1 }'; Id = 'GuestFileInvalid' }
        @{ Why = 'a device of no kind'; Text = '{ "schemaVersion": 1, "name": "x", "memoryMB": 16, "kernel": "vmlinux", "devices": [ { "kind": "floppy" } ] }'; Id = 'GuestFileInvalid' }
        @{ Why = 'a card without address'; Text = '{ "schemaVersion": 1, "name": "x", "memoryMB": 16, "kernel": "vmlinux", "devices": [ { "kind": "net" } ] }'; Id = 'GuestFileInvalid' }
        @{ Why = 'a kernel that is not there'; Text = '{ "schemaVersion": 1, "name": "x", "memoryMB": 16, "kernel": "nowhere" }'; Id = 'KernelNotFound' }
        @{ Why = 'a disk that is not there'; Text = '{ "schemaVersion": 1, "name": "x", "memoryMB": 16, "kernel": "vmlinux", "devices": [ { "path": "gone.img", "kind": "block" } ] }'; Id = 'DiskNotFound' }
        @{ Why = 'memory of no size'; Text = '{ "schemaVersion": 1, "name": "x", "memoryMB": 0, "kernel": "vmlinux" }'; Id = 'MemoryOutOfRange' }
        @{ Why = 'a name with wildcards'; Text = '{ "schemaVersion": 1, "name": "x*", "memoryMB": 16, "kernel": "vmlinux" }'; Id = 'InvalidGuestName' }
        @{ Why = 'a name that is taken'; Text = '{ "schemaVersion": 1, "name": "web", "memoryMB": 16, "kernel": "vmlinux" }'; Id = 'GuestExists' }
    ) {
        $file = Join-Path $folder 'bad.json'
        Set-Content $file $Text
        { Import-LguestGuest $file -ErrorAction Stop } | Should -Throw -ErrorId "$Id,LguestPS.Commands.ImportLguestGuest"
        @((Get-LguestGuest).Name) | Should -Be @('web')
    }

    It 'go on after a file that is not there' {
        $null = Export-LguestGuest web $folder
        $imported = Import-LguestGuest (Join-Path $folder 'gone.json'), (Join-Path $folder 'web.json') -NewName other -ErrorVariable missing -ErrorAction SilentlyContinue
        $imported.Name | Should -Be 'other'
        @($missing)[0].FullyQualifiedErrorId | Should -Be 'GuestFileNotFound,LguestPS.Commands.ImportLguestGuest'
    }
}

Describe 'Test-LguestGuest' {
    AfterEach { Get-LguestGuest | Remove-LguestGuest -Force }

    It 'passes what can start' {
        $guest = New-LguestGuest web -MemoryMB 16 -Kernel $kernel -Initrd $disk | Add-LguestBlockDevice $disk | Add-LguestRng
        $checks = Test-LguestGuest web
        @($checks.Check) | Should -Be @('Kernel', 'Platform', 'Initrd', 'Memory', 'Engine', 'block', 'rng')
        @($checks | Where-Object { -not $_.Passed }).Message | Should -BeNullOrEmpty
        @($checks.GuestName)[0] | Should -Be 'web'
        $checks[0].Target | Should -Be $kernel
        $guest | Test-LguestGuest -Quiet | Should -BeTrue
        $guest.State | Should -Be 'Off'
    }

    It 'finds <Why>' -ForEach @(
        @{ Why = 'a kernel that is none'; Set = @{ Kernel = 'text' }; Check = 'Kernel'; Message = 'bzImage' }
        @{ Why = 'too little memory for the initial RAM disk'; Set = @{ Initrd = 'large' }; Check = 'Memory'; Message = 'bytes of the guest' }
        @{ Why = 'a command line that is too long'; Set = @{ CommandLine = 'x' * 5000 }; Check = 'CommandLine'; Message = '.' }
        @{ Why = 'a transcript in no folder'; Set = @{ TranscriptPath = '/nonexistent/folder/log' }; Check = 'Transcript'; Message = 'no folder' }
    ) {
        $null = New-LguestGuest web -MemoryMB 16 -Kernel $kernel
        if ($Set.Kernel) { $Set = @{ Kernel = Join-Path $TestDrive 'text' }; Set-Content $Set.Kernel ('no kernel ' * 100) }
        if ($Set.Initrd) { $Set = @{ Initrd = Join-Path $TestDrive 'large' }; [System.IO.File]::WriteAllBytes($Set.Initrd, [byte[]]::new(20MB)) }
        Set-LguestGuest web @Set
        $failed = @(Test-LguestGuest web | Where-Object { -not $_.Passed })
        @($failed.Check) | Should -Be @($Check)
        $failed[0].Message | Should -Match $Message
        Test-LguestGuest web -Quiet | Should -BeFalse
    }

    It 'finds files that have gone' {
        $gone = Join-Path $TestDrive 'gone.img'
        $goneKernel = Join-Path $TestDrive 'gone-kernel'
        [System.IO.File]::Copy($kernel, $goneKernel)
        [System.IO.File]::WriteAllBytes($gone, [byte[]]::new(1024))
        $guest = New-LguestGuest web -Kernel $goneKernel | Add-LguestBlockDevice $gone
        Remove-Item $gone
        Remove-Item $goneKernel
        @(($guest | Test-LguestGuest | Where-Object { -not $_.Passed }).Check) | Should -Be @('Kernel', 'block')
    }

    It 'finds a kernel that the chosen machine is not for' {
        $stock = Join-Path $TestDrive 'stock'
        $image = [System.IO.File]::ReadAllBytes($kernel)
        $at = [System.Text.Encoding]::Latin1.GetString($image).IndexOf("LGUEST`0")
        if ($at -ge 0) { $image[$at] = [byte][char]'X' }
        [System.IO.File]::WriteAllBytes($stock, $image + [System.Text.Encoding]::ASCII.GetBytes("Linux version 6.1.0 "))
        $null = New-LguestGuest web -Kernel $stock -Platform Lguest
        @((Test-LguestGuest web | Where-Object { -not $_.Passed }).Check) | Should -Be @('Platform')
    }

    It 'looks at a guest that runs, and lets it run' {
        $guest = Start-DemoGuest
        Test-LguestGuest $guest -Quiet | Should -BeTrue
        $guest.State | Should -Be 'Running'
    }

    It 'tells each guest of several' {
        $null = New-LguestGuest a -Kernel $kernel
        $null = New-LguestGuest b -Kernel $disk
        @(Test-LguestGuest * -Quiet) | Should -Be @($true, $false)
    }
}
