# The part of Pester 5 that this project's tests use, for machines without Pester: the same keywords with the same meaning, so that the test
# files run unchanged under both. As in Pester a file is run twice: once to find its blocks and tests, then to run them.
# The file must be dot-sourced into the session state in which the tests' script blocks are made: blocks are dot-sourced into the scope of the
# function that runs them, so that what BeforeAll sets is seen in the tests.

$global:PesterSubset = @{ Block = $null; Skipped = $null }

function Describe {
    param([Parameter(Mandatory, Position = 0)][string] $Name, [Parameter(Position = 1)][scriptblock] $Fixture,
        [string[]] $Tag = @(), [switch] $Skip, [object[]] $ForEach)
    Add-PesterItem -Kind Block -Name $Name -Body $Fixture -Tag $Tag -Skip:$Skip -Cases $(if ($PSBoundParameters.ContainsKey('ForEach')) { , $ForEach })
}

function Context {
    param([Parameter(Mandatory, Position = 0)][string] $Name, [Parameter(Position = 1)][scriptblock] $Fixture,
        [string[]] $Tag = @(), [switch] $Skip, [object[]] $ForEach)
    Add-PesterItem -Kind Block -Name $Name -Body $Fixture -Tag $Tag -Skip:$Skip -Cases $(if ($PSBoundParameters.ContainsKey('ForEach')) { , $ForEach })
}

function It {
    param([Parameter(Mandatory, Position = 0)][string] $Name, [Parameter(Position = 1)][scriptblock] $Test,
        [string[]] $Tag = @(), [switch] $Skip, [Alias('TestCases')][object[]] $ForEach)
    Add-PesterItem -Kind Test -Name $Name -Body $Test -Tag $Tag -Skip:$Skip -Cases $(if ($PSBoundParameters.ContainsKey('ForEach')) { , $ForEach })
}

function BeforeAll { param([Parameter(Mandatory, Position = 0)][scriptblock] $ScriptBlock) $PesterSubset.Block.BeforeAll = @($ScriptBlock) }
function AfterAll { param([Parameter(Mandatory, Position = 0)][scriptblock] $ScriptBlock) $PesterSubset.Block.AfterAll = @($ScriptBlock) }
function BeforeEach { param([Parameter(Mandatory, Position = 0)][scriptblock] $ScriptBlock) Assert-PesterBlock; $PesterSubset.Block.BeforeEach = @($ScriptBlock) }
function AfterEach { param([Parameter(Mandatory, Position = 0)][scriptblock] $ScriptBlock) Assert-PesterBlock; $PesterSubset.Block.AfterEach = @($ScriptBlock) }

function Assert-PesterBlock { if (-not $PesterSubset.Block.Parent) { throw 'BeforeEach and AfterEach belong into a block.' } }

function New-PesterItem($Kind, $Name, $Body, $Tag, $Skip, $Data) {
    @{ Kind = $Kind; Name = $Name; Body = $Body; Tag = $Tag; Skip = $Skip; Data = $Data; Items = [System.Collections.Generic.List[object]]::new(); Parent = $PesterSubset.Block
        BeforeAll = @(); AfterAll = @(); BeforeEach = @(); AfterEach = @() }
}

# Enters a block or test into the block that is being found, once for each case.
function Add-PesterItem {
    param($Kind, $Name, $Body, $Tag, [switch] $Skip, $Cases)
    $inherited = $PesterSubset.Block
    $all = if ($null -eq $Cases) { , @($null) } else { , $Cases }
    foreach ($case in $all) {
        $item = New-PesterItem $Kind $Name $Body (@($Tag) + @($inherited.Tag)) ($Skip -or $inherited.Skip) $case
        $inherited.Items.Add($item)
    }
}

# Runs a block's body, so that its items are found, and then the bodies of its blocks: not from within Describe, whose parameters would hide the file's variables.
function Find-PesterItem($__item) {
    $_ = $__item.Data
    . Set-PesterData $__item.Data
    $PesterSubset.Block = $__item
    $null = . $__item.Body
    foreach ($__child in $__item.Items) { if ($__child.Kind -eq 'Block') { Find-PesterItem $__child } }
}

# Dot-sourced: a case's keys become variables of the caller's scope. The case itself is $_, which the caller has to set.
function Set-PesterData($__data) {
    if ($null -eq $__data) { return }
    if ($__data -is [System.Collections.IDictionary]) {
        foreach ($__key in $__data.Keys) { $ExecutionContext.SessionState.PSVariable.Set($__key, $__data[$__key]) }
    }
}

function Get-PesterLevel($Item) { for ($level = -1; $Item.Parent; $Item = $Item.Parent) { $level++ } '  ' * [Math]::Max(0, $level) }

# A name's <variable> parts are filled in from the scope that runs the test.
function Expand-PesterName([string] $__name) {
    [regex]::Replace($__name, '<([\w.]+)>', { param($__m) "$($ExecutionContext.InvokeCommand.InvokeScript($false, [scriptblock]::Create('$' + $__m.Groups[1].Value), $null, $null))" })
}

function Test-PesterSelected($Item, $Run) {
    if ($Item.Kind -eq 'Block') { foreach ($child in $Item.Items) { if (Test-PesterSelected $child $Run) { return $true } } return $false }
    $tagged = { param($filter) @($Item.Tag | Where-Object { $tag = $_; @($filter | Where-Object { $tag -like $_ }).Count -gt 0 }).Count -gt 0 }
    (-not $Run.TagFilter -or (& $tagged $Run.TagFilter)) -and -not ($Run.ExcludeTagFilter -and (& $tagged $Run.ExcludeTagFilter))
}

function Invoke-PesterBlock($__block, $__run) {
    if (-not (Test-PesterSelected $__block $__run)) { return }
    $_ = $__block.Data
    . Set-PesterData $__block.Data
    if ($__block.Parent) { Write-PesterLine $__run "$(Get-PesterLevel $__block)$(Expand-PesterName $__block.Name)" }
    $__failure = $null
    if (-not $__block.Skip) {
        try { foreach ($__part in $__block.BeforeAll) { $null = . $__part } } catch { $__failure = $_ }
    }
    foreach ($__child in $__block.Items) {
        if ($__failure) { Complete-PesterItem $__child $__run $__failure }
        elseif ($__child.Kind -eq 'Block') { Invoke-PesterBlock $__child $__run }
        else { Invoke-PesterTest $__child $__run }
    }
    if (-not $__block.Skip) {
        try { foreach ($__part in $__block.AfterAll) { $null = . $__part } }
        catch { $__run.FailedCount++; $__run.Failed += New-PesterFailure "AfterAll of $($__block.Name)" $_; Write-PesterLine $__run "[-] AfterAll of $($__block.Name): $_" }
    }
}

function Invoke-PesterTest($__test, $__run) {
    if (-not (Test-PesterSelected $__test $__run)) { return }
    $_ = $__test.Data
    . Set-PesterData $__test.Data
    if ($__test.Skip) { Write-PesterResult $__test $__run 'Skipped' $__test.Name 0; return }
    $__outer = @(for ($__up = $__test.Parent; $__up; $__up = $__up.Parent) { $__up })
    $__failure = $null
    $PesterSubset.Skipped = $null
    $__watch = [System.Diagnostics.Stopwatch]::StartNew()
    try {
        for ($__i = $__outer.Count - 1; $__i -ge 0; $__i--) { foreach ($__part in $__outer[$__i].BeforeEach) { $null = . $__part } }
        $null = . $__test.Body
    }
    catch { $__failure = $_ }
    foreach ($__up in $__outer) {
        foreach ($__part in $__up.AfterEach) { try { $null = . $__part } catch { $__failure = $_ } }
    }
    $__name = Expand-PesterName $__test.Name
    if ($PesterSubset.Skipped) { Write-PesterResult $__test $__run 'Skipped' "$__name ($($PesterSubset.Skipped))" $__watch.ElapsedMilliseconds }
    elseif ($__failure) { Write-PesterResult $__test $__run 'Failed' $__name $__watch.ElapsedMilliseconds $__failure }
    else { Write-PesterResult $__test $__run 'Passed' $__name $__watch.ElapsedMilliseconds }
}

# What a failing BeforeAll keeps from running has failed.
function Complete-PesterItem($Item, $Run, $Failure) {
    if ($Item.Kind -eq 'Test') { Write-PesterResult $Item $Run 'Failed' $Item.Name 0 $Failure; return }
    foreach ($child in $Item.Items) { Complete-PesterItem $child $Run $Failure }
}

function Write-PesterResult($Test, $Run, $Result, $Name, $Milliseconds, $Failure) {
    $Run."${Result}Count"++
    $sign = @{ Passed = '[+]'; Failed = '[-]'; Skipped = '[!]' }[$Result]
    Write-PesterLine $Run "$(Get-PesterLevel $Test)$sign $Name ${Milliseconds}ms" -Always:($Result -ne 'Passed')
    if ($Failure) {
        $blocks = for ($block = $Test.Parent; $block.Parent; $block = $block.Parent) { $block.Name }
        $Run.Failed += New-PesterFailure (@(@($blocks)[-1..-@($blocks).Count]) + $Name -join '.') $Failure
        $Host.UI.WriteLine("    $($Failure.Exception.Message)")
        $Host.UI.WriteLine("    $($Failure.ScriptStackTrace -replace "`n", "`n    ")")
    }
}

# As the tests in Pester's result.
function New-PesterFailure([string] $Name, $Failure) { [pscustomobject]@{ ExpandedPath = $Name; ErrorRecord = @($Failure) } }

function Write-PesterLine($Run, [string] $Line, [switch] $Always) { if ($Always -or $Run.Output -eq 'Detailed') { $Host.UI.WriteLine($Line) } }

function Set-ItResult {
    param([Parameter(Mandatory)][switch] $Skipped, [string] $Because)
    if ($Skipped) { $PesterSubset.Skipped = if ($Because) { $Because } else { "skipped" } }
    throw 'This test was skipped from within.'
}

function Invoke-Pester {
    param([Parameter(Position = 0)][string[]] $Path = '.', [string[]] $TagFilter = @(), [string[]] $ExcludeTagFilter = @(), [string] $Output = 'Normal', [switch] $PassThru)
    $run = [pscustomobject]@{ PassedCount = 0; FailedCount = 0; SkippedCount = 0; Failed = @(); TagFilter = $TagFilter; ExcludeTagFilter = $ExcludeTagFilter; Output = $Output }
    foreach ($one in $Path) {
        $files = if (Test-Path $one) { if ((Get-Item $one).PSIsContainer) { Get-ChildItem $one -Filter *.Tests.ps1 -Recurse } else { Get-Item $one } }
        foreach ($file in $files) { Invoke-PesterFile $file.FullName $run }
    }
    if ($PassThru) { $run }
}

function Invoke-PesterFile([string] $__path, $__run) {
    Write-PesterLine $__run "`nRunning tests from '$__path'"
    $TestDrive = [System.IO.Directory]::CreateTempSubdirectory('pester-').FullName
    try {
        $PesterSubset.Block = $null
        $__root = New-PesterItem Block $__path $__path @() $false $null
        try { Find-PesterItem $__root }
        catch { $__run.FailedCount++; $__run.Failed += New-PesterFailure "Discovery of ${__path}" $_; Write-PesterLine $__run "[-] Discovery of ${__path}: $_ $($_.ScriptStackTrace)" -Always; return }
        $PesterSubset.Block = $null
        Invoke-PesterBlock $__root $__run
    }
    finally { [System.IO.Directory]::Delete($TestDrive, $true) }
}

function Should {
    [CmdletBinding(PositionalBinding = $false)]
    param([Parameter(ValueFromPipeline)] $ActualValue, [Parameter(Position = 0)][AllowNull()] $ExpectedValue, [switch] $Not, [string] $Because,
        [switch] $Be, [switch] $BeExactly, [switch] $BeTrue, [switch] $BeFalse, [switch] $BeNullOrEmpty, [switch] $BeOfType, [switch] $BeLike, [switch] $BeIn,
        [switch] $BeGreaterThan, [switch] $BeGreaterOrEqual, [switch] $BeLessThan, [switch] $BeLessOrEqual, [switch] $Match, [switch] $Contain, [switch] $HaveCount, [switch] $Exist,
        [switch] $Throw, [string] $ExpectedMessage, [string] $ErrorId, [type] $ExceptionType, [switch] $PassThru)
    begin { $all = [System.Collections.Generic.List[object]]::new() }
    process { $all.Add($ActualValue) }
    end {
        $actual = if ($all.Count -eq 1) { $all[0] } elseif ($all.Count -eq 0) { $null } else { $all.ToArray() }
        $equal = { param($a, $b)
            if ($b -is [array] -or $a -is [array]) {
                $a = @($a); $b = @($b)
                if ($a.Count -ne $b.Count) { return $false }
                for ($i = 0; $i -lt $a.Count; $i++) { if ($a[$i] -ne $b[$i]) { return $false } }
                return $true
            }
            $a -eq $b
        }
        $operator = @('Be', 'BeExactly', 'BeTrue', 'BeFalse', 'BeNullOrEmpty', 'BeOfType', 'BeLike', 'BeIn', 'BeGreaterThan', 'BeGreaterOrEqual', 'BeLessThan', 'BeLessOrEqual',
            'Match', 'Contain', 'HaveCount', 'Exist', 'Throw').Where({ $PSBoundParameters.ContainsKey($_) })[0]
        $thrown = $null
        $holds = switch ($operator) {
            'Be' { & $equal $actual $ExpectedValue }
            'BeExactly' { $actual -ceq $ExpectedValue }
            'BeTrue' { [bool] $actual }
            'BeFalse' { -not $actual }
            'BeNullOrEmpty' { $null -eq $actual -or @($actual).Count -eq 0 -or ($actual -is [string] -and $actual -eq '') }
            'BeOfType' { $actual -is $ExpectedValue }
            'BeLike' { $actual -like $ExpectedValue }
            'BeIn' { @($ExpectedValue) -contains $actual }
            'BeGreaterThan' { $actual -gt $ExpectedValue }
            'BeGreaterOrEqual' { $actual -ge $ExpectedValue }
            'BeLessThan' { $actual -lt $ExpectedValue }
            'BeLessOrEqual' { $actual -le $ExpectedValue }
            'Match' { [regex]::IsMatch("$actual", "$ExpectedValue", 'IgnoreCase') }
            'Contain' { @($actual) -contains $ExpectedValue }
            'HaveCount' { $all.Count -eq $ExpectedValue }
            'Exist' { Test-Path $actual }
            'Throw' {
                try { $null = & $actual } catch { $thrown = $_ }
                if (-not $ExpectedMessage) { $ExpectedMessage = "$ExpectedValue" }
                $null -ne $thrown -and (-not $ErrorId -or $thrown.FullyQualifiedErrorId -like $ErrorId) -and
                    (-not $ExpectedMessage -or $thrown.Exception.Message -like $ExpectedMessage) -and (-not $ExceptionType -or $thrown.Exception -is $ExceptionType)
            }
            default { throw 'Should: this operator is not in the subset.' }
        }
        if ([bool] $holds -eq [bool] $Not) {
            $seen = if ($operator -eq 'Throw') { if ($thrown) { "'$thrown' ($($thrown.FullyQualifiedErrorId))" } else { 'nothing thrown' } } else { "'$($actual -join "', '")'" }
            throw "Expected $(if ($Not) { 'not ' })$operator '$("$ExpectedValue$ErrorId")'$(if ($Because) { ", because $Because" }), but got $seen."
        }
        if ($PassThru -and $thrown) { $thrown }
    }
}
