# Stand-ins for the cmdlets of Microsoft.PowerShell.Management and .Utility that build.ps1, the examples and the tests use: their parameters
# and results are PowerShell's, as far as those scripts go. The engine itself (System.Management.Automation) has everything else.

function Write-Output { param([Parameter(Position = 0, ValueFromPipeline)][AllowNull()] $InputObject) process { $InputObject } }

function Write-Host {
    param([Parameter(Position = 0, ValueFromPipeline)] $Object = '', $ForegroundColor, [switch] $NoNewline)
    process { if ($NoNewline) { $Host.UI.Write("$Object") } else { $Host.UI.WriteLine("$Object") } }
}

function Write-Error {
    [CmdletBinding()] param([Parameter(Mandatory, Position = 0)][string] $Message, [string] $ErrorId = 'WriteError')
    $PSCmdlet.WriteError([System.Management.Automation.ErrorRecord]::new([Exception]::new($Message), $ErrorId, 'NotSpecified', $null))
}

function Write-Warning { [CmdletBinding()] param([Parameter(Mandatory, Position = 0)][string] $Message) $PSCmdlet.WriteWarning($Message) }

function Write-Verbose { [CmdletBinding()] param([Parameter(Mandatory, Position = 0)][string] $Message) $PSCmdlet.WriteVerbose($Message) }

function Start-Sleep {
    param([Parameter(Position = 0)][double] $Seconds, [int] $Milliseconds)
    [System.Threading.Thread]::Sleep([int]($Seconds * 1000) + $Milliseconds)
}

function Join-Path {
    param([Parameter(Mandatory, Position = 0)][string] $Path, [Parameter(Mandatory, Position = 1)][string] $ChildPath,
        [Parameter(Position = 2, ValueFromRemainingArguments)][string[]] $AdditionalChildPath = @())
    [System.IO.Path]::Combine([string[]](@($Path, $ChildPath) + $AdditionalChildPath))
}

function Split-Path {
    param([Parameter(Mandatory, Position = 0)][string] $Path, [switch] $Leaf, [switch] $Parent)
    if ($Leaf) { [System.IO.Path]::GetFileName($Path) } else { [System.IO.Path]::GetDirectoryName($Path) }
}

function Push-Location { param([Parameter(Mandatory, Position = 0)][string] $Path) $ExecutionContext.SessionState.Path.PushCurrentLocation(''); $null = $ExecutionContext.SessionState.Path.SetLocation($Path) }

function Pop-Location { $null = $ExecutionContext.SessionState.Path.PopLocation('') }

function Test-Path { param([Parameter(Mandatory, Position = 0)][string] $Path) $ExecutionContext.InvokeProvider.Item.Exists($Path) }

function Get-Item { param([Parameter(Mandatory, Position = 0)][string] $Path) $ExecutionContext.InvokeProvider.Item.Get($Path) }

function Get-ChildItem {
    param([Parameter(Position = 0)][string] $Path = '.', [string] $Filter = '*', [switch] $Recurse)
    $ExecutionContext.InvokeProvider.ChildItem.Get($Path, [bool] $Recurse) | Where-Object Name -Like $Filter
}

function Get-Content {
    param([Parameter(Mandatory, Position = 0)][string] $Path, [switch] $Raw)
    $full = $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($Path)
    if ($Raw) { [System.IO.File]::ReadAllText($full) } else { [System.IO.File]::ReadAllLines($full) }
}

function Set-Content {
    param([Parameter(Mandatory, Position = 0)][string] $Path, [Parameter(Mandatory, Position = 1, ValueFromPipeline)][AllowEmptyString()][string[]] $Value, [switch] $NoNewline)
    begin { $lines = [System.Collections.Generic.List[string]]::new() }
    process { $lines.AddRange($Value) }
    end {
        $text = [string]::Join("`n", $lines) + $(if ($NoNewline) { '' } else { "`n" })
        [System.IO.File]::WriteAllText($ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($Path), $text)
    }
}

function New-Item {
    param([Parameter(Mandatory, Position = 0)][string] $Path, [string] $ItemType = 'File', [switch] $Force)
    $ExecutionContext.InvokeProvider.Item.New($Path, '', $ItemType, $null, [bool] $Force)
}

function Remove-Item {
    [CmdletBinding()] param([Parameter(Mandatory, Position = 0)][string[]] $Path, [switch] $Recurse, [switch] $Force)
    foreach ($one in $Path) {
        if ($ExecutionContext.InvokeProvider.Item.Exists($one)) { $ExecutionContext.InvokeProvider.Item.Remove($one, [bool] $Recurse, [bool] $Force, $false) }
    }
}

function Copy-Item {
    param([Parameter(Mandatory, Position = 0)][string[]] $Path, [Parameter(Mandatory, Position = 1)][string] $Destination, [switch] $Recurse, [switch] $Force)
    foreach ($one in $Path) { $null = $ExecutionContext.InvokeProvider.Item.Copy($one, $Destination, [bool] $Recurse, 'CopyTargetContainer') }
}

function Get-Runspace {
    param([Parameter(Position = 0)][string[]] $Name = '*')
    # The engine's own list is not public; PowerShell's cmdlet, being a friend, reads it.
    $all = [runspace].GetProperty('RunspaceList', [System.Reflection.BindingFlags] 'NonPublic, Static').GetValue($null)
    foreach ($pattern in $Name) { $all.Where({ $_.Name -like $pattern }) }
}

function Select-Object {
    param([Parameter(ValueFromPipeline)] $InputObject, [string] $ExpandProperty, [int] $First = [int]::MaxValue, [int] $Last = [int]::MaxValue)
    begin { $all = [System.Collections.Generic.List[object]]::new() }
    process { $all.Add($InputObject) }
    end {
        $taken = if ($Last -lt $all.Count) { $all.GetRange($all.Count - $Last, $Last) } else { $all.GetRange(0, [Math]::Min($First, $all.Count)) }
        foreach ($one in $taken) { if ($ExpandProperty) { $one.$ExpandProperty } else { $one } }
    }
}
