# Runs the Pester files against a module, the one that was built unless another is given, and writes 'passed failed skipped' to a file and, in lines of their own, what failed and why. Started by build.ps1 in a process of its own.
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
# Setting up and taking down can fail where no test does: in Pester's result these are blocks and files of their own.
$failures = @(foreach ($one in @($result.Failed) + @($result.FailedBlocks) + @($result.FailedContainers)) {
        if ($one) { "$(if ($one.ExpandedPath) { $one.ExpandedPath } else { $one.Name }): $("$(@($one.ErrorRecord)[0])" -replace '\s+', ' ')" }
    })
Write-Host "Pester files: $($result.PassedCount) passed, $($failures.Count) failed, $($result.SkippedCount) skipped."
if ($Report) { Set-Content $Report (@("$($result.PassedCount) $($failures.Count) $($result.SkippedCount)") + $failures) }
exit [int]($failures.Count -gt 0)
