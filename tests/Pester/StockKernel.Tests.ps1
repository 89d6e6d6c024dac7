# Debian's own i386 kernels, as they are: fetched by apt without changing the machine, taken apart by Import-LguestKernel, booted with an initrd of
# busybox and their own virtio modules. Each flavour is booted once and does all that it has to do in that boot. On request, by LGUESTPS_TEST_STOCK=1, and
# skipped where apt can't get the packages.
# The network card is tried where LGUESTPS_TEST_TUNNET is set: a TAP interface with the address 192.168.19.1 is made then.

$root = Split-Path (Split-Path $PSScriptRoot -Parent) -Parent
$cache = Join-Path $root 'out/TestCache'

# A package's file. What was fetched once is kept under out.
function Get-DebianPackage([string] $Name, [string[]] $AptOptions) {
    $found = @(Get-ChildItem $cache -Filter "${Name}_*_i386.deb")[0]
    if (-not $found) {
        Push-Location $cache
        try { $null = & apt-get @AptOptions download $Name 2>&1 } finally { Pop-Location }
        $found = @(Get-ChildItem $cache -Filter "${Name}_*_i386.deb")[0]
    }
    if (-not $found) { throw "apt-get can't download $Name for i386." }
    $found.FullName
}

# The packages by flavour; an exception says what there is none of.
function Get-StockKernel {
    if (-not $env:LGUESTPS_TEST_STOCK) { throw 'LGUESTPS_TEST_STOCK=1 asks for it.' }
    foreach ($tool in 'apt-get', 'apt-cache', 'dpkg-deb') { if (-not (Get-Command $tool -CommandType Application -ErrorAction Ignore)) { throw "There is no $tool." } }
    foreach ($folder in 'lists/partial', 'state', 'archives/partial') { $null = New-Item (Join-Path $cache $folder) -ItemType Directory -Force }
    $status = Join-Path $cache 'state/status'
    if (-not (Test-Path $status)) { $null = New-Item $status -ItemType File }
    $options = foreach ($option in 'APT::Architecture=i386', 'APT::Architectures=i386', 'APT::Sandbox::User=', "Dir::State=$cache/state", "Dir::State::Lists=$cache/lists",
        "Dir::State::status=$status", "Dir::Cache=$cache", 'Acquire::Retries=1', 'Acquire::http::Timeout=20', 'Acquire::https::Timeout=20') { '-o'; $option }
    if (-not (Get-ChildItem "$cache/lists" -Filter '*_binary-i386_Packages*')) { $null = & apt-get @options update 2>&1 }

    $busybox = Get-DebianPackage 'busybox-static' $options
    foreach ($flavour in '686', '686-pae') {
        # linux-image-686 is empty; it depends on the kernel of the day.
        $depends = (& apt-cache @options depends --important "linux-image-$flavour" 2>$null) -join "`n"
        $image = [regex]::Match($depends, "(?m)Depends: (linux-image-\S+-$flavour)$").Groups[1].Value
        if (-not $image) { throw "apt knows no linux-image-$flavour for i386." }
        @{ Flavour = $flavour; Package = Get-DebianPackage $image $options; Busybox = $busybox }
    }
}

try { $kernels = @(Get-StockKernel) }
catch {
    Write-Host "No stock kernel is booted: $_"
    $kernels = @(@{ Flavour = '686' }, @{ Flavour = '686-pae' })
}
$missing = -not $kernels[0].Package

BeforeAll {
    $prompt = '(?m)^/ # '
    $hasNet = [bool]$env:LGUESTPS_TEST_TUNNET
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

    function New-StockGuest($Package, $Busybox, $Disk) {
        $null = & dpkg-deb -x $Busybox (Join-Path $TestDrive 'busybox')
        $kernel = Import-LguestKernel $Package (Join-Path $TestDrive 'kernel') -Module virtio_pci, virtio_console, virtio_blk, virtio_net, virtio_rng, ext4
        $initrd = New-LguestInitrd (Join-Path $TestDrive 'initrd.img') -Directory $kernel.Root -File @{ 'bin/busybox' = Join-Path $TestDrive 'busybox/bin/busybox' } -ScriptBlock {
            @{ Path = 'init'; Mode = 755; Content = @(
                    '#!/bin/busybox sh'
                    'for folder in proc sys dev tmp mnt sbin usr/bin usr/sbin; do /bin/busybox mkdir -p /$folder; done'
                    '/bin/busybox mount -t proc proc /proc'
                    '/bin/busybox mount -t sysfs sysfs /sys'
                    '/bin/busybox mount -t devtmpfs devtmpfs /dev'
                    '/bin/busybox --install -s'
                    'export PATH=/bin:/sbin:/usr/bin:/usr/sbin PS1="/ # "'
                    $kernel.Modules | ForEach-Object { "insmod $($_.GuestPath)" }
                    'while [ ! -c /dev/hvc0 ]; do sleep 0.1; done'
                    'exec setsid cttyhack sh </dev/hvc0 >/dev/hvc0 2>&1') }
            @{ Path = 'dev/console'; Device = 'c 5:1' }
        }
        $guest = $kernel | New-LguestGuest -Name stock -MemoryMB 128 -Initrd $initrd -CommandLine 'console=hvc0 quiet cryptomgr.notests' | Add-LguestBlockDevice -Path $Disk | Add-LguestRng
        if ($hasNet) { $guest = $guest | Add-LguestTunNet -IPAddress 192.168.19.1 -MacAddress 02:00:00:00:00:01 }
        $guest
    }
}

Describe 'Debian''s kernel <Flavour>' -Tag StockKernel -ForEach $kernels {
    AfterAll { Get-LguestGuest | Remove-LguestGuest -Force }

    It 'boots to a prompt on a plain PC' -Skip:$missing {
        $disk = Join-Path $TestDrive 'disk.img'
        $packed = [System.IO.Compression.GZipStream]::new([System.IO.File]::OpenRead((Join-Path $PSScriptRoot 'Data/ext2.img.gz')), [System.IO.Compression.CompressionMode]::Decompress)
        $image = [System.IO.File]::Create($disk)
        $packed.CopyTo($image)
        $packed.Dispose()
        $image.Dispose()
        $guest = New-StockGuest $Package $Busybox $disk
        $guest.Platform | Should -Be 'Pc'
        $guest.PlatformReason | Should -Match "-$Flavour\) has no lguest entry"
        $null = $guest | Start-LguestGuest
        Wait-LguestGuest $guest -Console $prompt -TimeoutSeconds $bootSeconds -ErrorAction Stop
        Invoke-GuestCommand $guest 'uname -r -m' | Should -Match "-$Flavour i[56]86"
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

    It 'answers a ping from the host' -Skip:($missing -or -not $env:LGUESTPS_TEST_TUNNET) {
        $guest = Get-LguestGuest stock
        $null = Invoke-GuestCommand $guest 'ifconfig eth0 192.168.19.2 up'
        "$([System.Net.NetworkInformation.Ping]::new().Send('192.168.19.2', 20000).Status)" | Should -Be 'Success'
        Invoke-GuestCommand $guest 'ping -c 1 -W 20 192.168.19.1' | Should -Match '1 packets received'
    }

    It 'powers off' -Skip:$missing {
        $guest = Get-LguestGuest stock
        Send-LguestConsole $guest "poweroff -f`n"
        Wait-LguestGuest $guest -Exit -TimeoutSeconds 120 -ErrorAction Stop
        $guest.ExitReason.Kind | Should -Be 'PowerOff'
    }
}
