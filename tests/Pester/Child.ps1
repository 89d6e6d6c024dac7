# Dot-sourced by tests that need a process of their own.

# Runs a script, with the module imported, in a process of the host that runs this one; returns its output and errors. What is in -Before runs before the import.
function Invoke-Child([string] $Script, [string] $Before = '', [string] $Module = (Get-Module LguestPS).Path) {
    $path = Join-Path $TestDrive "child-$([guid]::NewGuid().ToString('n')).ps1"
    Set-Content $path "$Before`nImport-Module '$Module'`n$Script"
    if ($Host.Name -eq 'LguestPS.Shell') { & dotnet ([System.Reflection.Assembly]::GetEntryAssembly().Location) $path 2>&1 }
    else { & (Join-Path $PSHOME 'pwsh') -NoProfile -NonInteractive -File $path 2>&1 }
}
