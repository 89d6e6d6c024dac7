# Debian's own i386 kernels, as they are: fetched by apt without changing the machine, taken apart by Import-LguestKernel, booted with an initrd of
# busybox and their own virtio modules (see StockKernels.ps1). Each flavour is booted once and does in that boot all that it has to do, but for the network: a
# second one has a TAP interface, in a network namespace of its own. Skipped where apt can't get the packages. LGUESTPS_ENGINE chooses the processor's engine.

. (Join-Path $PSScriptRoot 'StockKernels.ps1')
. (Join-Path $PSScriptRoot 'NetworkNamespace.ps1')

try { $kernels = @(Get-StockKernel) }
catch {
    Write-Host "No stock kernel is booted: $_"
    $kernels = @(@{ Flavour = '686' }, @{ Flavour = '686-pae' })
}
$missing = -not $kernels[0].Package
$obstacle = if (-not $missing) { Get-NamespaceObstacle }
if ($obstacle) { Write-Host "No stock kernel has a TAP interface: $obstacle." }

BeforeAll {
    . (Join-Path $PSScriptRoot 'StockKernels.ps1')
    . (Join-Path $PSScriptRoot 'NetworkNamespace.ps1')
    $prompt = '(?m)^/ # '
    $commandLine = 'console=hvc0 quiet cryptomgr.notests'
    $engine = if ($env:LGUESTPS_ENGINE) { $env:LGUESTPS_ENGINE } else { 'Auto' }
    $bootSeconds = 600   # an interpreter on a busy machine; it takes a tenth of that where it is alone

    function Invoke-GuestCommand($Guest, [string] $Command) {
        $null = Receive-LguestConsole $Guest
        Send-LguestConsole $Guest "$Command`n"
        Wait-LguestGuest $Guest -Console $prompt -TimeoutSeconds 300 -ErrorAction Stop
        # Without the command's echo, the prompt, and what the shell asks of the terminal.
        $lines = @((Receive-LguestConsole $Guest) -replace '\e\[[0-9;]*[A-Za-z]', '')
        @($lines[1..$lines.Count] -notmatch '^/ # ') -join "`n"
    }

    function Get-Sha256([string] $Text) { [Convert]::ToHexString([System.Security.Cryptography.SHA256]::HashData([System.Text.Encoding]::ASCII.GetBytes($Text))).ToLowerInvariant() }
}

Describe 'Debian''s kernel <Flavour>' -Tag StockKernel -ForEach $kernels {
    BeforeAll { if ($Package) { $stock = New-StockImage $Package $Busybox $TestDrive } }
    AfterAll { Get-LguestGuest | Remove-LguestGuest -Force }

    It 'boots to a prompt on a plain PC' -Skip:$missing {
        $disk = Join-Path $TestDrive 'disk.img'
        $packed = [System.IO.Compression.GZipStream]::new([System.IO.File]::OpenRead((Join-Path $PSScriptRoot 'Data/ext2.img.gz')), [System.IO.Compression.CompressionMode]::Decompress)
        $image = [System.IO.File]::Create($disk)
        $packed.CopyTo($image)
        $packed.Dispose()
        $image.Dispose()
        $guest = $stock.Kernel | New-LguestGuest -Name stock -MemoryMB 128 -Initrd $stock.Initrd -CommandLine $commandLine -Engine $engine -ConsoleSize 132x43 | Add-LguestBlockDevice -Path $disk | Add-LguestRng
        $guest.Platform | Should -Be 'Pc'
        $guest.PlatformReason | Should -Match "-$Flavour\) has no lguest entry"
        $null = $guest | Start-LguestGuest
        Wait-LguestGuest $guest -Console $prompt -TimeoutSeconds $bootSeconds -ErrorAction Stop
        Invoke-GuestCommand $guest 'uname -r -m' | Should -Match "-$Flavour i[56]86"
    }

    It 'knows the size of its console''s window' -Skip:$missing {
        $result = Invoke-LguestCommand (Get-LguestGuest stock) 'stty size' -Prompt $prompt -TimeoutSeconds 300
        "$result" | Should -Be '43 132'
        $result.ExitCode | Should -Be 0
    }

    It 'is idle at its prompt, though its timer ticks' -Skip:$missing {
        Wait-LguestGuest stock -Idle -TimeoutSeconds 300 -PassThru | Should -Be (Get-LguestGuest stock)
    }

    It 'writes to a disk what the host reads' -Skip:$missing {
        $guest = Get-LguestGuest stock
        Invoke-GuestCommand $guest 'mount -t ext4 /dev/vda /mnt && echo mounted' | Should -Match 'mounted'
        $null = Invoke-GuestCommand $guest 'echo written by $(uname -r) > /mnt/note; umount /mnt'
        Invoke-GuestCommand $guest 'mount | grep -c /mnt' | Should -Match '^0'
        $written = [System.Text.Encoding]::Latin1.GetString([System.IO.File]::ReadAllBytes((Join-Path $TestDrive 'disk.img')))
        $written | Should -Match "written by \S+-$Flavour\n"
    }

    It 'reads random bytes' -Skip:$missing {
        $guest = Get-LguestGuest stock
        $first = Invoke-GuestCommand $guest 'head -c 16 /dev/hwrng | od -An -tx1'
        $first | Should -Match '^( [0-9a-f]{2}){16}'
        Invoke-GuestCommand $guest 'head -c 16 /dev/hwrng | od -An -tx1' | Should -Not -Be $first
    }

    It 'computes what the host computes' -Skip:$missing {
        $guest = Get-LguestGuest stock
        $seed = 12345
        $part = [System.Text.StringBuilder]::new()
        $numbers = foreach ($i in 1..20000) {
            $seed = ($seed * 1103 + 12345) % 1000003
            $number = 1000000 + $seed   # awk would take a zero at the start for an octal number
            $null = $part.Append($number).Append("`n")
            $number
        }
        $text = $part.ToString()
        $null = Invoke-GuestCommand $guest 'awk ''BEGIN{s=12345; for(i=0;i<20000;i++){s=(s*1103+12345)%1000003; printf "%d\n", 1000000+s}}'' >/tmp/part'
        $null = Invoke-GuestCommand $guest 'for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do cat /tmp/part; done >/tmp/data'
        Invoke-GuestCommand $guest 'sha256sum </tmp/data' | Should -Match (Get-Sha256 ($text * 16))
        Invoke-GuestCommand $guest 'gzip -c /tmp/data | gunzip | sha256sum' | Should -Match (Get-Sha256 ($text * 16))
        $lines = $text.TrimEnd("`n").Split("`n")
        [Array]::Sort($lines, [System.StringComparer]::Ordinal)
        Invoke-GuestCommand $guest 'sort /tmp/part | sha256sum' | Should -Match (Get-Sha256 (($lines -join "`n") + "`n"))
        Invoke-GuestCommand $guest 'awk ''{s+=$1} END{printf "sum %.0f\n", s}'' /tmp/part' | Should -Match "sum $([System.Linq.Enumerable]::Sum([long[]]$numbers))"
    }

    It 'powers off' -Skip:$missing {
        $guest = Get-LguestGuest stock
        Send-LguestConsole $guest "poweroff -f`n"
        Wait-LguestGuest $guest -Exit -TimeoutSeconds 120 -ErrorAction Stop
        $guest.ExitReason.Kind | Should -Be 'PowerOff'
    }

    It 'pings the host, and the host pings it, seen on the serial port from the start' -Skip:($missing -or $obstacle) {
        $said = Invoke-PingGuest $stock.Kernel.Kernel $stock.Initrd 'console=ttyS0 earlyprintk=serial,ttyS0 cryptomgr.notests' 128
        $said | Should -Match "First line: .*Linux version \S+-$Flavour "
        $said | Should -Match 'Host to guest: Success'
        $said | Should -Match 'Guest to host: .*1 packets received'
    }
}
