# Help and cmdlets say the same: each cmdlet has a page in docs/help and an entry in the MAML file made from it, with its parameters and examples that run.

$root = Split-Path (Split-Path $PSScriptRoot -Parent) -Parent
$commands = foreach ($command in Get-Command -Module LguestPS) {
    $page = Join-Path $root 'docs/help' "$($command.Name).md"
    @{ Name = $command.Name; Page = $page }
}
$examples = foreach ($command in $commands) {
    if (-not (Test-Path $command.Page)) { continue }
    $number = 0
    foreach ($match in [regex]::Matches((Get-Content $command.Page -Raw), '(?s)```powershell\n(.*?)```')) {
        @{ Name = $command.Name; Number = ++$number; Code = $match.Groups[1].Value }
    }
}

Describe 'Help' {
    BeforeAll {
        $root = Split-Path (Split-Path $PSScriptRoot -Parent) -Parent
        $common = [System.Management.Automation.PSCmdlet]::CommonParameters
    }

    It 'has a page for each cmdlet and none besides' {
        $pages = @(Get-ChildItem (Join-Path $root 'docs/help') -Filter '*-*.md' | ForEach-Object BaseName)
        ($pages -join ' ') | Should -Be (@(Get-Command -Module LguestPS | ForEach-Object Name) -join ' ')
    }

    It 'has the synopsis and the examples of the page: <Name>' -ForEach $commands {
        $text = Get-Content $Page -Raw
        $help = Get-Help $Name -Full
        $help.Synopsis.Trim() | Should -Be ([regex]::Match($text, '## SYNOPSIS\n\n(.*)').Groups[1].Value)
        @($help.examples.example).Count | Should -Be ([regex]::Matches($text, '### Example ').Count)
        @($help.examples.example).Count | Should -BeGreaterThan 0
    }

    It 'has the parameters of the cmdlet: <Name>' -ForEach $commands {
        $declared = (Get-Command $Name).Parameters.Keys.Where({ $_ -notin $common }) | ForEach-Object { $_ }
        $onPage = [regex]::Matches((Get-Content $Page -Raw), '(?m)^### -(\w+)$').ForEach({ $_.Groups[1].Value })
        $inHelp = @((Get-Help $Name -Full).parameters.parameter | ForEach-Object { $_.name })
        foreach ($parameter in $declared) {
            $onPage | Should -Contain $parameter
            $inHelp | Should -Contain $parameter
        }
        @($onPage).Count | Should -Be @($declared).Count
    }
}

Describe 'Examples' {
    AfterEach { Get-Job | Remove-Job -Force; Get-LguestGuest | Remove-LguestGuest -Force }

    # One wants a terminal, the other a package of Debian's: StockKernel.Tests.ps1 goes the way that its examples show.
    It '<Number> of <Name> runs' -ForEach ($examples | Where-Object { $_.Name -notin 'Enter-LguestConsole', 'Import-LguestKernel' }) {
        { & ([scriptblock]::Create('$ErrorActionPreference = "Stop"; ' + $Code)) } | Should -Not -Throw
    }
}
