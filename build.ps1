<#
.SYNOPSIS
Builds, tests and shows LguestPS.
.DESCRIPTION
Runs in PowerShell 7.6 or, where that is not installed, in src/Shell (see build.sh). Tasks run in the order given:
Build  makes the module folder out/LguestPS
Package  Build, then the module as it is installed, out/Package/LguestPS, and the package for the PowerShell Gallery, out/Package/LguestPS.VERSION.nupkg
Test   Package, then the xunit projects and the Pester files; the last lines name what failed and count both
Demo   Build, then boots the demo guest and shows what it says
Bench  Build, then the measurements of bench/
Help   makes the help of en-US from the pages of docs/help: MAML of the cmdlets', with Microsoft.PowerShell.PlatyPS, and text of the topics'
Clean  removes what the others made
.EXAMPLE
./build.ps1 Test
#>
param([Parameter(Position = 0)][string[]] $Task = 'Build', [string[]] $TagFilter = @())

$ErrorActionPreference = 'Stop'
$root = $PSScriptRoot
$out = Join-Path $root 'out'
$module = Join-Path $out 'LguestPS'
$packages = Join-Path $out 'Package'
$results = Join-Path $out 'TestResults'
$inShell = $Host.Name -eq 'LguestPS.Shell'
$done = @{}
$counts = @{ Passed = 0; Failed = 0; Skipped = 0 }
$failures = [System.Collections.Generic.List[string]]::new()
$env:MSBUILDDISABLENODEREUSE = '1'
$env:DOTNET_CLI_TELEMETRY_OPTOUT = '1'

function Invoke-Native([string] $Command, [string[]] $Arguments) {
    & $Command @Arguments
    if ($LASTEXITCODE -ne 0) { throw "$Command $($Arguments -join ' ') ended with exit code $LASTEXITCODE." }
}

# Runs a script in a new process of the host that runs this one, so that it loads the module as it was just built.
function Invoke-Script([string] $Path, [string[]] $Arguments) {
    if ($inShell) { & dotnet ([System.Reflection.Assembly]::GetEntryAssembly().Location) $Path @Arguments }
    else { & (Join-Path $PSHOME 'pwsh') -NoProfile -NonInteractive -File $Path @Arguments }
}

function Invoke-Build {
    $architecture = [System.Runtime.InteropServices.RuntimeInformation]::OSArchitecture.ToString().ToLowerInvariant()
    $project = Join-Path $root 'src/LguestPS/LguestPS.csproj'
    $common = @($project, '--runtime', "linux-$architecture", '-v', 'quiet', '--nologo')

    # Compiled ahead of time the module starts a guest without waiting for the JIT; where the compiler pack can't be had, it is left to the JIT.
    $ready = $false
    if ($architecture -eq 'x64') {
        $null = & dotnet restore @common -p:PublishReadyToRun=true 2>&1
        $ready = $LASTEXITCODE -eq 0
        if (-not $ready) { Write-Host 'The ReadyToRun compiler cannot be restored: the module is built without it.' }
    }
    if (Test-Path $module) { Remove-Item $module -Recurse -Force }
    Invoke-Native dotnet (@('publish') + $common + @('-c', 'Release', '--no-self-contained', '-o', $module, "-p:PublishReadyToRun=$ready"))
    # The cmdlets and their loader lie in the module's folder, all else where only the loader looks (src/Loader).
    $dependencies = (New-Item (Join-Path $module 'dependencies') -ItemType Directory).FullName
    foreach ($assembly in Get-ChildItem $module -Filter *.dll) {
        if ($assembly.BaseName -in 'LguestPS', 'LguestPS.Loader') { continue }
        foreach ($file in Get-ChildItem $module -Filter "$($assembly.BaseName).*") { [System.IO.File]::Move($file.FullName, (Join-Path $dependencies $file.Name)) }
    }

    $manifest = (Get-Content (Join-Path $root 'LguestPS.psd1') -Raw) -replace '(?m)^\s*#.*\n', '' -replace "'out/LguestPS/", "'"
    Set-Content (Join-Path $module 'LguestPS.psd1') $manifest -NoNewline
    $null = New-Item (Join-Path $module 'en-US') -ItemType Directory -Force
    foreach ($help in Get-ChildItem (Join-Path $root 'en-US')) { Copy-Item $help.FullName (Join-Path $module 'en-US') }
    Copy-Item (Join-Path $root 'LICENSE') $module
    Copy-Item (Join-Path $root 'src/Pester') (Join-Path $module 'LguestPS.Pester') -Recurse
    Write-Host "Built $module"
}

function Invoke-Package {
    Invoke-Task Build
    $manifest = Test-ModuleManifest (Join-Path $module 'LguestPS.psd1')
    if (Test-Path $packages) { Remove-Item $packages -Recurse -Force }
    # As Install-PSResource lays a module out. Symbols are for those who build it.
    $script:packaged = Join-Path $packages 'LguestPS' "$($manifest.Version)"
    foreach ($file in Get-ChildItem $module -Recurse) {
        $target = Join-Path $packaged ([System.IO.Path]::GetRelativePath($module, $file.FullName))
        $null = [System.IO.Directory]::CreateDirectory((Split-Path $target -Parent))
        if (-not $file.PSIsContainer -and $file.Extension -ne '.pdb') { Copy-Item $file.FullName $target }
    }

    # Compress-PSResource does the same: a nuspec from the manifest, packed by the SDK.
    $data = $manifest.PrivateData.PSData
    $tags = $data.Tags + 'PSModule' + 'PSIncludes_Cmdlet' + ($manifest.ExportedCmdlets.Keys | ForEach-Object { "PSCmdlet_$_"; "PSCommand_$_" })
    $fields = [ordered]@{
        id = $manifest.Name; version = "$($manifest.Version)"; authors = $manifest.Author; owners = $manifest.CompanyName; requireLicenseAcceptance = 'false'
        licenseUrl = $data.LicenseUri; description = $manifest.Description; copyright = $manifest.Copyright; tags = $tags -join ' '
    }
    $elements = foreach ($name in $fields.Keys) { "    <$name>$([System.Security.SecurityElement]::Escape($fields[$name]))</$name>" }
    $nuspec = Join-Path $packages 'LguestPS.nuspec'
    Set-Content $nuspec "<?xml version=`"1.0`"?>`n<package xmlns=`"http://schemas.microsoft.com/packaging/2013/05/nuspec.xsd`">`n  <metadata>`n$($elements -join "`n")`n  </metadata>`n</package>"
    Invoke-Native dotnet @('pack', (Join-Path $root 'src/Loader/LguestPS.Loader.csproj'), '--no-build', '--no-restore', '-v', 'quiet', '--nologo', '-o', $packages,
        "-p:NuspecFile=$nuspec", "-p:NuspecBasePath=$packaged", '-p:NoPackageAnalysis=true')
    Remove-Item $nuspec
    Write-Host "Made $packaged and LguestPS.$($manifest.Version).nupkg beside it"
}

function Invoke-Test {
    Invoke-Task Package
    if (Test-Path $results) { Remove-Item $results -Recurse -Force }
    $null = New-Item $results -ItemType Directory -Force
    foreach ($project in Get-ChildItem (Join-Path $root 'tests') -Filter *.csproj -Recurse) {
        $report = "$($project.BaseName).trx"
        & dotnet test $project.FullName -c Release -v quiet --nologo --results-directory $results --logger "trx;LogFileName=$report"
        $ended = $LASTEXITCODE
        if (-not (Test-Path (Join-Path $results $report))) { throw "$($project.Name) could not be run." }
        $run = ([xml](Get-Content (Join-Path $results $report) -Raw)).TestRun
        $counters = $run.ResultSummary.Counters
        $failed = [int]$counters.failed + [int]$counters.error + [int]$counters.aborted
        # A test process that dies leaves a report of the tests before that, none of which need have failed.
        if ($ended -ne 0 -and $failed -eq 0) { throw "$($project.Name) did not come to its end." }
        foreach ($test in @($run.Results.UnitTestResult | Where-Object outcome -In 'Failed', 'Error', 'Aborted')) {
            $failures.Add("$($test.testName): $("$($test.Output.ErrorInfo.Message)" -replace '\s+', ' ')")
        }
        Add-Count $counters.passed $failed ([int]$counters.total - [int]$counters.executed)
    }
    $report = Join-Path $results 'Pester.txt'
    Invoke-Script (Join-Path $root 'tests/Pester/Invoke-Tests.ps1') (@('-Report', $report, '-Module', (Join-Path $packaged 'LguestPS.psd1')) + $(if ($TagFilter) { '-TagFilter', ($TagFilter -join ',') }))
    if (-not (Test-Path $report)) { throw 'The Pester tests did not come to their end.' }
    $lines = @(Get-Content $report)
    $passed, $failed, $skipped = $lines[0] -split ' '
    for ($i = 1; $i -lt $lines.Count; $i++) { $failures.Add($lines[$i]) }
    Add-Count $passed $failed $skipped
}

function Add-Count([int] $Passed, [int] $Failed, [int] $Skipped) {
    $counts.Passed += $Passed
    $counts.Failed += $Failed
    $counts.Skipped += $Skipped
}

function Invoke-Demo {
    Invoke-Task Build
    Invoke-Script (Join-Path $root 'examples/Demo.ps1') @()
    if ($LASTEXITCODE -ne 0) { throw 'The demo failed.' }
}

function Invoke-Bench {
    Invoke-Task Build
    $table = Join-Path $out 'bench.tsv'
    if (Test-Path $table) { Remove-Item $table }
    foreach ($script in Get-ChildItem (Join-Path $root 'bench') -Filter *.ps1 | Where-Object Name -NE 'Measure.ps1') {
        Invoke-Script $script.FullName @('-Results', $table)
        if ($LASTEXITCODE -ne 0) { throw "$($script.Name) failed." }
    }
    Write-Host "`
$('{0,-60} {1,10} {2,10}  {3}' -f 'What', 'Goal', 'Reached', 'Met')"
    foreach ($line in @(if (Test-Path $table) { Get-Content $table })) { Write-Host ('{0,-60} {1,10} {2,10}  {3}' -f ($line -split "`	")) }
}

function Invoke-Help {
    if ($inShell -or -not (Get-Module Microsoft.PowerShell.PlatyPS -ListAvailable)) { throw 'The task Help needs PowerShell and the module Microsoft.PowerShell.PlatyPS.' }
    Import-Module Microsoft.PowerShell.PlatyPS
    $scratch = Join-Path $out 'Help'
    $pages = Import-MarkdownCommandHelp -Path (Join-Path $root 'docs/help/*-Lguest*.md')
    $null = Export-MamlCommandHelp -CommandHelp $pages -OutputFolder $scratch -Force
    . (Join-Path $root 'src/Help/Repair-MamlHelp.ps1')
    Repair-MamlHelp (Join-Path $scratch 'LguestPS/LguestPS.dll-Help.xml') $pages
    Copy-Item (Join-Path $scratch 'LguestPS/LguestPS.dll-Help.xml') (Join-Path $root 'en-US') -Force
    . (Join-Path $root 'src/Help/ConvertTo-AboutText.ps1')
    $topics = Get-ChildItem (Join-Path $root 'docs/help') -Filter about_*.md
    foreach ($topic in $topics) { Set-Content (Join-Path $root 'en-US' "$($topic.BaseName).help.txt") (ConvertTo-AboutText (Get-Content $topic.FullName -Raw)) -NoNewline }
    Write-Host "Wrote en-US/LguestPS.dll-Help.xml from $($pages.Count) pages, and $($topics.Count) topics"
}

function Invoke-Clean {
    foreach ($folder in $module, $packages, $results, (Join-Path $out 'Help')) { if (Test-Path $folder) { Remove-Item $folder -Recurse -Force } }
    Invoke-Native dotnet @('clean', (Join-Path $root 'LguestPS.slnx'), '-v', 'quiet', '--nologo')
}

function Invoke-Task([string] $Name) {
    if ($done[$Name]) { return }
    $done[$Name] = $true
    & "Invoke-$Name"
}

try {
    Write-Host $(if ($inShell) { "Running in src/Shell, System.Management.Automation $([psobject].Assembly.GetName().Version): PowerShell is not installed." } else { "Running in PowerShell $($PSVersionTable.PSVersion)." })
    foreach ($name in $Task -split ',') {
        if ($name -notin 'Build', 'Package', 'Test', 'Demo', 'Bench', 'Help', 'Clean') { throw "There is no task '$name'." }
        Invoke-Task $name
    }
}
catch {
    Write-Host "$_"
    Write-Host $_.ScriptStackTrace
    exit 1
}
foreach ($failure in $failures) { Write-Host "Failed: $failure" }
if ($done.Test) { Write-Host "$($counts.Passed) passed, $($counts.Failed) failed, $($counts.Skipped) skipped" }
exit [int]($counts.Failed -gt 0)
