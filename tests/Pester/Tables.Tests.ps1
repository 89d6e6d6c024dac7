# Fleets from tables: rows of CSV and JSON files as users write them, whose columns find their way to the cmdlets that add devices.

$noTables = -not (Get-Command Import-Csv, ConvertFrom-Json -ErrorAction Ignore)   # src/Shell reads neither: there rows are made by hand

BeforeAll {
    $kernel = (Get-LguestDemoKernel).Kernel
    $disk1 = Join-Path $TestDrive 'one.img'
    $disk2 = Join-Path $TestDrive 'two.img'
    foreach ($disk in $disk1, $disk2) { [System.IO.File]::WriteAllBytes($disk, [byte[]]::new(64 * 512)) }

    function Get-Disk([string] $Name) { Get-LguestBlockDevice $Name }
}

AfterAll { Get-LguestGuest | Remove-LguestGuest -Force }

Describe 'Files of guests' {
    AfterEach { Get-LguestGuest | Remove-LguestGuest -Force }

    It 'start a fleet from CSV' -Skip:$noTables {
        Set-Content (Join-Path $TestDrive 'fleet.csv') @"
Name,MemoryMB,Kernel,DiskPath,ReadOnly,Snapshot,Owner
web,16,$kernel,$disk1,true,false,alice
"db one",,$kernel,one.img,,TRUE,"bob, and friends"
plain,24,$kernel,,,,
"@
        Push-Location $TestDrive
        try { $fleet = Import-Csv fleet.csv | New-LguestGuest | Add-LguestBlockDevice | Start-LguestGuest } finally { Pop-Location }
        @($fleet.Name) | Should -Be @('web', 'db one', 'plain')
        @($fleet.MemoryMB) | Should -Be @(16, 64, 24)
        @($fleet.State) | Should -Be @('Running', 'Running', 'Running')
        @($fleet.Owner) | Should -Be @('alice', 'bob, and friends', '')
        Wait-LguestGuest $fleet -Console 'demo> ' -TimeoutSeconds 120 -ErrorAction Stop
        $web = Get-Disk web
        "$($web.Path) $($web.ReadOnly) $($web.Snapshot)" | Should -Be "$disk1 True False"
        $db = Get-Disk 'db one'
        "$($db.Path) $($db.ReadOnly) $($db.Snapshot)" | Should -Be "$disk1 False True"
        Get-Disk plain | Should -BeNullOrEmpty
    }

    It 'start a fleet from JSON, where a row may leave out what its guest has not' -Skip:$noTables {
        Set-Content (Join-Path $TestDrive 'fleet.json') @"
[
  { "Name": "web", "MemoryMB": 16, "Kernel": "$kernel", "DiskPath": "$disk1", "ReadOnly": true, "Address": "192.168.19.1" },
  { "Name": "db", "Kernel": "$kernel", "DiskPath": "$disk2", "Snapshot": 1, "Engine": "Interpreter" },
  { "Name": "plain", "Kernel": "$kernel", "DiskPath": null }
]
"@
        $fleet = Get-Content (Join-Path $TestDrive 'fleet.json') -Raw | ConvertFrom-Json | New-LguestGuest | Add-LguestBlockDevice | Add-LguestTunNet | Add-LguestRng
        @($fleet.Devices.Kind -join ' ') | Should -Be 'console block net rng console block rng console rng'
        (Get-Disk web).ReadOnly | Should -BeTrue
        (Get-Disk db).Snapshot | Should -BeTrue
        (Get-LguestGuest db).Engine | Should -Be 'Interpreter'
        (Get-LguestNetworkAdapter web).IPAddress | Should -Be '192.168.19.1'
    }

    It 'add a disk a row' -Skip:$noTables {
        foreach ($name in 'web', 'db') { $null = New-LguestGuest $name -Kernel $kernel }
        Set-Content (Join-Path $TestDrive 'disks.csv') "GuestName,Path,ReadOnly`nweb,$disk1,yes`nweb,$disk2,no`ndb,$disk1,0`ndb,,"
        $null = Import-Csv (Join-Path $TestDrive 'disks.csv') | Add-LguestBlockDevice
        @((Get-Disk web).Path) | Should -Be @($disk1, $disk2)
        @((Get-Disk web).ReadOnly) | Should -Be @($true, $false)
        @((Get-Disk db).Path) | Should -Be @($disk1)
    }

    It 'change guests' -Skip:$noTables {
        foreach ($name in 'web', 'db') { $null = New-LguestGuest $name -Kernel $kernel -CommandLine before }
        Set-Content (Join-Path $TestDrive 'changes.csv') "Name,MemoryMB,CommandLine`nweb,32,after`ndb,,after"
        $changed = Import-Csv (Join-Path $TestDrive 'changes.csv') | Set-LguestGuest -PassThru
        @($changed.MemoryMB) | Should -Be @(32, 64)
        @($changed.CommandLine) | Should -Be @('after', 'after')
    }
}

Describe 'Rows' {
    AfterEach { Get-LguestGuest | Remove-LguestGuest -Force }
    BeforeAll { function New-Row([hashtable] $More) { [pscustomobject](@{ Name = 'row'; Kernel = $kernel } + $More) } }

    It 'bind <Text> to a switch as <Value>' -ForEach @(
        @{ Text = 'true'; Value = $true }, @{ Text = 'True'; Value = $true }, @{ Text = 'yes'; Value = $true }, @{ Text = '1'; Value = $true }, @{ Text = 1; Value = $true }
        @{ Text = 'false'; Value = $false }, @{ Text = 'no'; Value = $false }, @{ Text = '0'; Value = $false }, @{ Text = ''; Value = $false }, @{ Text = $true; Value = $true }
    ) {
        $null = New-Row @{ DiskPath = $disk1; ReadOnly = $Text } | New-LguestGuest | Add-LguestBlockDevice
        (Get-Disk row).ReadOnly | Should -Be $Value
    }

    It 'refuse what is neither true nor false' {
        { New-Row @{ DiskPath = $disk1; ReadOnly = 'perhaps' } | New-LguestGuest | Add-LguestBlockDevice -ErrorAction Stop } | Should -Throw -ErrorId 'ParameterArgumentTransformationError,*'
    }

    It 'refuse <Cell> for <Column>, and the other rows are guests' -ForEach @(
        @{ Column = 'MemoryMB'; Cell = 'lots'; Said = "'lots' is not a number" }
        @{ Column = 'Engine'; Cell = 'fast'; Said = 'Auto, Interpreter, Translator' }
        @{ Column = 'OnViolation'; Cell = 'Panic'; Said = 'Stop, Warn, Ignore' }
    ) {
        $rows = [pscustomobject]@{ Name = 'bad'; $Column = $Cell }, [pscustomobject]@{ Name = 'good'; $Column = '' }
        @(($rows | New-LguestGuest -Kernel $kernel -ErrorVariable refused -ErrorAction SilentlyContinue).Name) | Should -Be @('good')
        "$(@($refused)[0])" | Should -Match ([regex]::Escape($Said))
        $null = New-LguestGuest bad -Kernel $kernel -MemoryMB 16
        $rows | Set-LguestGuest -ErrorVariable refused -ErrorAction SilentlyContinue
        @($refused)[0].FullyQualifiedErrorId | Should -Be 'ParameterArgumentTransformationError,LguestPS.Commands.SetLguestGuest'
        (Get-LguestGuest bad).MemoryMB | Should -Be 16
    }

    It 'name a device by guest and slot' {
        $null = New-Row @{ DiskPath = $disk1 } | New-LguestGuest | Add-LguestBlockDevice | Add-LguestBlockDevice -Path $disk2
        [pscustomobject]@{ GuestName = 'row'; Slot = '2' } | Set-LguestBlockDevice -ReadOnly
        @((Get-Disk row).ReadOnly) | Should -Be @($true, $false)
        [pscustomobject]@{ Name = 'row'; Slot = 2 } | Remove-LguestBlockDevice
        @((Get-Disk row).Path) | Should -Be @($disk2)
        Get-LguestBlockDevice row | Remove-LguestBlockDevice
        Get-Disk row | Should -BeNullOrEmpty
    }

    It 'type their text' {
        $guest = New-Row @{ MemoryMB = 16 } | New-LguestGuest | Start-LguestGuest
        Wait-LguestGuest $guest -Console 'demo> ' -TimeoutSeconds 120 -ErrorAction Stop
        [pscustomobject]@{ Name = 'row'; Text = "echo from a row`n" } | Send-LguestConsole
        Wait-LguestGuest $guest -Console '^from a row' -TimeoutSeconds 120 -ErrorAction Stop
    }

    It 'take empty cells for the defaults' {
        $guest = New-Row @{ MemoryMB = ''; Platform = ''; Engine = ''; Initrd = ''; CommandLine = ''; OnViolation = '' } | New-LguestGuest
        $guest.MemoryMB | Should -Be 64
        $guest.Engine | Should -Be 'Auto'
        $guest.Initrd | Should -BeNullOrEmpty
    }

    It 'keep their other columns on the guest, but none that the guest has itself' {
        $guest = New-Row @{ Owner = 'alice'; State = 'Running'; Devices = 'many' } | New-LguestGuest
        $guest.Owner | Should -Be 'alice'
        $guest.State | Should -Be 'Off'
        $guest.Devices.Count | Should -Be 1
        (Get-LguestGuest row).Owner | Should -Be 'alice'
    }

    It 'put a card on an address or a bridge, or have none' {
        $rows = @{ Name = 'a'; Address = '192.168.19.1'; Bridge = '' }, @{ Name = 'b'; Address = ''; Bridge = 'br0' }, @{ Name = 'c'; Address = ''; Bridge = '' }
        $null = $rows | ForEach-Object { $_.Kernel = $kernel; [pscustomobject] $_ } | New-LguestGuest | Add-LguestTunNet
        (Get-LguestNetworkAdapter a).IPAddress | Should -Be '192.168.19.1'
        (Get-LguestNetworkAdapter b).Bridge | Should -Be 'br0'
        Get-LguestNetworkAdapter c | Should -BeNullOrEmpty
    }

    It 'say so when no row has the column' {
        $guest = New-Row @{ Disc = $disk1 } | New-LguestGuest | Add-LguestBlockDevice -ErrorVariable missing -ErrorAction SilentlyContinue
        $guest.Name | Should -Be 'row'
        @($missing)[0].FullyQualifiedErrorId | Should -Be 'ColumnMissing,LguestPS.Commands.AddLguestBlockDevice'
    }

    It 'give way to what is typed' {
        $guest = New-Row @{ DiskPath = $disk1; ReadOnly = 'true'; Address = '192.168.19.1' } | New-LguestGuest | Add-LguestBlockDevice
        $null = $guest | Add-LguestBlockDevice -Path $disk2 | Add-LguestTunNet -Bridge br0
        @((Get-Disk row).ReadOnly) | Should -Be @($true, $false)
        (Get-LguestNetworkAdapter row).Bridge | Should -Be 'br0'
    }

    It 'give a switch beside a typed path that they do not have themselves' {
        $null = New-Row @{ ReadOnly = 'true' } | New-LguestGuest | Add-LguestBlockDevice -Path $disk1
        (Get-Disk row).ReadOnly | Should -BeTrue
    }

    It 'are not needed: a file is a kernel' { (Get-Item $kernel | New-LguestGuest -Name fromitem).Kernel | Should -Be $kernel }
}
