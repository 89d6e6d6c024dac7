# The course of a guest's run: what happened when, how much was done, and pictures of it.

BeforeAll {
    $prompt = 'demo> '
    function Start-Demo([string] $Name = 'timed') {
        $guest = Get-LguestDemoKernel | New-LguestGuest -Name $Name -MemoryMB 16 -OnViolation Ignore | Add-LguestRng | Start-LguestGuest
        Wait-LguestGuest $guest -Console $prompt -TimeoutSeconds 60 -ErrorAction Stop
        $guest
    }
    function Invoke-Demo($Guest, [string] $Command) {
        Send-LguestConsole $Guest "$Command`n"
        Wait-LguestGuest $Guest -Console $prompt -TimeoutSeconds 60 -ErrorAction Stop
    }
}

Describe 'Get-LguestTimeline' {
    AfterEach { Get-LguestGuest | Remove-LguestGuest -Force }

    It 'tells states and lines in order, with their times and what was done until the next' {
        $guest = Start-Demo
        Invoke-Demo $guest 'echo counted'
        Stop-LguestGuest $guest
        $marks = Get-LguestTimeline $guest
        $marks[0].Kind | Should -Be 'State'
        $marks[0].Text | Should -Be 'Starting'
        ($marks.Where({ $_.Kind -eq 'State' }).Text) -join ' ' | Should -Be 'Starting Running Stopping Off'
        $lines = @($marks.Where({ $_.Kind -eq 'Console' }).Text)
        $lines[0] | Should -Be 'LguestPS demo guest'
        $lines | Should -Contain 'counted'
        $lines | Should -Contain 'demo> echo counted'
        $lines[-1] | Should -Be 'demo>'
        for ($i = 1; $i -lt $marks.Count; $i++) { ($marks[$i - 1].Time + $marks[$i - 1].Duration) | Should -Be $marks[$i].Time }
        $sum = 0
        foreach ($mark in $marks) { $sum += $mark.Instructions }
        $sum | Should -Be $guest.Instructions
    }

    It 'tells broken rules and restarts' {
        $guest = Start-Demo
        Invoke-Demo $guest 'violate 42'
        Invoke-Demo $guest 'reboot'
        $marks = Get-LguestTimeline $guest
        @($marks.Where({ $_.Kind -eq 'Violation' }).Text) -join ' ' | Should -Be 'rng: bad driver: Unexpected write to isr'
        @($marks.Where({ $_.Kind -eq 'Restart' })).Count | Should -Be 1
    }

    It 'tells rates in pieces that follow each other, and add up' {
        $guest = Start-Demo
        Invoke-Demo $guest 'rng 16'
        Stop-LguestGuest $guest
        $samples = @(Get-LguestTimeline $guest -Sample)
        $sum = 0
        foreach ($sample in $samples) {
            $sum += $sample.Instructions
            $sample.Duration | Should -BeGreaterThan ([timespan]::Zero)
        }
        # The last piece may be too short to be told.
        $sum | Should -BeGreaterThan 10000
        $sum | Should -BeLessOrEqual $guest.Instructions
        for ($i = 1; $i -lt $samples.Count; $i++) { ($samples[$i - 1].Time + $samples[$i - 1].Duration) | Should -Be $samples[$i].Time }
        $samples[0].Devices.Kind -join ' ' | Should -Be 'console rng'
    }

    It 'begins anew with each run, and knows all guests' {
        $guest = Start-Demo one
        $null = Start-Demo two
        Invoke-Demo $guest 'echo first'
        Restart-LguestGuest $guest -Force
        Wait-LguestGuest $guest -Console $prompt -TimeoutSeconds 60 -ErrorAction Stop
        @((Get-LguestTimeline $guest).Text) | Should -Not -Contain 'first'
        $names = foreach ($mark in Get-LguestTimeline) { $mark.GuestName }
        $names | Should -Contain 'one'
        $names | Should -Contain 'two'
    }

    It 'says that a guest was never started' {
        $null = Get-LguestDemoKernel | New-LguestGuest -Name never
        { Get-LguestTimeline never -ErrorAction Stop } | Should -Throw -ErrorId 'GuestNeverStarted,*'
        { Export-LguestTimeline never (Join-Path $TestDrive 'never.svg') -ErrorAction Stop } | Should -Throw -ErrorId 'GuestNeverStarted,*'
    }
}

Describe 'Export-LguestTimeline' {
    AfterEach { Get-LguestGuest | Remove-LguestGuest -Force }

    It 'draws an SVG with lines and axes' {
        $guest = Start-Demo
        # What the host sees on the console is counted as moved when its request is done: by the next line it is.
        Invoke-Demo $guest 'echo first'
        $path = Join-Path $TestDrive 'boot.svg'
        Export-LguestTimeline $guest $path | Should -BeNullOrEmpty
        $svg = [xml] (Get-Content $path -Raw)
        $svg.DocumentElement.LocalName | Should -Be 'svg'
        $text = $svg.DocumentElement.InnerText
        $text | Should -Match 'LguestPS demo guest'
        $text | Should -Match 'instructions a second'
        $text | Should -Match 'console in slot 1'
    }

    It 'writes a page that needs nothing else, with all lines' {
        $guest = Start-Demo
        Invoke-Demo $guest 'echo <b>&amp;</b>'
        $file = Export-LguestTimeline $guest (Join-Path $TestDrive 'boot.html') -PassThru
        $file.Length | Should -BeGreaterThan 1000
        $page = Get-Content $file.FullName -Raw
        $page | Should -Match '^<!DOCTYPE html>'
        $page | Should -Match '<svg'
        $page | Should -Match ([regex]::Escape('echo &lt;b&gt;&amp;amp;&lt;/b&gt;'))
        $page | Should -Not -Match '(src|href)\s*='
    }

    It 'leaves a file alone with -NoClobber and -WhatIf' {
        $guest = Start-Demo
        $path = Join-Path $TestDrive 'kept.svg'
        Set-Content $path 'mine'
        { Export-LguestTimeline $guest $path -NoClobber } | Should -Throw -ErrorId 'TimelineExists,*'
        Export-LguestTimeline $guest $path -WhatIf
        (Get-Content $path -Raw).Trim() | Should -Be 'mine'
    }

    It 'refuses <Why>' -ForEach @(
        @{ Why = 'a name that says no format'; Path = 'boot.gif'; Id = 'UnknownPictureFormat' }
        @{ Why = 'a folder that is not there'; Path = 'nowhere/boot.svg'; Id = 'TimelineNotWritable' }
    ) {
        $guest = Start-Demo
        { Export-LguestTimeline $guest (Join-Path $TestDrive $Path) } | Should -Throw -ErrorId "$Id,*"
    }

    It 'draws one guest in a file' {
        $null = Start-Demo one
        $null = Start-Demo two
        { Get-LguestGuest | Export-LguestTimeline -Path (Join-Path $TestDrive 'both.svg') } | Should -Throw -ErrorId 'OneTimelineOnly,*'
        Get-LguestGuest two | Export-LguestTimeline -Path (Join-Path $TestDrive 'two.svg')
        (Get-Content (Join-Path $TestDrive 'two.svg') -Raw) | Should -Match 'two: '
        Get-LguestGuest one | Export-LguestTimeline (Join-Path $TestDrive 'one.svg')
        (Get-Content (Join-Path $TestDrive 'one.svg') -Raw) | Should -Match 'one: '
        { Get-LguestGuest one | Export-LguestTimeline } | Should -Throw -ErrorId 'ParameterMissing,*'
    }
}
