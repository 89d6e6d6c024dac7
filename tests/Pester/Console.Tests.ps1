# Consoles: commands with their output and status, keys, transcripts, and the terminal on a console, which script(1) makes here.

$noTerminal = @('script', 'stty').Where({ -not (Get-Command $_ -CommandType Application -ErrorAction Ignore) }).Count -gt 0
if ($noTerminal) { Write-Host 'No terminal is put on a console: there is no script or no stty.' }

BeforeAll {
    $prompt = 'demo> '

    function New-DemoGuest([string] $Name = 'demo') { Get-LguestDemoKernel | New-LguestGuest -Name $Name -MemoryMB 16 }

    function Start-DemoGuest([string] $Name = 'demo') {
        $guest = New-DemoGuest $Name | Start-LguestGuest
        Wait-LguestGuest $guest -Console $prompt -TimeoutSeconds 30 -ErrorAction Stop
        $guest
    }
}

AfterAll { Get-LguestGuest | Remove-LguestGuest -Force }

Describe 'Invoke-LguestCommand' {
    AfterEach { Get-LguestGuest | Remove-LguestGuest -Force }

    It 'boots with the guest, and returns the lines without echo and prompt' {
        $guest = New-DemoGuest | Start-LguestGuest
        $result = Invoke-LguestCommand $guest 'echo over and out' -TimeoutSeconds 30
        $result.Guest | Should -Be $guest
        $result.Command | Should -Be 'echo over and out'
        $result.Output -join '|' | Should -Be 'over and out'
        "$result" | Should -Be 'over and out'
        $result.ExitCode | Should -BeNullOrEmpty
        $result.Duration | Should -BeGreaterThan ([timespan]::Zero)
    }

    It 'takes its prompt, and one that a wait has seen' {
        $guest = Start-DemoGuest
        foreach ($option in @{}, @{ Prompt = 'demo> ' }, @{ Prompt = '^demo> $'; NoStatus = $true }) {
            (Invoke-LguestCommand $guest 'echo again' -TimeoutSeconds 30 @option).Output | Should -Be 'again'
        }
    }

    It 'takes guests and commands in each form: <Form>' -ForEach @(
        @{ Form = 'a guest and commands'; Call = { Invoke-LguestCommand $guest 'echo one', 'echo two' -TimeoutSeconds 30 } }
        @{ Form = 'a name and commands'; Call = { Invoke-LguestCommand de* 'echo one', 'echo two' -TimeoutSeconds 30 } }
        @{ Form = 'a piped guest and commands'; Call = { $guest | Invoke-LguestCommand 'echo one', 'echo two' -TimeoutSeconds 30 } }
        @{ Form = 'a piped guest and -Command'; Call = { $guest | Invoke-LguestCommand -Command 'echo one', 'echo two' -TimeoutSeconds 30 } }
        @{ Form = 'piped commands for a guest'; Call = { 'echo one', 'echo two' | Invoke-LguestCommand $guest -TimeoutSeconds 30 } }
        @{ Form = 'piped commands for a name'; Call = { 'echo one', 'echo two' | Invoke-LguestCommand demo -TimeoutSeconds 30 } }
        @{ Form = 'a name by property'; Call = { [pscustomobject]@{ Name = 'demo' } | Invoke-LguestCommand -Command 'echo one', 'echo two' -TimeoutSeconds 30 } }
    ) {
        $guest = Start-DemoGuest
        @(& $Call).ForEach({ "$_" }) -join ' ' | Should -Be 'one two'
    }

    It 'types a text of several lines line by line where there is no shell' {
        $result = Invoke-LguestCommand (Start-DemoGuest) "echo one`necho two`n" -TimeoutSeconds 30
        $result.Output -join ' ' | Should -Be 'one two'
    }

    It 'works on several guests side by side' {
        1..4 | ForEach-Object { New-DemoGuest "fleet$_" } | Start-LguestGuest | Out-Null
        $results = @(Invoke-LguestCommand 'fleet*' 'sleep 200', 'echo done' -TimeoutSeconds 60)
        $results.Count | Should -Be 8
        $done = @($results | Where-Object { "$_" -eq 'done' } | ForEach-Object { $_.Guest.Name })
        foreach ($name in 'fleet1', 'fleet2', 'fleet3', 'fleet4') { $done | Should -Contain $name }
    }

    It 'leaves the prompt behind it: a wait looks at what comes next' {
        $guest = Start-DemoGuest
        $null = Invoke-LguestCommand $guest 'uptime' -TimeoutSeconds 30
        { Wait-LguestGuest $guest -Console $prompt -TimeoutSeconds 0.2 -ErrorAction Stop } | Should -Throw -ErrorId 'WaitTimedOut,*'
        @(Receive-LguestConsole $guest) -match '^up ' | Should -Not -BeNullOrEmpty
    }

    It 'says what the console said last when a command takes too long, and types no more' {
        $guest = Start-DemoGuest
        $failure = { Invoke-LguestCommand $guest 'user spin', 'echo never' -TimeoutSeconds 1 -ErrorAction Stop } | Should -Throw -ErrorId 'CommandTimedOut,*' -PassThru
        $failure.TargetObject | Should -Be $guest
        $failure.Exception.Message | Should -Match 'user spin'
        Send-LguestConsole $guest -Key Ctrl+C
        (Invoke-LguestCommand $guest 'echo back' -TimeoutSeconds 30).Output | Should -Be 'back'
        $guest.Console.Text | Should -Not -Match 'never'
    }

    It 'says when the guest ends, and when it is off' {
        $guest = Start-DemoGuest
        $failure = { Invoke-LguestCommand $guest 'die panic' -TimeoutSeconds 30 -ErrorAction Stop } | Should -Throw -ErrorId 'GuestEnded,*' -PassThru
        $failure.Exception.Message | Should -Match ([regex]::Escape("$($guest.ExitReason.Message)"))
        { Invoke-LguestCommand $guest 'uptime' -ErrorAction Stop } | Should -Throw -ErrorId 'GuestNotRunning,*'
    }

    It 'takes a guest that powers itself off for one that did what it was told' {
        $guest = Start-DemoGuest
        $results = @(Invoke-LguestCommand $guest 'echo one', 'halt', 'echo never' -TimeoutSeconds 30 -ErrorVariable ended -ErrorAction SilentlyContinue)
        @($results.Command) | Should -Be @('echo one', 'halt')
        $results[1].ExitCode | Should -BeNullOrEmpty
        $guest.ExitReason.Kind | Should -Be 'PowerOff'
        @($ended)[0].FullyQualifiedErrorId | Should -Be 'GuestEnded,LguestPS.Commands.InvokeLguestCommand'   # of what was to come after it
    }

    It 'refuses a prompt that is no pattern, and wants a command' {
        $guest = Start-DemoGuest
        { Invoke-LguestCommand $guest uptime -Prompt '(' } | Should -Throw -ErrorId 'BadPattern,*'
        { Invoke-LguestCommand $guest } | Should -Throw -ErrorId 'ParameterMissing,*'
    }

    It 'types nothing with -WhatIf' {
        $guest = Start-DemoGuest
        Invoke-LguestCommand $guest 'halt' -WhatIf | Should -BeNullOrEmpty
        $guest.State | Should -Be 'Running'
    }
}

Describe 'Send-LguestConsole -Key' {
    AfterEach { Get-LguestGuest | Remove-LguestGuest -Force }

    It 'presses keys after the text' {
        $guest = Start-DemoGuest
        Send-LguestConsole $guest 'echo onex' -Key Backspace, Enter
        Wait-LguestGuest $guest -Console '^one\r?$' -TimeoutSeconds 30 -PassThru | Should -Be $guest
        $guest | Send-LguestConsole -Key Ctrl+C -PassThru | Should -Be $guest
        Wait-LguestGuest $guest -Console '\^C' -TimeoutSeconds 30 -PassThru | Should -Be $guest
    }

    It 'refuses a key that there is none of, and wants text or a key' {
        $guest = Start-DemoGuest
        { Send-LguestConsole $guest -Key Any } | Should -Throw -ErrorId 'NoSuchKey,*'
        { Send-LguestConsole $guest } | Should -Throw -ErrorId 'ParameterMissing,*'
    }
}

Describe 'A transcript' {
    BeforeAll { $transcript = Join-Path $TestDrive 'console.log' }
    AfterEach { Get-LguestGuest | Remove-LguestGuest -Force }

    It 'has byte by byte what the console printed, restarts by the guest included, and begins anew with each run' {
        $guest = New-DemoGuest | Set-LguestGuest -TranscriptPath $transcript -PassThru | Start-LguestGuest
        Wait-LguestGuest $guest -Console $prompt -TimeoutSeconds 30 -ErrorAction Stop
        Send-LguestConsole $guest "echo first run`n"
        Wait-LguestGuest $guest -Console $prompt -TimeoutSeconds 30 -ErrorAction Stop
        Send-LguestConsole $guest "reboot`n"
        Wait-LguestGuest $guest -Console $prompt -TimeoutSeconds 30 -ErrorAction Stop
        Stop-LguestGuest $guest
        $written = [System.IO.File]::ReadAllText($transcript)
        $written | Should -BeExactly $guest.Console.Text
        [regex]::Matches($written, 'first run').Count | Should -Be 2
        [regex]::Matches($written, '(?m)^demo> ').Count | Should -Be 3

        $null = Start-LguestGuest $guest
        (Invoke-LguestCommand $guest 'echo second run' -TimeoutSeconds 30).Output | Should -BeExactly 'second run'
        Stop-LguestGuest $guest
        $written = [System.IO.File]::ReadAllText($transcript)
        $written | Should -BeExactly $guest.Console.Text
        $written | Should -Not -Match 'first run'
    }

    It 'can be read while the guest runs' {
        $log = Join-Path $TestDrive 'live.log'
        $guest = Get-LguestDemoKernel | New-LguestGuest -Name live -MemoryMB 16 -TranscriptPath $log | Start-LguestGuest
        Wait-LguestGuest $guest -Console $prompt -TimeoutSeconds 30 -ErrorAction Stop
        $deadline = [datetime]::UtcNow.AddSeconds(30)
        do { $last = @(Get-Content $log)[-1] } until ($last -eq $prompt -or [datetime]::UtcNow -gt $deadline)
        $last | Should -BeExactly $prompt
    }

    It 'that can not be written keeps the guest from starting: <Why>' -ForEach @(
        @{ Why = 'no such folder'; Path = 'nowhere/console.log'; ErrorId = 'TranscriptFolderNotFound' }
        @{ Why = 'a folder'; Path = '.'; ErrorId = 'TranscriptAccessDenied' }
    ) {
        $guest = Get-LguestDemoKernel | New-LguestGuest -Name mute -MemoryMB 16 -TranscriptPath (Join-Path $TestDrive $Path)
        { Start-LguestGuest $guest } | Should -Throw -ErrorId "$ErrorId,*"
        $guest.State | Should -Be 'Off'
        @((Get-Runspace).Name) | Should -Not -Contain 'mute'
    }

    It 'that can not be written any more is warned of, and the guest goes on' -Skip:(-not (Test-Path /dev/full)) {
        $guest = Get-LguestDemoKernel | New-LguestGuest -Name full -MemoryMB 16 -TranscriptPath /dev/full | Start-LguestGuest
        (Invoke-LguestCommand $guest 'echo still here' -TimeoutSeconds 30).Output | Should -Be 'still here'
        Stop-LguestGuest $guest -WarningVariable warnings -WarningAction SilentlyContinue
        "$warnings" | Should -Match '/dev/full'
    }
}

Describe 'A console''s size' {
    AfterEach { Get-LguestGuest | Remove-LguestGuest -Force }
    It 'is part of the definition' { (Get-LguestDemoKernel | New-LguestGuest -Name sized -ConsoleSize 132x43).ConsoleSize | Should -Be '132x43' }
    It 'refuses what is none' { { Get-LguestDemoKernel | New-LguestGuest -Name sized -ConsoleSize large } | Should -Throw -ErrorId 'BadConsoleSize,*' }
    It 'does not disturb a driver that does not ask for it' {
        $guest = Get-LguestDemoKernel | New-LguestGuest -Name sized -MemoryMB 16 -ConsoleSize 132x43 | Start-LguestGuest
        (Invoke-LguestCommand $guest 'echo as ever' -TimeoutSeconds 30).Output | Should -Be 'as ever'
    }
}

Describe 'Enter-LguestConsole' -Skip:$noTerminal {
    BeforeAll {
        # Whoever runs the tests may ignore the signal (nohup does), and what they start inherits that.
        $launch = 'env --default-signal=HUP ' + $(if ($Host.Name -eq 'LguestPS.Shell') { "dotnet '$([System.Reflection.Assembly]::GetEntryAssembly().Location)'" } else { "'$(Join-Path $PSHOME pwsh)' -NoProfile -File" })

        # Starts a script, with the module and a demo guest, on a terminal of its own; the terminal's settings are told before it and after it.
        function Start-OnTerminal([string] $Script) {
            $path = Join-Path $TestDrive 'on-terminal.ps1'
            Set-Content $path @"
`$ProgressPreference = 'SilentlyContinue'
Import-Module '$((Get-Module LguestPS).Path)'
`$guest = Get-LguestDemoKernel | New-LguestGuest -Name demo -MemoryMB 16 | Start-LguestGuest
Wait-LguestGuest `$guest -Console 'demo> ' -TimeoutSeconds 30 -ErrorAction Stop
$Script
"@
            $start = [System.Diagnostics.ProcessStartInfo]::new('script')
            foreach ($argument in '-qfec', "stty rows 30 cols 100; echo before=`$(stty -g); $launch '$path'; echo after=`$(stty -g)", '/dev/null') { $start.ArgumentList.Add($argument) }
            $start.RedirectStandardInput = $start.RedirectStandardOutput = $true
            @{ Process = [System.Diagnostics.Process]::Start($start); Screen = ''; Buffer = [char[]]::new(4096); Reading = $null }
        }

        # Reads the screen until it shows a text, and returns it up to there.
        function Read-Screen($Terminal, [string] $Text) {
            $deadline = [datetime]::UtcNow.AddSeconds(60)
            while (($at = $Terminal.Screen.IndexOf($Text)) -lt 0) {
                if ([datetime]::UtcNow -gt $deadline) { throw "The screen shows '$($Terminal.Screen)' and not '$Text'." }
                if (-not $Terminal.Reading) { $Terminal.Reading = $Terminal.Process.StandardOutput.ReadAsync($Terminal.Buffer, 0, $Terminal.Buffer.Length) }
                if (-not $Terminal.Reading.Wait(1000)) { continue }
                if ($Terminal.Reading.Result -eq 0) { throw "The terminal was closed; it had shown '$($Terminal.Screen)' and not '$Text'." }
                $Terminal.Screen += [string]::new($Terminal.Buffer, 0, $Terminal.Reading.Result)
                $Terminal.Reading = $null
            }
            $shown = $Terminal.Screen.Substring(0, $at + $Text.Length)
            $Terminal.Screen = $Terminal.Screen.Substring($at + $Text.Length)
            $shown
        }

        function Send-Key($Terminal, [string] $Keys) {
            $Terminal.Process.StandardInput.Write($Keys)
            $Terminal.Process.StandardInput.Flush()
        }

        # The settings before and after, when it is over.
        function Assert-Restored($Terminal, [string] $Settings) {
            $null = Read-Screen $Terminal 'after='
            (Read-Screen $Terminal "`n").Trim() | Should -Be $Settings
        }
    }

    BeforeEach { $terminal = $null }
    AfterEach {
        if (-not $terminal) { return }
        if (-not $terminal.Process.WaitForExit(10000)) { $terminal.Process.Kill($true) }
        $terminal.Process.Dispose()
    }

    It 'passes keys one by one, ^C among them, and Ctrl+] leads back; the terminal is restored' {
        $terminal = Start-OnTerminal 'Enter-LguestConsole demo; "left, $($guest.State)"'
        $null = Read-Screen $terminal 'before='
        $settings = (Read-Screen $terminal "`n").Trim()
        $null = Read-Screen $terminal 'demo> '
        Send-Key $terminal "echo typed by hand`r"
        $null = Read-Screen $terminal "`r`ntyped by hand`r`n"
        $null = Read-Screen $terminal 'demo> '
        Send-Key $terminal "not this`u{3}"
        $null = Read-Screen $terminal '^C'
        Send-Key $terminal "`u{1d}"
        $null = Read-Screen $terminal "Left the console of 'demo'."
        $null = Read-Screen $terminal 'left, Running'
        Assert-Restored $terminal $settings
    }

    It 'is left by three ^C within a second' {
        $terminal = Start-OnTerminal 'Enter-LguestConsole demo; "left, $($guest.State)"'
        $null = Read-Screen $terminal 'before='
        $settings = (Read-Screen $terminal "`n").Trim()
        $null = Read-Screen $terminal 'demo> '
        foreach ($time in 1..2) {
            Send-Key $terminal "`u{3}"
            $null = Read-Screen $terminal '^C'
        }
        Send-Key $terminal "`u{3}"   # the guest's echo of this one may come too late
        $null = Read-Screen $terminal 'left, Running'
        Assert-Restored $terminal $settings
    }

    It 'ends with the guest' {
        $terminal = Start-OnTerminal 'Enter-LguestConsole demo; "left, $($guest.State)"'
        $null = Read-Screen $terminal 'before='
        $settings = (Read-Screen $terminal "`n").Trim()
        $null = Read-Screen $terminal 'demo> '
        Send-Key $terminal "halt`r"
        $null = Read-Screen $terminal 'left, Off'
        Assert-Restored $terminal $settings
    }

    It 'restores the terminal when the process is ended by <Signal>' -ForEach @(@{ Signal = 'TERM' }, @{ Signal = 'HUP' }) {
        $terminal = Start-OnTerminal "`"process `$PID.`"`nEnter-LguestConsole demo"
        $null = Read-Screen $terminal 'before='
        $settings = (Read-Screen $terminal "`n").Trim()
        $null = Read-Screen $terminal 'process '
        $id = (Read-Screen $terminal '.').TrimEnd('.')
        $null = Read-Screen $terminal 'demo> '
        & kill -s $Signal $id
        Assert-Restored $terminal $settings
    }

    It 'wants a terminal, one guest, and a running one' {
        $guest = New-DemoGuest
        { Enter-LguestConsole demo -ErrorAction Stop } | Should -Throw -ErrorId 'GuestNotRunning,*'
        $null = New-DemoGuest two
        { Enter-LguestConsole demo, two } | Should -Throw -ErrorId 'OneConsoleOnly,*'
        $null = Start-LguestGuest $guest
        . (Join-Path $PSScriptRoot 'Child.ps1')
        $said = '' | ForEach-Object { Invoke-Child @'
$guest = Get-LguestDemoKernel | New-LguestGuest -Name piped -MemoryMB 16 | Start-LguestGuest
try { Enter-LguestConsole piped } catch { $_.FullyQualifiedErrorId }
'@ }
        "$said" | Should -Match 'NoTerminal,'
        Get-LguestGuest | Remove-LguestGuest -Force
    }
}
