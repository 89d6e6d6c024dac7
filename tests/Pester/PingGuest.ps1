# Boots a guest with a TAP interface; host and guest ping each other. Run in a network namespace of its own (see NetworkNamespace.ps1).
param([Parameter(Mandatory)][string] $Kernel, [Parameter(Mandatory)][string] $Initrd, [Parameter(Mandatory)][string] $CommandLine, [int] $MemoryMB = 64)

$ErrorActionPreference = 'Stop'
Import-Module (Join-Path (Split-Path (Split-Path $PSScriptRoot -Parent) -Parent) 'out/LguestPS/LguestPS.psd1')
$prompt = '(?m)^/ # '
$guest = New-LguestGuest -Name ping -MemoryMB $MemoryMB -Kernel $Kernel -Initrd $Initrd -CommandLine $CommandLine -Engine $(if ($env:LGUESTPS_ENGINE) { $env:LGUESTPS_ENGINE } else { 'Auto' }) |
    Add-LguestTunNet -IPAddress 192.168.19.1 -MacAddress 02:00:00:00:00:01 | Start-LguestGuest
try {
    Wait-LguestGuest $guest -Console $prompt -TimeoutSeconds 600
    Write-Host "First line: $(@(Receive-LguestConsole $guest)[0])"
    Send-LguestConsole $guest "ifconfig eth0 192.168.19.2 netmask 255.255.255.0 up`n"
    Wait-LguestGuest $guest -Console $prompt -TimeoutSeconds 300
    Write-Host "Host to guest: $([System.Net.NetworkInformation.Ping]::new().Send('192.168.19.2', 60000).Status)"
    $null = Receive-LguestConsole $guest
    Send-LguestConsole $guest "ping -c 1 -W 60 192.168.19.1`n"
    Wait-LguestGuest $guest -Console $prompt -TimeoutSeconds 300
    Write-Host "Guest to host: $(@(Receive-LguestConsole $guest) -match 'packets transmitted')"
}
finally { Remove-LguestGuest $guest -Force }
