# PSScriptAnalyzer has nothing to say: of the module by its default rules, of the repository's other scripts by PSScriptAnalyzerSettings.psd1.

$root = Split-Path (Split-Path $PSScriptRoot -Parent) -Parent
$analyzer = if ($Host.Name -ne 'LguestPS.Shell') { Get-Module PSScriptAnalyzer -ListAvailable }
$ofModule = Get-ChildItem (Get-Module LguestPS).ModuleBase -Recurse | Where-Object Extension -In '.ps1', '.psm1', '.psd1'
# The stand-ins of src/Shell are named after the cmdlets that they stand in for.
$scripts = @(Get-Item (Join-Path $root 'build.ps1')) + @('bench', 'examples', 'tests/Pester', 'src/Help' | ForEach-Object { Get-ChildItem (Join-Path $root $_) -Filter *.ps1 -Recurse })
$cases = @($ofModule | ForEach-Object { @{ Name = "the module's $($_.Name)"; File = $_.FullName; Rules = @{} } }) +
    @($scripts | ForEach-Object { @{ Name = $_.Name; File = $_.FullName; Rules = @{ Settings = Join-Path $root 'PSScriptAnalyzerSettings.psd1' } } })

Describe 'PSScriptAnalyzer' -Skip:(-not $analyzer) {
    It 'has nothing to say of <Name>' -ForEach $cases {
        @(Invoke-ScriptAnalyzer -Path $File @Rules | ForEach-Object { "$($_.RuleName), line $($_.Line): $($_.Message)" }) -join "`n" | Should -BeNullOrEmpty
    }
}
