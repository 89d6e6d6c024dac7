# Help and cmdlets say the same: each cmdlet has a page in docs/help and an entry in the MAML file made from it, with its parameters.
# Every example of the pages, the topics and the README runs. Each one runs by itself, errors ending it, in a folder with
#   ./vmlinux    the demo kernel, which stands for a Linux: the prompt of a Linux's shell, '/ # ', is taken for the demo kernel's
#   ./root.img   ./disk.img    disks of 64 KB        ./initrd.gz    an initial RAM disk
# The module is the one under test, and not imported again from the source tree. Examples of tests are run by Pester. What can't be run is named in $notRun, with the reason.

$root = Split-Path (Split-Path $PSScriptRoot -Parent) -Parent
$notRun = @{
    'Enter-LguestConsole' = 'wants a terminal'
    'Import-LguestKernel' = 'wants a package of Debian''s: StockKernel.Tests.ps1 goes the way of its examples'
    'README: Debian'      = 'wants packages of Debian''s: StockKernel.Tests.ps1 goes the same way'
    'README: network'     = 'makes a network interface, as Linux.Tests.ps1 does in a network namespace'
}
$commands = foreach ($command in Get-Command -Module LguestPS -CommandType Cmdlet) {
    @{ Name = $command.Name; Page = Join-Path $root 'docs/help' "$($command.Name).md" }
}
$topics = foreach ($topic in Get-ChildItem (Join-Path $root 'docs/help') -Filter about_*.md) { @{ Name = $topic.BaseName; Page = $topic.FullName } }
$examples = foreach ($page in @($commands) + @($topics) + @{ Name = 'README'; Page = Join-Path $root 'README.md' }) {
    if (-not (Test-Path $page.Page)) { continue }
    $number = 0
    foreach ($match in [regex]::Matches((Get-Content $page.Page -Raw), '(?s)```powershell\n(.*?)```')) {
        $code = $match.Groups[1].Value
        $kind = if ($page.Name -ne 'README') { $page.Name } elseif ($code -match 'Import-LguestKernel') { 'README: Debian' } elseif ($code -match 'TunNet') { 'README: network' }
        @{ Name = $page.Name; Number = ++$number; Code = $code; NotRun = if ($kind) { $notRun[$kind] } }
    }
}

Describe 'Help' {
    BeforeAll {
        $root = Split-Path (Split-Path $PSScriptRoot -Parent) -Parent
        $common = [System.Management.Automation.PSCmdlet]::CommonParameters + [System.Management.Automation.PSCmdlet]::OptionalCommonParameters
        . (Join-Path $root 'src/Help/ConvertTo-AboutText.ps1')

        # What a parameter is when nothing is said, as pages tell it: nothing of text without characters, of zeros and of empty lists.
        function Get-DefaultText([System.Management.Automation.CommandInfo] $Command, [string] $Parameter) {
            $value = [System.Activator]::CreateInstance($Command.ImplementingType).$Parameter
            if ($value -is [System.Collections.IDictionary] -or ($value -is [int] -and $value -eq 0)) { '' } else { $value -join ', ' }
        }

        # The sections of a page that tell of parameters: name and YAML.
        function Get-PageParameter([string] $Page) {
            foreach ($match in [regex]::Matches((Get-Content $Page -Raw), '(?ms)^### -(\w+)\n.*?^```yaml\n(.*?)^```')) { @{ Name = $match.Groups[1].Value; Yaml = $match.Groups[2].Value } }
        }
    }

    It 'has a page for each cmdlet and none besides' {
        $pages = @(Get-ChildItem (Join-Path $root 'docs/help') -Filter '*-*.md' | ForEach-Object BaseName)
        ($pages -join ' ') | Should -Be (@(Get-Command -Module LguestPS -CommandType Cmdlet | ForEach-Object Name) -join ' ')
    }

    It 'is of all cmdlets that there are: the manifest exports each' {
        $classes = (Get-Command Get-LguestGuest).ImplementingType.Assembly.GetExportedTypes().ForEach({ [System.Attribute]::GetCustomAttribute($_, [System.Management.Automation.CmdletAttribute]) }).Where({ $_ })
        foreach ($class in $classes) { (Get-Module LguestPS).ExportedCmdlets.Keys | Should -Contain "$($class.VerbName)-$($class.NounName)" }
        $classes.Count | Should -Be (Get-Module LguestPS).ExportedCmdlets.Count
    }

    It 'has the synopsis and the examples of the page: <Name>' -ForEach $commands {
        $Page | Should -Exist
        $text = Get-Content $Page -Raw
        $help = Get-Help $Name -Full
        $help.Synopsis.Trim() | Should -Be ([regex]::Match($text, '## SYNOPSIS\n\n(.*)').Groups[1].Value)
        @($help.examples.example).Count | Should -Be ([regex]::Matches($text, '### Example ').Count)
        @($help.examples.example).Count | Should -BeGreaterThan 0
    }

    It 'has the parameters of the cmdlet: <Name>' -ForEach $commands {
        $Page | Should -Exist
        $declared = (Get-Command $Name).Parameters.Keys.Where({ $_ -notin [System.Management.Automation.PSCmdlet]::CommonParameters }) | ForEach-Object { $_ }
        $onPage = [regex]::Matches((Get-Content $Page -Raw), '(?m)^### -(\w+)$').ForEach({ $_.Groups[1].Value })
        $inHelp = @((Get-Help $Name -Full).parameters.parameter | ForEach-Object { $_.name })
        foreach ($parameter in $declared) {
            $onPage | Should -Contain $parameter
            $inHelp | Should -Contain $parameter
        }
        @($onPage).Count | Should -Be @($declared).Count
    }

    It 'says of the parameters what the cmdlet declares: <Name>' -ForEach $commands {
        $Page | Should -Exist
        $command = Get-Command $Name
        foreach ($described in Get-PageParameter $Page) {
            $parameter = $command.Parameters[$described.Name]
            if ($parameter.Name -in $common) { continue }
            $where = "$Name -$($described.Name)"
            [regex]::Match($described.Yaml, '(?m)^Type: (\S+)').Groups[1].Value | Should -Be $parameter.ParameterType.ToString() -Because $where
            $aliases = [regex]::Match($described.Yaml, '(?m)^Aliases:\s*((?:\n?- .+)*)').Groups[1].Value -split '\n' -replace '^- ' | Where-Object { $_ }
            (@($aliases) -join ' ') | Should -Be ($parameter.Aliases -join ' ') -Because $where
            $wildcards = [bool] $parameter.Attributes.Where({ $_ -is [System.Management.Automation.SupportsWildcardsAttribute] }).Count
            [regex]::Match($described.Yaml, '(?m)^SupportsWildcards: (\S+)').Groups[1].Value | Should -Be "$wildcards" -Because $where
            $default = [regex]::Match($described.Yaml, "(?m)^DefaultValue: '(.*)'").Groups[1].Value.Replace("''", "'")
            $default | Should -Be (Get-DefaultText $command $parameter.Name) -Because $where
            $sets = [regex]::Matches($described.Yaml, '(?m)^- Name: (\S+)\n  Position: (\S+)\n  IsRequired: (\S+)\n  ValueFromPipeline: (\S+)\n  ValueFromPipelineByPropertyName: (\S+)')
            $sets.Count | Should -Be $parameter.ParameterSets.Count -Because $where
            foreach ($set in $sets) {
                $key = $set.Groups[1].Value -replace '^\(All\)$', '__AllParameterSets'
                $parameter.ParameterSets.Keys | Should -Contain $key -Because $where
                $declared = $parameter.ParameterSets[$key]
                $position = if ($declared.Position -eq [int]::MinValue) { 'Named' } else { "$($declared.Position)" }
                (2..5).ForEach({ $set.Groups[$_].Value }) -join ' ' |
                    Should -Be "$position $($declared.IsMandatory) $($declared.ValueFromPipeline) $($declared.ValueFromPipelineByPropertyName)" -Because "$where, set $key"
            }
        }
    }

    It 'shows code as code, names as names and defaults: <Name>' -ForEach $commands {
        $help = Get-Help $Name -Full
        $onPage = [regex]::Matches((Get-Content $Page -Raw), '(?s)### Example .*?```powershell\n(.*?)\n```')
        @($help.examples.example).ForEach({ $_.code }) -join "`n" | Should -Be ($onPage.ForEach({ $_.Groups[1].Value }) -join "`n")
        foreach ($parameter in $help.parameters.parameter) {
            $parameter.type.name | Should -Not -Match 'Nullable'
            "$($parameter.defaultValue)".Trim() | Should -Be ([regex]::Match((Get-PageParameter $Page).Where({ $_.Name -eq $parameter.name }).Yaml, "(?m)^DefaultValue: '(.*)'").Groups[1].Value.Replace("''", "'").Trim())
        }
        foreach ($link in $help.relatedLinks.navigationLink) { "$($link.linkText)$($link.uri)" | Should -Match '^[A-Z][a-z]+-Lguest\w+$|^about_\w+$|https://' }
    }

    It 'has the text of the topic: <Name>' -ForEach $topics {
        Get-Content (Join-Path $root 'en-US' "$Name.help.txt") -Raw | Should -Be (ConvertTo-AboutText (Get-Content $Page -Raw))
        Get-Content (Join-Path (Get-Module LguestPS).ModuleBase 'en-US' "$Name.help.txt") -Raw | Should -Match "TOPIC\n    $Name\n"
    }
}

Describe 'Examples' {
    BeforeAll {
        . (Join-Path $PSScriptRoot 'Child.ps1')
        $module = (Get-Module LguestPS).Path
        $null = New-Item (Join-Path $TestDrive 'examples') -ItemType Directory
        Push-Location (Join-Path $TestDrive 'examples')
        Copy-Item (Get-LguestDemoKernel).Kernel (Join-Path $TestDrive 'examples/vmlinux')
        foreach ($disk in 'root.img', 'disk.img') { [System.IO.File]::WriteAllBytes((Join-Path $TestDrive 'examples' $disk), [byte[]]::new(64KB)) }
        $null = New-LguestInitrd ./initrd.gz -File @{ 'init' = './vmlinux' }
    }
    AfterAll { Pop-Location }
    AfterEach { Get-Job | Remove-Job -Force; Get-LguestGuest | Remove-LguestGuest -Force }

    It '<Number> of <Name> runs' -ForEach $examples {
        if ($NotRun) { Set-ItResult -Skipped -Because $NotRun }
        $inShell = $Host.Name -eq 'LguestPS.Shell'
        if (-not (Get-Module Pester) -and $Code -match 'LguestPS\.Pester') { Set-ItResult -Skipped -Because 'it wants Pester' }
        $script = "`$ErrorActionPreference = 'Stop'`n" + ($Code -replace "'/ # '", "'demo> '" -replace '(?m)^Import-Module \./LguestPS\.psd1$')
        if ($Code -match "(?m)^Describe '") {
            Set-Content (Join-Path $TestDrive 'examples/example.Tests.ps1') ($Code -replace "'/ # '", "'demo> '")
            $said = Invoke-Child "Set-Location '$(Join-Path $TestDrive 'examples')'; `$run = Invoke-Pester ./example.Tests.ps1 -PassThru; `"`$(`$run.TotalCount - `$run.PassedCount) of `$(`$run.TotalCount) did not pass`""
            $said[-1] | Should -Match '^0 of [1-9]\d* did not pass$'
        }
        elseif ($inShell) {
            try { $null = & ([scriptblock]::Create($script)) }
            catch [System.Management.Automation.CommandNotFoundException] { Set-ItResult -Skipped -Because "src/Shell has no $($_.TargetObject)" }
        }
        else { { & ([scriptblock]::Create($script)) } | Should -Not -Throw }
    }
}

Describe 'The first session' -Skip:(-not (Get-Command Out-String -ErrorAction Ignore)) {
    BeforeAll {
        . (Join-Path $PSScriptRoot 'Child.ps1')
        $root = Split-Path (Split-Path $PSScriptRoot -Parent) -Parent

        # Times, counts and the widths of columns that hold them are those of a machine and a day.
        function Get-Shape([string] $Page) { (Get-Content $Page -Raw) -replace '[\d:.]+', '0' -replace '[ -]+', ' ' }
    }

    It 'is what happens' {
        $page = Join-Path $TestDrive 'first-session.md'
        $null = Invoke-Child "& '$(Join-Path $root 'examples/FirstSession.ps1')' -Path '$page'"
        Get-Shape $page | Should -Be (Get-Shape (Join-Path $root 'docs/first-session.md'))
    }
}
