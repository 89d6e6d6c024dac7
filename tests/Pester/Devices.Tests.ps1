# Disks, network cards and entropy sources as objects: got, changed, removed, by guest and slot or by pipeline.

BeforeAll {
    $kernel = (Get-LguestDemoKernel).Kernel
    $disk1, $disk2, $disk3 = 'one', 'two', 'three' | ForEach-Object { Join-Path $TestDrive "$_.img" }
    $sectors = 0
    foreach ($disk in $disk1, $disk2, $disk3) { [System.IO.File]::WriteAllBytes($disk, [byte[]]::new(512 * ($sectors += 64))) }
}

AfterAll { Get-LguestGuest | Remove-LguestGuest -Force }

Describe 'Get-LguestBlockDevice' {
    BeforeAll {
        $guest = New-LguestGuest web -MemoryMB 16 -Kernel $kernel | Add-LguestBlockDevice $disk1 -ReadOnly | Add-LguestRng | Add-LguestBlockDevice $disk2 -Snapshot
        $null = New-LguestGuest db -Kernel $kernel | Add-LguestBlockDevice $disk3
    }
    AfterAll { Get-LguestGuest | Remove-LguestGuest -Force }

    It 'tells what a disk is' {
        $first, $second = Get-LguestBlockDevice web
        "$($first.GuestName) $($first.Slot) $($first.Path) $($first.ReadOnly) $($first.Snapshot) $($first.Size) $($first.Sectors)" | Should -Be "web 2 $disk1 True False 32768 64"
        "$($second.Slot) $($second.Path) $($second.ReadOnly) $($second.Snapshot) $($second.Sectors)" | Should -Be "4 $disk2 False True 128"
    }

    It 'gets by <Form>' -ForEach @(
        @{ Form = 'no name'; Get = { Get-LguestBlockDevice }; Paths = 3 }
        @{ Form = 'wildcard'; Get = { Get-LguestBlockDevice 'w*' }; Paths = 2 }
        @{ Form = 'object'; Get = { Get-LguestBlockDevice $guest }; Paths = 2 }
        @{ Form = 'piped object'; Get = { $guest | Get-LguestBlockDevice }; Paths = 2 }
        @{ Form = 'piped name'; Get = { 'db', 'web' | Get-LguestBlockDevice }; Paths = 3 }
        @{ Form = 'Hyper-V''s habit'; Get = { Get-LguestBlockDevice -GuestName web }; Paths = 2 }
        @{ Form = 'slot'; Get = { Get-LguestBlockDevice web 4 }; Paths = 1 }
    ) { @(& $Get).Count | Should -Be $Paths }

    It 'are the same objects as among the guest''s devices' { (Get-LguestBlockDevice web 2) | Should -Be $guest.Devices[1] }

    It 'says which slot has none' {
        { Get-LguestBlockDevice web -Slot 3 -ErrorAction Stop } | Should -Throw -ErrorId 'DeviceNotFound,LguestPS.Commands.GetLguestBlockDevice'
        { Get-LguestBlockDevice nobody -ErrorAction Stop } | Should -Throw -ErrorId 'GuestNotFound,*'
    }

    It 'has no size while the image is gone' {
        $path = Join-Path $TestDrive 'brief.img'
        [System.IO.File]::WriteAllBytes($path, [byte[]]::new(512))
        $null = New-LguestGuest brief -Kernel $kernel | Add-LguestBlockDevice $path
        $device = Get-LguestBlockDevice brief
        $device.Size | Should -Be 512
        Remove-Item $path
        $device.Size | Should -BeNullOrEmpty
        Remove-LguestGuest brief -Force
    }
}

Describe 'Set-LguestBlockDevice' {
    BeforeEach { $guest = New-LguestGuest web -MemoryMB 16 -Kernel $kernel | Add-LguestBlockDevice $disk1 -ReadOnly | Add-LguestBlockDevice $disk2 }
    AfterEach { Get-LguestGuest | Remove-LguestGuest -Force }

    It 'changes by pipeline, and the object follows' {
        $device = Get-LguestBlockDevice web 2
        $device | Set-LguestBlockDevice -Path $disk3 | Should -BeNullOrEmpty
        "$($device.Path) $($device.ReadOnly) $($device.Sectors)" | Should -Be "$disk3 True 192"
        ($device | Set-LguestBlockDevice -ReadOnly:$false -Snapshot -PassThru).Snapshot | Should -BeTrue
        "$($device.Path) $($device.ReadOnly)" | Should -Be "$disk3 False"
        (Get-LguestBlockDevice web 3).Path | Should -Be $disk2
    }

    It 'changes by name and slot, and by guest and slot' {
        Set-LguestBlockDevice web 3 -Path $disk3
        $guest.Devices[2].Path | Should -Be $disk3
        $guest | Set-LguestBlockDevice -Slot 2 -ReadOnly:$false
        Set-LguestBlockDevice -Guest $guest -Slot 2 -Snapshot
        "$($guest.Devices[1].ReadOnly) $($guest.Devices[1].Snapshot)" | Should -Be 'False True'
    }

    It 'refuses <Why>' -ForEach @(
        @{ Why = 'a slot without disk'; Slot = 1; Bad = @{ ReadOnly = $true }; Id = 'DeviceNotFound' }
        @{ Why = 'an image that is not there'; Slot = 2; Bad = @{ Path = '/nonexistent/disk' }; Id = 'DiskNotFound' }
        @{ Why = 'an image of no whole sectors'; Slot = 2; Bad = @{ Path = 'odd' }; Id = 'DiskSizeInvalid' }
    ) {
        if ($Bad.Path -eq 'odd') { $Bad = @{ Path = Join-Path $TestDrive 'odd.img' }; [System.IO.File]::WriteAllBytes($Bad.Path, [byte[]]::new(700)) }
        { Set-LguestBlockDevice web $Slot @Bad -ErrorAction Stop } | Should -Throw -ErrorId "$Id,LguestPS.Commands.SetLguestBlockDevice"
        $guest.Devices[1].Path | Should -Be $disk1
    }

    It 'changes nothing with -WhatIf' {
        Get-LguestBlockDevice web | Set-LguestBlockDevice -Path $disk3 -WhatIf
        @((Get-LguestBlockDevice web).Path) | Should -Be @($disk1, $disk2)
    }

    It 'refuses to change the disk of a guest that runs' {
        $null = Start-LguestGuest web
        { Get-LguestBlockDevice web | Set-LguestBlockDevice -Path $disk3 -ErrorAction Stop } | Should -Throw -ErrorId 'GuestRunning,*'
        { Get-LguestBlockDevice web | Remove-LguestBlockDevice -ErrorAction Stop } | Should -Throw -ErrorId 'GuestRunning,*'
    }

    It 'is what the guest has at its next start' {
        Set-LguestBlockDevice web 2 -Path $disk3 -ReadOnly:$false
        $null = Start-LguestGuest web
        Wait-LguestGuest web -Console 'demo> ' -TimeoutSeconds 120 -ErrorAction Stop
        Send-LguestConsole web "disk write 3 written by the guest`n"
        Wait-LguestGuest web -Console 'demo> ' -TimeoutSeconds 120 -ErrorAction Stop
        [System.Text.Encoding]::ASCII.GetString([System.IO.File]::ReadAllBytes($disk3), 3 * 512, 20) | Should -Be 'written by the guest'
    }
}

Describe 'Remove-LguestBlockDevice' {
    BeforeEach { $guest = New-LguestGuest web -MemoryMB 16 -Kernel $kernel | Add-LguestBlockDevice $disk1 | Add-LguestRng | Add-LguestBlockDevice $disk2 | Add-LguestBlockDevice $disk3 }
    AfterEach { Get-LguestGuest | Remove-LguestGuest -Force }

    It 'removes by pipeline, and the slots behind move up' {
        $last = Get-LguestBlockDevice web 5
        Get-LguestBlockDevice web | Where-Object Path -In $disk1, $disk2 | Remove-LguestBlockDevice | Should -BeNullOrEmpty
        $guest.Devices -join '; ' | Should -Be "console; $($guest.Devices[1]); $disk3"
        $last.Slot | Should -Be 3
        @($guest.Devices.Slot) | Should -Be @(1, 2, 3)
    }

    It 'removes all of a guest' {
        $removed = Get-LguestBlockDevice web | Remove-LguestBlockDevice -PassThru
        @($removed.Slot) | Should -Be @(0, 0, 0)
        @($guest.Devices.Kind) | Should -Be @('console', 'rng')
    }

    It 'removes by name and slot, and by guest and slot' {
        Remove-LguestBlockDevice web 2
        Remove-LguestBlockDevice -Guest $guest -Slot 3
        @((Get-LguestBlockDevice web).Path) | Should -Be @($disk3)
    }

    It 'refuses what is no disk, or not there' {
        { Remove-LguestBlockDevice web 3 -ErrorAction Stop } | Should -Throw -ErrorId 'DeviceNotFound,*'
        $device = Get-LguestBlockDevice web 2
        $device | Remove-LguestBlockDevice
        $thrown = { $device | Remove-LguestBlockDevice -ErrorAction Stop } | Should -Throw -ErrorId 'DeviceRemoved,*' -PassThru
        $thrown.TargetObject | Should -Be $device
    }

    It 'removes nothing with -WhatIf' {
        Get-LguestBlockDevice web | Remove-LguestBlockDevice -WhatIf
        $guest.Devices.Count | Should -Be 5
    }

    It 'makes room for another' {
        for ($i = 0; $i -lt 26; $i++) { $null = Add-LguestRng web }
        { Add-LguestRng web } | Should -Throw -ErrorId 'TooManyDevices,*'
        Remove-LguestBlockDevice web 2
        (Add-LguestRng web).Devices.Count | Should -Be 31
    }
}

Describe 'Network cards' {
    BeforeEach { $guest = New-LguestGuest web -Kernel $kernel | Add-LguestNetworkAdapter -IPAddress 192.168.19.1 -MacAddress 02-00-00-00-00-1 | Add-LguestTunNet -Bridge br0 }
    AfterEach { Get-LguestGuest | Remove-LguestGuest -Force }

    It 'are told of' {
        $first, $second = Get-LguestNetworkAdapter web
        "$($first.Slot) $($first.IPAddress) $($first.Bridge) $($first.MacAddress) $($first.TapName)" | Should -Be '2 192.168.19.1  02:00:00:00:00:01 '
        "$($second.Slot) $($second.IPAddress) $($second.Bridge) $($second.MacAddress)" | Should -Be '3  br0 '
    }

    It 'are changed, address and bridge for one another' {
        Get-LguestNetworkAdapter web | Set-LguestNetworkAdapter -Bridge br1
        "$(@((Get-LguestNetworkAdapter web).Bridge)) $((Get-LguestNetworkAdapter web 2).IPAddress) $((Get-LguestNetworkAdapter web 2).MacAddress)" | Should -Be 'br1 br1  02:00:00:00:00:01'
        $card = Set-LguestNetworkAdapter web 3 -IPAddress 10.0.0.1 -TapName tap7 -PassThru
        "$($card.IPAddress) $($card.Bridge) $($card.TapName)" | Should -Be '10.0.0.1  tap7'
        $card | Set-LguestNetworkAdapter -TapName '' -MacAddress 02:00:00:00:00:02
        "$($card.IPAddress) $($card.TapName) $($card.MacAddress)" | Should -Be '10.0.0.1  02:00:00:00:00:02'
        Set-LguestNetworkAdapter -Guest $guest -Slot 3 -MacAddress ''
        $card.MacAddress | Should -BeNullOrEmpty
    }

    It 'are not changed to what they can''t be' {
        { Set-LguestNetworkAdapter web 2 -IPAddress 10.0.0.1 -Bridge br0 } | Should -Throw -ErrorId 'AddressOrBridge,*'
        { Set-LguestNetworkAdapter web 2 -IPAddress 10.0.0 } | Should -Throw -ErrorId 'IPAddressInvalid,*'
        { Set-LguestNetworkAdapter web 2 -MacAddress 1 } | Should -Throw -ErrorId 'MacAddressInvalid,*'
        Set-LguestNetworkAdapter web 2 -Bridge br9 -WhatIf
        (Get-LguestNetworkAdapter web 2).IPAddress | Should -Be '192.168.19.1'
    }

    It 'are removed' {
        Get-LguestNetworkAdapter web 2 | Remove-LguestNetworkAdapter -WhatIf
        (Remove-LguestNetworkAdapter web 2 -PassThru).IPAddress | Should -Be '192.168.19.1'
        $guest | Get-LguestNetworkAdapter | Remove-LguestNetworkAdapter
        Get-LguestNetworkAdapter web | Should -BeNullOrEmpty
    }
}

Describe 'Entropy sources' {
    BeforeEach { $guest = New-LguestGuest web -Kernel $kernel | Add-LguestRng | Add-LguestRng }
    AfterEach { Get-LguestGuest | Remove-LguestGuest -Force }

    It 'are got and removed, each for itself although they are alike' {
        $first, $second = Get-LguestRng web
        "$($first.Slot) $($second.Slot)" | Should -Be '2 3'
        $second | Remove-LguestRng
        "$($first.Slot) $($second.Slot)" | Should -Be '2 0'
        Remove-LguestRng web 2
        $guest | Get-LguestRng | Should -BeNullOrEmpty
        { Remove-LguestRng web 2 -ErrorAction Stop } | Should -Throw -ErrorId 'DeviceNotFound,LguestPS.Commands.RemoveLguestRng'
    }
}

Describe 'Completion' {
    BeforeAll { $null = New-LguestGuest web -Kernel $kernel | Add-LguestRng | Add-LguestBlockDevice $disk1 | Add-LguestBlockDevice $disk2 }
    AfterAll { Get-LguestGuest | Remove-LguestGuest -Force }

    It 'knows the slots of <Line>' -ForEach @(
        @{ Line = 'Get-LguestBlockDevice web -Slot '; Slots = '3 4'; First = 'one\.img' }
        @{ Line = 'Remove-LguestBlockDevice -Name web -Slot 4'; Slots = '4'; First = 'two\.img' }
        @{ Line = 'Remove-LguestRng web -Slot '; Slots = '2'; First = 'rng' }
    ) {
        $found = @([System.Management.Automation.CommandCompletion]::CompleteInput($Line, $Line.Length, $null).CompletionMatches)
        $found.CompletionText -join ' ' | Should -Be $Slots
        $found[0].ToolTip | Should -Match "^web: .*$First"
    }

    It 'shows a guest''s state beside its name' {
        $line = 'Suspend-LguestGuest w'
        @([System.Management.Automation.CommandCompletion]::CompleteInput($line, $line.Length, $null).CompletionMatches)[0].ToolTip | Should -Match 'Off'
    }
}

Describe 'How devices are shown' -Skip:(-not (Get-Command Out-String -ErrorAction Ignore)) {
    AfterEach { Get-LguestGuest | Remove-LguestGuest -Force }

    It 'shows each kind as a table of its own' {
        $guest = New-LguestGuest web -Kernel $kernel | Add-LguestBlockDevice $disk1 | Add-LguestTunNet -IPAddress 192.168.19.1 | Add-LguestRng
        Get-LguestBlockDevice web | Out-String | Should -Match 'GuestName +Slot +ReadOnly +Snapshot +Size +Path'
        Get-LguestNetworkAdapter web | Out-String | Should -Match 'GuestName +Slot +IPAddress +Bridge +MacAddress +TapName'
        Get-LguestRng web | Out-String | Should -Match 'GuestName +Slot +Kind +Settings'
        Test-LguestGuest web | Out-String | Should -Match 'GuestName +Passed +Check +Message'
        $guest.Devices | Out-String | Should -Match '(?s)GuestName +Slot +Kind +Settings.*console.*block.*net.*rng'
        $guest | Format-List Devices | Out-String | Should -Match '\{console, block, net, rng\}'
        Get-LguestBlockDevice web | Format-List | Out-String | Should -Match '(?s)GuestName +: web\s+Slot +: 2\s+Kind +: block\s+Path +: '
        $guest | Format-List | Out-String | Should -Match '(?s)Name +: web\s.*Kernel +: /.*Platform +: .*Devices +: console, block, net, rng\s'
    }
}
