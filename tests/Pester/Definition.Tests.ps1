# Guests that are only defined: names, parameter sets, pipeline forms, errors and their ids.

BeforeAll {
    $kernel = Join-Path $TestDrive 'kernel'
    $disk = Join-Path $TestDrive 'disk.img'
    [System.IO.File]::WriteAllBytes($kernel, [byte[]](1..100))
    [System.IO.File]::WriteAllBytes($disk, [byte[]]::new(64 * 512))
}

AfterAll { Get-LguestGuest | Remove-LguestGuest -Force }

Describe 'New-LguestGuest' {
    AfterEach { Get-LguestGuest | Remove-LguestGuest -Force }

    It 'makes a guest that is off' {
        $guest = New-LguestGuest -Name web -MemoryMB 32 -Kernel $kernel -Initrd $disk -CommandLine 'console=hvc0'
        $guest.Name | Should -Be 'web'
        $guest.State | Should -Be 'Off'
        $guest.MemoryMB | Should -Be 32
        $guest.Kernel | Should -Be $kernel
        $guest.Initrd | Should -Be $disk
        $guest.CommandLine | Should -Be 'console=hvc0'
        $guest.Uptime | Should -Be ([timespan]::Zero)
        $guest.ExitReason | Should -BeNullOrEmpty
        @($guest.Devices.Kind) | Should -Be @('console')
    }

    It 'takes its parameters from properties, as Import-Csv gives them' {
        $guests = [pscustomobject]@{ Name = 'a'; Kernel = $kernel; MemoryMB = '16'; Initrd = '' }, [pscustomobject]@{ Name = 'b'; Kernel = $kernel; MemoryMB = '24'; Initrd = '' } | New-LguestGuest
        @($guests.MemoryMB) | Should -Be @(16, 24)
        $guests[0].Initrd | Should -BeNullOrEmpty
    }

    It 'takes a kernel that Get-Item found' {
        (Get-Item $kernel | New-LguestGuest -Name fromitem).Kernel | Should -Be $kernel
    }

    It 'takes the demo kernel by pipeline and by value' {
        $demo = Get-LguestDemoKernel
        ($demo | New-LguestGuest -Name bypipe).Kernel | Should -Be $demo.Kernel
        (New-LguestGuest -Name byvalue -Kernel $demo).Kernel | Should -Be $demo.Kernel
    }

    It 'resolves paths against the current location' {
        Push-Location $TestDrive
        try { (New-LguestGuest -Name relative -Kernel ./kernel).Kernel | Should -Be $kernel } finally { Pop-Location }
    }

    It 'makes nothing with -WhatIf' {
        New-LguestGuest -Name never -Kernel $kernel -WhatIf | Should -BeNullOrEmpty
        Get-LguestGuest | Should -BeNullOrEmpty
    }

    It 'refuses <Why>' -ForEach @(
        @{ Why = 'a kernel that is not there'; Bad = @{ Name = 'x'; Kernel = '/nonexistent/vmlinux' }; Id = 'KernelNotFound' }
        @{ Why = 'a kernel that is a folder'; Bad = @{ Name = 'x'; Kernel = '/' }; Id = 'KernelNotFound' }
        @{ Why = 'a kernel that is no file'; Bad = @{ Name = 'x'; Kernel = 'env:HOME' }; Id = 'KernelNotFound' }
        @{ Why = 'a name with wildcards'; Bad = @{ Name = 'x*'; Kernel = '/dev/null' }; Id = 'InvalidGuestName' }
        @{ Why = 'memory of no size'; Bad = @{ Name = 'x'; Kernel = '/dev/null'; MemoryMB = 0 }; Id = 'ParameterArgumentValidationError' }
    ) {
        { New-LguestGuest @Bad } | Should -Throw -ErrorId "$Id,*"
    }

    It 'refuses an initrd that is not there' {
        { New-LguestGuest -Name x -Kernel $kernel -Initrd /nonexistent/initrd } | Should -Throw -ErrorId 'InitrdNotFound,*'
    }

    It 'refuses a name that is taken, in whatever case' {
        $null = New-LguestGuest -Name taken -Kernel $kernel
        $thrown = { New-LguestGuest -Name TAKEN -Kernel $kernel } | Should -Throw -ErrorId 'GuestExists,*' -PassThru
        $thrown.CategoryInfo.Category | Should -Be 'ResourceExists'
        $thrown.TargetObject | Should -Be 'TAKEN'
    }
}

Describe 'Get-LguestGuest and names' {
    BeforeAll { foreach ($name in 'web2', 'web1', 'db') { $null = New-LguestGuest -Name $name -Kernel $kernel } }
    AfterAll { Get-LguestGuest | Remove-LguestGuest -Force }

    It 'gets all of them, by name' { @((Get-LguestGuest).Name) | Should -Be @('db', 'web1', 'web2') }
    It 'gets them by wildcards' { @((Get-LguestGuest 'web*').Name) | Should -Be @('web1', 'web2') }
    It 'gets them by several names' { @((Get-LguestGuest web2, DB).Name) | Should -Be @('web2', 'db') }
    It 'gets them by piped names' { @(('db', 'web1' | Get-LguestGuest).Name) | Should -Be @('db', 'web1') }
    It 'finds nothing for a pattern without an error' { Get-LguestGuest 'zz*' -ErrorAction Stop | Should -BeNullOrEmpty }

    It 'says which name it did not find' {
        $thrown = { Get-LguestGuest nobody -ErrorAction Stop } | Should -Throw -ErrorId 'GuestNotFound,*' -PassThru
        $thrown.CategoryInfo.Category | Should -Be 'ObjectNotFound'
        $thrown.TargetObject | Should -Be 'nobody'
    }

    It 'goes on after a name that it did not find' {
        $found = Get-LguestGuest nobody, db -ErrorVariable missing -ErrorAction SilentlyContinue
        $found.Name | Should -Be 'db'
        $missing.Count | Should -Be 1
    }

    It 'completes names with the state in the tooltip' {
        $line = 'Stop-LguestGuest we'
        $found = @([System.Management.Automation.CommandCompletion]::CompleteInput($line, $line.Length, $null).CompletionMatches)
        @($found.CompletionText) | Should -Be @('web1', 'web2')
        $found[0].ToolTip | Should -Match 'Off'
    }
}

Describe 'Adding devices' {
    BeforeEach { $guest = New-LguestGuest -Name dev -Kernel $kernel }
    AfterEach { Get-LguestGuest | Remove-LguestGuest -Force }

    It 'adds by object, by name and by pipeline, and passes the guest on' {
        (Add-LguestRng $guest).Name | Should -Be 'dev'
        (Add-LguestRng dev).Name | Should -Be 'dev'
        (Add-LguestRng -Name dev).Name | Should -Be 'dev'
        (Add-LguestRng -Guest $guest).Name | Should -Be 'dev'
        ($guest | Add-LguestRng).Name | Should -Be 'dev'
        ('dev' | Add-LguestRng).Name | Should -Be 'dev'
        ([pscustomobject]@{ Name = 'dev' } | Add-LguestRng).Name | Should -Be 'dev'
        $guest.Devices.Count | Should -Be 8
    }

    It 'takes a disk in each way that guests can be given' {
        (Add-LguestBlockDevice dev $disk).Name | Should -Be 'dev'
        (Add-LguestBlockDevice $guest $disk).Name | Should -Be 'dev'
        (Add-LguestBlockDevice -Name dev -Path $disk).Name | Should -Be 'dev'
        (Add-LguestBlockDevice -Guest $guest -Path $disk).Name | Should -Be 'dev'
        ($guest | Add-LguestBlockDevice $disk).Name | Should -Be 'dev'
        ($guest | Add-LguestBlockDevice -Path $disk).Name | Should -Be 'dev'
        ('dev' | Add-LguestBlockDevice -Path $disk).Name | Should -Be 'dev'
        ([pscustomobject]@{ Name = 'dev'; Path = $disk } | Add-LguestBlockDevice).Name | Should -Be 'dev'
        @($guest.Devices.Kind) | Should -Be (@('console') + @('block') * 8)
        { $guest | Add-LguestBlockDevice -ErrorAction Stop } | Should -Throw -ErrorId 'ParameterMissing,LguestPS.Commands.AddLguestBlockDevice'
    }

    It 'numbers slots in the order in which devices were added' {
        $null = $guest | Add-LguestBlockDevice -Path $disk | Add-LguestTunNet -IPAddress 192.168.19.1 | Add-LguestRng
        @($guest.Devices.Kind) | Should -Be @('console', 'block', 'net', 'rng')
        @($guest.Devices.Slot) | Should -Be @(1, 2, 3, 4)
    }

    It 'keeps what was asked for' {
        $null = $guest | Add-LguestBlockDevice -Path $disk -ReadOnly -Snapshot | Add-LguestTunNet -IPAddress 192.168.19.1 -MacAddress 02:00:00:00:00:01 -TapName tap7
        $block = $guest.Devices[1].Settings
        $block.Path | Should -Be $disk
        $block.ReadOnly | Should -BeTrue
        $block.Snapshot | Should -BeTrue
        $net = $guest.Devices[2].Settings
        "$($net.IPAddress)" | Should -Be '192.168.19.1'
        "$($net.MacAddress)" | Should -Be '020000000001'
        $net.TapName | Should -Be 'tap7'
    }

    It 'adds to several guests at once' {
        $null = New-LguestGuest -Name dev2 -Kernel $kernel
        @(Add-LguestRng 'dev*').Count | Should -Be 2
    }

    It 'adds nothing with -WhatIf' {
        $null = Add-LguestRng $guest -WhatIf
        $guest.Devices.Count | Should -Be 1
    }

    It 'refuses a disk of no whole number of sectors' {
        $odd = Join-Path $TestDrive 'odd.img'
        [System.IO.File]::WriteAllBytes($odd, [byte[]]::new(700))
        { $guest | Add-LguestBlockDevice -Path $odd } | Should -Throw -ErrorId 'DiskSizeInvalid,*'
        $guest.Devices.Count | Should -Be 1
    }

    It 'refuses a disk that is not there' {
        $thrown = { $guest | Add-LguestBlockDevice -Path /nonexistent/disk } | Should -Throw -ErrorId 'DiskNotFound,*' -PassThru
        $thrown.CategoryInfo.Category | Should -Be 'ObjectNotFound'
        $thrown.TargetObject | Should -Be '/nonexistent/disk'
    }

    It 'refuses a network card with <Why>' -ForEach @(
        @{ Why = 'an address that is none'; Bad = @{ IPAddress = '192.168.19' }; Id = 'IPAddressInvalid' }
        @{ Why = 'a MAC that is none'; Bad = @{ IPAddress = '192.168.19.1'; MacAddress = '02:00:00' }; Id = 'MacAddressInvalid' }
        @{ Why = 'neither address nor bridge'; Bad = @{}; Id = 'AddressOrBridge' }
        @{ Why = 'both address and bridge'; Bad = @{ IPAddress = '192.168.19.1'; Bridge = 'br0' }; Id = 'AddressOrBridge' }
    ) {
        { $guest | Add-LguestTunNet @Bad } | Should -Throw -ErrorId "$Id,*"
    }

    It 'refuses more devices than the bus has slots' {
        for ($i = 0; $i -lt 30; $i++) { $null = Add-LguestRng $guest }
        $thrown = { Add-LguestRng $guest } | Should -Throw -ErrorId 'TooManyDevices,*' -PassThru
        $thrown.CategoryInfo.Category | Should -Be 'LimitsExceeded'
        $guest.Devices.Count | Should -Be 31
    }
}

Describe 'Guests that are off' {
    BeforeEach { $guest = New-LguestGuest -Name off -Kernel $kernel }
    AfterEach { Get-LguestGuest | Remove-LguestGuest -Force }

    It 'refuses to <Command>' -ForEach @(
        @{ Command = 'Restart-LguestGuest'; More = @{} }
        @{ Command = 'Send-LguestConsole'; More = @{ Text = 'ls' } }
        @{ Command = 'Enter-LguestConsole'; More = @{} }
        @{ Command = 'Wait-LguestGuest'; More = @{ Console = '# ' } }
    ) {
        { & $Command -Name off -ErrorAction Stop @More } | Should -Throw -ErrorId 'GuestNotRunning,*'
    }

    It 'warns when one is turned off again' {
        Stop-LguestGuest off -WarningVariable said -WarningAction SilentlyContinue
        "$said" | Should -Match 'Off already'
    }

    It 'takes a guest that is off for one that has ended' { Wait-LguestGuest $guest -Exit -TimeoutSeconds 5 -PassThru | Should -Be $guest }

    It 'has nothing to receive' { Receive-LguestConsole $guest | Should -BeNullOrEmpty }

    It 'removes guests, and does not start what was removed' {
        (Remove-LguestGuest $guest -Force -PassThru).Name | Should -Be 'off'
        Get-LguestGuest | Should -BeNullOrEmpty
        { Start-LguestGuest $guest -ErrorAction Stop } | Should -Throw -ErrorId 'GuestRemoved,*'
    }

    It 'removes nothing with -WhatIf' {
        Remove-LguestGuest off -WhatIf
        (Get-LguestGuest).Name | Should -Be 'off'
    }
}
