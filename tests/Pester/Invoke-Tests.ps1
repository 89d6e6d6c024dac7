# Runs the Pester files against a module, the one that was built unless another is given, and writes 'passed failed skipped' to a file. Started by build.ps1 in a process of its own.
param([string] $Report = '', [string] $Module = (Join-Path (Split-Path (Split-Path $PSScriptRoot -Parent) -Parent) 'out/LguestPS/LguestPS.psd1'), [string[]] $TagFilter = @())

$root = Split-Path (Split-Path $PSScriptRoot -Parent) -Parent
$pester = if ($Host.Name -ne 'LguestPS.Shell') { Get-Module Pester -ListAvailable | Where-Object { $_.Version.Major -ge 5 } | Sort-Object Version -Descending | Select-Object -First 1 }
if ($pester) {
    Import-Module $pester.Path
    Write-Host "Pester files: run by Pester $($pester.Version) in PowerShell $($PSVersionTable.PSVersion)."
}
else {
    if ($Host.Name -ne 'LguestPS.Shell') { . (Join-Path $root 'src/Shell/PesterSubset.ps1') }
    Write-Host "Pester files: Pester 5 is not installed, run by the subset of src/Shell in $($Host.Name)."
}
Import-Module $Module -Force
Write-Host "Module: $Module"
$filter = @{}
if ($TagFilter) { $filter.TagFilter = $TagFilter -split ',' }
$result = Invoke-Pester -Path $PSScriptRoot -Output Detailed -PassThru @filter
Write-Host "Pester files: $($result.PassedCount) passed, $($result.FailedCount) failed, $($result.SkippedCount) skipped."
if ($Report) { Set-Content $Report "$($result.PassedCount) $($result.FailedCount) $($result.SkippedCount)" }
exit [int]($result.FailedCount -gt 0)
