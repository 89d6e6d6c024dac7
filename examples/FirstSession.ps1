# Writes docs/first-session.md: runs the commands of a first session one after the other, as typed at a prompt, and notes what each of them shows.
# With the module imported: ./examples/FirstSession.ps1. Times, paths and counts are those of the machine it was run on.
param([string] $Path = (Join-Path (Split-Path $PSScriptRoot) 'docs/first-session.md'))

$steps = @(
    'Is there anything to run? The module has a small kernel of its own.'
    'Get-LguestDemoKernel | New-LguestGuest -Name demo -MemoryMB 16'
    'It is defined, and off. A disk and an entropy source, and it may start.'
    '[IO.File]::WriteAllBytes("$PWD/disk.img", [byte[]]::new(1MB))'
    '$guest = Get-LguestGuest demo | Add-LguestBlockDevice -Path ./disk.img | Add-LguestRng | Start-LguestGuest'
    'Wait-LguestGuest $guest -Console ''demo> '' -TimeoutSeconds 30'
    '$guest'
    '$guest.Devices'
    'What did it say while it booted, and what can it do?'
    'Receive-LguestConsole $guest'
    'Invoke-LguestCommand $guest ''help'' -Prompt ''demo> '' | Select-Object -ExpandProperty Output'
    'The disk is a file here.'
    '$null = Invoke-LguestCommand $guest ''disk write 0 Hello from the guest'' -Prompt ''demo> '''
    '[Text.Encoding]::ASCII.GetString([IO.File]::ReadAllBytes("$PWD/disk.img"), 0, 20)'
    'What has it done so far?'
    'Measure-LguestGuest $guest | Select-Object Name, Instructions, ProcessorTime, Traps, Hypercalls'
    'More of them, from a table.'
    '''Name,MemoryMB'', ''small,8'', ''large,128'' | ConvertFrom-Csv | New-LguestGuest -Kernel (Get-LguestDemoKernel) | Start-LguestGuest | Wait-LguestGuest -Console ''demo> '' -PassThru'
    'A driver that breaks the rules is stopped and told why: this command of the demo kernel breaks one on purpose.'
    'Send-LguestConsole $guest "violate 42`n"'
    'Wait-LguestGuest $guest -Exit -TimeoutSeconds 30'
    'Get-LguestViolation $guest'
    'Enough.'
    'Get-LguestGuest | Remove-LguestGuest -Force'
    'Get-LguestGuest'
)

$folder = [System.IO.Directory]::CreateTempSubdirectory('first-session-').FullName
Push-Location $folder
try {
    $page = "# A first session`n`nWritten by ``examples/FirstSession.ps1``, which ran these commands in PowerShell $($PSVersionTable.PSVersion).`n"
    foreach ($step in $steps) {
        # What is no command is what the user thinks.
        if ($step -notmatch '^[$[''(]|^\w+-\w+') { $page += "`n$step`n"; continue }
        $shown = (. ([scriptblock]::Create($step)) | Out-String -Width 140) -replace '(?m)[ \t]+$' -replace '\A\n+|\n+\z'
        $page += "`n``````text`nPS> $step`n$(if ($shown) { "$shown`n" })```````n"
    }
    Set-Content $Path ($page.Replace($folder, '.') -replace '(?m)```\n\n```text\n', '') -NoNewline
}
finally {
    Pop-Location
    Get-LguestGuest | Remove-LguestGuest -Force
    [System.IO.Directory]::Delete($folder, $true)
}
