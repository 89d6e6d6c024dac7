# A network namespace of their own for tests that make TAP interfaces: the host's interfaces are left alone, and no right of root's is needed where the host
# lets users have namespaces.

# Why there can be none; nothing where there can.
function Get-NamespaceObstacle {
    if (-not (Get-Command unshare -CommandType Application -ErrorAction Ignore)) { return 'there is no unshare' }
    if (-not (Test-Path /dev/net/tun)) { return 'there is no /dev/net/tun' }
    $said = & unshare --net --map-root-user true 2>&1
    if ($LASTEXITCODE) { return "$said" }
}

# Boots a guest in a process and a namespace of its own, and has it and the host ping each other. Puts out what PingGuest.ps1 says.
function Invoke-PingGuest([string] $Kernel, [string] $Initrd, [string] $CommandLine, [int] $MemoryMB) {
    $script = Join-Path $PSScriptRoot 'PingGuest.ps1'
    $self = [System.Diagnostics.Process]::GetCurrentProcess().MainModule.FileName
    $shell = if ($Host.Name -eq 'LguestPS.Shell') { $self, [System.Reflection.Assembly]::GetEntryAssembly().Location, $script } else { $self, '-NoProfile', '-NonInteractive', '-File', $script }
    (& unshare --net --map-root-user @shell -Kernel $Kernel -Initrd $Initrd -CommandLine $CommandLine -MemoryMB $MemoryMB 2>&1) -join "`n"
}
