# Boots the demo guest with a disk, an entropy source and a console, types a few commands, and shows what it says until it powers off.
# Started by `build.ps1 Demo`; with the module imported it also runs by itself.
$ErrorActionPreference = 'Stop'
if (-not (Get-Module LguestPS)) { Import-Module (Join-Path (Split-Path $PSScriptRoot) 'out/LguestPS/LguestPS.psd1') }

# A disk of 64 sectors that says something.
$disk = [System.IO.Path]::GetTempFileName()
$sectors = [byte[]]::new(64 * 512)
$null = [System.Text.Encoding]::ASCII.GetBytes('Hello from the host', 0, 19, $sectors, 0)
[System.IO.File]::WriteAllBytes($disk, $sectors)

try {
    $guest = Get-LguestDemoKernel | New-LguestGuest -Name demo -MemoryMB 16 |
        Add-LguestBlockDevice -Path $disk |
        Add-LguestRng |
        Start-LguestGuest
    Wait-LguestGuest $guest -Console 'demo> ' -TimeoutSeconds 30
    Write-Host "The guest '$($guest.Name)' came to its prompt after $([int]$guest.Uptime.TotalMilliseconds) ms, with $($guest.Devices.Kind -join ', ')."

    foreach ($command in 'help', 'mem', 'disk info', 'disk read 0', 'disk write 1 Hello from the guest', 'disk flush', 'disk verify', 'rng 16', 'user hello') {
        Send-LguestConsole $guest "$command`n"
        Wait-LguestGuest $guest -Console 'demo> ' -TimeoutSeconds 30
    }
    Send-LguestConsole $guest "halt`n"
    Wait-LguestGuest $guest -Exit -TimeoutSeconds 30

    Receive-LguestConsole $guest
    Write-Host ''
    Write-Host "The guest ended: $($guest.ExitReason.Kind), '$($guest.ExitReason.Message)'."
    Write-Host "Sector 1 of the disk says: '$([System.Text.Encoding]::ASCII.GetString([System.IO.File]::ReadAllBytes($disk), 512, 20))'."
}
finally {
    Get-LguestGuest demo -ErrorAction Ignore | Remove-LguestGuest -Force
    [System.IO.File]::Delete($disk)
}
exit 0
