# Debian's own i386 kernels for tests and measurements: fetched by apt without changing the machine, and kept under out.

$stockCache = Join-Path (Split-Path (Split-Path $PSScriptRoot -Parent) -Parent) 'out/TestCache'

# A package's file.
function Get-DebianPackage([string] $Name, [string[]] $AptOptions) {
    $found = @(Get-ChildItem $stockCache -Filter "${Name}_*_i386.deb")[0]
    if (-not $found) {
        Push-Location $stockCache
        try { $null = & apt-get @AptOptions download $Name 2>&1 } finally { Pop-Location }
        $found = @(Get-ChildItem $stockCache -Filter "${Name}_*_i386.deb")[0]
    }
    if (-not $found) { throw "apt-get can't download $Name for i386." }
    $found.FullName
}

# The packages by flavour; an exception says what there is none of. LGUESTPS_TEST_STOCK=0 does without them.
function Get-StockKernel {
    if ($env:LGUESTPS_TEST_STOCK -eq '0') { throw 'LGUESTPS_TEST_STOCK=0 asks for none.' }
    foreach ($tool in 'apt-get', 'apt-cache', 'dpkg-deb') { if (-not (Get-Command $tool -CommandType Application -ErrorAction Ignore)) { throw "There is no $tool." } }
    foreach ($folder in 'lists/partial', 'state', 'archives/partial') { $null = New-Item (Join-Path $stockCache $folder) -ItemType Directory -Force }
    $status = Join-Path $stockCache 'state/status'
    if (-not (Test-Path $status)) { $null = New-Item $status -ItemType File }
    $options = foreach ($option in 'APT::Architecture=i386', 'APT::Architectures=i386', 'APT::Sandbox::User=', "Dir::State=$stockCache/state", "Dir::State::Lists=$stockCache/lists",
        "Dir::State::status=$status", "Dir::Cache=$stockCache", 'Acquire::Retries=1', 'Acquire::http::Timeout=20', 'Acquire::https::Timeout=20') { '-o'; $option }
    if (-not (Get-ChildItem "$stockCache/lists" -Filter '*_binary-i386_Packages*')) { $null = & apt-get @options update 2>&1 }

    $busybox = Get-DebianPackage 'busybox-static' $options
    foreach ($flavour in '686', '686-pae') {
        # linux-image-686 is empty; it depends on the kernel of the day.
        $depends = (& apt-cache @options depends --important "linux-image-$flavour" 2>$null) -join "`n"
        $image = [regex]::Match($depends, "(?m)Depends: (linux-image-\S+-$flavour)$").Groups[1].Value
        if (-not $image) { throw "apt knows no linux-image-$flavour for i386." }
        @{ Flavour = $flavour; Package = Get-DebianPackage $image $options; Busybox = $busybox }
    }
}

# A kernel out of its package, and an initrd of busybox and the kernel's own virtio modules that ends in a shell on the kernel's console, in a folder.
function New-StockImage([string] $Package, [string] $Busybox, [string] $Folder) {
    $null = & dpkg-deb -x $Busybox (Join-Path $Folder 'busybox')
    $kernel = Import-LguestKernel $Package (Join-Path $Folder 'kernel') -Module virtio_pci, virtio_console, virtio_blk, virtio_net, virtio_rng, ext4
    $initrd = New-LguestInitrd (Join-Path $Folder 'initrd.img') -Directory $kernel.Root -File @{ 'bin/busybox' = Join-Path $Folder 'busybox/bin/busybox' } -ScriptBlock {
        @{ Path = 'init'; Mode = 755; Content = @(
                '#!/bin/busybox sh'
                'for folder in proc sys dev tmp mnt sbin usr/bin usr/sbin; do /bin/busybox mkdir -p /$folder; done'
                '/bin/busybox mount -t proc proc /proc'
                '/bin/busybox mount -t sysfs sysfs /sys'
                '/bin/busybox mount -t devtmpfs devtmpfs /dev'
                '/bin/busybox --install -s'
                'export PATH=/bin:/sbin:/usr/bin:/usr/sbin PS1="/ # "'
                $kernel.Modules | ForEach-Object { "insmod $($_.GuestPath)" }
                'if grep -q console=hvc0 /proc/cmdline; then while [ ! -c /dev/hvc0 ]; do sleep 0.1; done; fi'
                'exec setsid cttyhack sh </dev/console >/dev/console 2>&1') }
        @{ Path = 'dev/console'; Device = 'c 5:1' }
    }
    @{ Kernel = $kernel; Initrd = $initrd }
}
