# Initial RAM disks, kernels out of packages, and the machine that a kernel is put on.

BeforeAll {
    # What the archive holds, by path: an independent reading of the newc format.
    function Read-Cpio([string] $Path, [switch] $Packed) {
        $bytes = [System.IO.File]::ReadAllBytes($Path)
        if ($Packed) {
            $unpacked = [System.IO.MemoryStream]::new()
            $gzip = [System.IO.Compression.GZipStream]::new([System.IO.MemoryStream]::new($bytes), [System.IO.Compression.CompressionMode]::Decompress)
            $gzip.CopyTo($unpacked)
            $bytes = $unpacked.ToArray()
        }
        $entries = [ordered]@{}
        $at = 0
        while ($true) {
            $header = [System.Text.Encoding]::ASCII.GetString($bytes, $at, 110)
            if ($header.Substring(0, 6) -ne '070701') { throw "No header at $at." }
            $field = 0..12 | ForEach-Object { [Convert]::ToUInt32($header.Substring(6 + 8 * $_, 8), 16) }
            $name = [System.Text.Encoding]::UTF8.GetString($bytes, $at + 110, $field[11] - 1)
            $data = $at + 110 + $field[11]
            $data += -$data -band 3
            if ($name -eq 'TRAILER!!!') { return $entries }
            $entries[$name] = [pscustomobject]@{
                Mode = [Convert]::ToString([int]$field[1], 8); Text = [System.Text.Encoding]::UTF8.GetString($bytes, $data, $field[6]); Owner = "$($field[2]):$($field[3])"
                Device = "$($field[9]):$($field[10])"
            }
            $at = $data + $field[6]
            $at += -$at -band 3
        }
    }

    function Add-ArMember([System.IO.Stream] $Archive, [string] $Name, [byte[]] $Content) {
        $Archive.Write([System.Text.Encoding]::ASCII.GetBytes(('{0,-16}{1,-12}{2,-6}{2,-6}{3,-8}{4,-10}' -f $Name, 0, 0, 100644, $Content.Length) + "``" + "`n"))
        $Archive.Write($Content)
        if ($Content.Length % 2) { $Archive.WriteByte(10) }
    }

    # A package without a kernel's bulk: one file for it and its list of built-in modules.
    function New-KernelPackage([string] $Path) {
        $tar = [System.IO.MemoryStream]::new()
        $writer = [System.Formats.Tar.TarWriter]::new($tar, $true)
        foreach ($file in @{ './boot/vmlinuz-6.1.0-test' = 'the kernel'; './lib/modules/6.1.0-test/modules.builtin' = "kernel/lib/built-in.ko`n" }.GetEnumerator()) {
            $entry = [System.Formats.Tar.UstarTarEntry]::new([System.Formats.Tar.TarEntryType]::RegularFile, $file.Key)
            $entry.DataStream = [System.IO.MemoryStream]::new([System.Text.Encoding]::ASCII.GetBytes($file.Value))
            $writer.WriteEntry($entry)
        }
        $writer.Dispose()
        $archive = [System.IO.File]::Create($Path)
        $archive.Write([System.Text.Encoding]::ASCII.GetBytes("!<arch>`n"))
        Add-ArMember $archive 'debian-binary' ([System.Text.Encoding]::ASCII.GetBytes("2.0`n1"))
        Add-ArMember $archive 'data.tar' $tar.ToArray()
        $archive.Dispose()
    }

    $image = Join-Path $TestDrive 'initrd.img'
}

Describe 'New-LguestInitrd' {
    It 'writes the entries of a script block' {
        $made = New-LguestInitrd $image -ScriptBlock {
            @{ Path = '/init'; Mode = 755; Content = "#!/bin/sh`n" }
            [pscustomobject]@{ Path = 'dev/console'; Mode = '0600'; Device = 'c 5:1' }
            @{ Path = 'dev/vda'; Device = 'b 254:0' }
            @{ Path = 'run/pipe'; Device = 'p' }
            @{ Path = 'tmp'; Mode = 1777 }
            @{ Path = 'sbin/init'; Target = '../init' }
            @{ Path = 'lines'; Content = 'one', 'two' }
            @{ Path = 'bytes'; Content = [byte[]](65, 66) }
        }
        $made.FullName | Should -Be $image
        $entries = Read-Cpio $image -Packed
        "$($entries.Keys)" | Should -Be 'bytes dev dev/console dev/vda init lines run run/pipe sbin sbin/init tmp'
        $entries['init'].Mode | Should -Be '100755'
        $entries['init'].Text | Should -Be "#!/bin/sh`n"
        $entries['dev'].Mode | Should -Be '40755'
        $entries['dev/console'].Mode | Should -Be '20600'
        $entries['dev/console'].Device | Should -Be '5:1'
        $entries['dev/vda'].Mode | Should -Be '60600'
        $entries['dev/vda'].Device | Should -Be '254:0'
        $entries['run/pipe'].Mode | Should -Be '10600'
        $entries['tmp'].Mode | Should -Be '41777'
        $entries['sbin/init'].Mode | Should -Be '120777'
        $entries['sbin/init'].Text | Should -Be '../init'
        $entries['lines'].Text | Should -Be "one`ntwo`n"
        $entries['bytes'].Text | Should -Be 'AB'
    }

    It 'takes a directory as it is, files by name and entries by pipeline; the later one counts' {
        $tree = Join-Path $TestDrive 'tree'
        $null = New-Item (Join-Path $tree 'sub') -ItemType Directory -Force
        Set-Content (Join-Path $tree 'sub/tool') 'from the directory'
        [System.IO.File]::SetUnixFileMode((Join-Path $tree 'sub/tool'), 0x9ED)   # 4755
        $null = [System.IO.File]::CreateSymbolicLink((Join-Path $tree 'link'), 'sub/tool')
        $other = Join-Path $TestDrive 'other'
        Set-Content $other 'from a file' -NoNewline
        $null = @{ Path = 'late'; Content = 'from the pipeline' } | New-LguestInitrd $image -Directory $tree -File @{ 'etc/other' = $other } -ScriptBlock { @{ Path = 'late'; Content = 'early' } } -NoCompression
        $entries = Read-Cpio $image
        "$($entries.Keys)" | Should -Be 'etc etc/other late link sub sub/tool'
        $entries['sub/tool'].Mode | Should -Be '104755'
        $entries['sub/tool'].Owner | Should -Be '0:0'
        $entries['link'].Text | Should -Be 'sub/tool'
        $entries['etc/other'].Text | Should -Be 'from a file'
        $entries['late'].Text | Should -Be 'from the pipeline'
    }

    It 'makes the same file of the same content' {
        $null = New-LguestInitrd $image -ScriptBlock { @{ Path = 'a'; Content = 'a' } }
        $first = [Convert]::ToBase64String([System.IO.File]::ReadAllBytes($image))
        [System.Threading.Thread]::Sleep(1100)
        $null = New-LguestInitrd $image -ScriptBlock { @{ Path = 'a'; Content = 'a' } }
        [Convert]::ToBase64String([System.IO.File]::ReadAllBytes($image)) | Should -Be $first
    }

    It 'refuses <Why>' -ForEach @(
        @{ Why = 'a way up'; Bad = @{ Path = '../up'; Content = '' } }
        @{ Why = 'no path'; Bad = @{ Mode = 755 } }
        @{ Why = 'two kinds at once'; Bad = @{ Path = 'x'; Content = ''; Target = 'y' } }
        @{ Why = 'a mode that is none'; Bad = @{ Path = 'x'; Mode = 'rwx' } }
        @{ Why = 'a device that is none'; Bad = @{ Path = 'x'; Device = 'c5' } }
        @{ Why = 'a property that there is not'; Bad = @{ Path = 'x'; Contents = '' } }
    ) {
        Remove-Item $image -ErrorAction SilentlyContinue
        { $Bad | New-LguestInitrd $image } | Should -Throw -ErrorId 'EntryInvalid,*'
        Test-Path $image | Should -BeFalse
    }

    It 'says what it does not find' {
        { New-LguestInitrd $image -Directory /nonexistent/tree } | Should -Throw -ErrorId 'DirectoryNotFound,*'
        { New-LguestInitrd $image -File @{ x = '/nonexistent/file' } } | Should -Throw -ErrorId 'FileNotFound,*'
        { New-LguestInitrd /nonexistent/initrd.img } | Should -Throw -ErrorId 'OutputUnwritable,*'
    }

    It 'makes nothing with -WhatIf' {
        Remove-Item $image -ErrorAction SilentlyContinue
        New-LguestInitrd $image -WhatIf | Should -BeNullOrEmpty
        Test-Path $image | Should -BeFalse
    }
}

Describe 'Import-LguestKernel' {
    BeforeAll {
        $package = Join-Path $TestDrive 'linux-image.deb'
        New-KernelPackage $package
        $folder = Join-Path $TestDrive 'kernel'
    }
    AfterEach { Get-LguestGuest | Remove-LguestGuest -Force }

    It 'takes the kernel, which New-LguestGuest takes from the pipeline' {
        $kernel = Import-LguestKernel $package $folder -Module built_in
        $kernel.Version | Should -Be '6.1.0-test'
        $kernel.Kernel | Should -Be (Join-Path $folder 'vmlinuz-6.1.0-test')
        Get-Content $kernel.Kernel | Should -Be 'the kernel'
        @($kernel.Modules).Count | Should -Be 0
        Test-Path $kernel.Root | Should -BeTrue
        ($kernel | New-LguestGuest -Name imported).Kernel | Should -Be $kernel.Kernel
    }

    It 'takes a package that Get-Item found' {
        (Get-Item $package | Import-LguestKernel -OutputFolder $folder).Package | Should -Be $package
    }

    It 'says what it does not find, and writes nothing then' {
        { Import-LguestKernel /nonexistent/linux.deb $folder } | Should -Throw -ErrorId 'PackageNotFound,*'
        $none = Join-Path $TestDrive 'none'
        $thrown = { Import-LguestKernel $package $none -Module nothing } | Should -Throw -ErrorId 'ModuleNotFound,*' -PassThru
        $thrown.TargetObject | Should -Be 'nothing'
        Test-Path $none | Should -BeFalse
    }

    It 'refuses a file that is no package' {
        $bad = Join-Path $TestDrive 'bad.deb'
        Set-Content $bad 'nothing of the kind'
        { Import-LguestKernel $bad $folder } | Should -Throw -ErrorId 'PackageInvalid,*'
    }
}

Describe 'The machine for a kernel' {
    AfterEach { Get-LguestGuest | Remove-LguestGuest -Force }

    It 'is lguest for the demo kernel, and says why' {
        $guest = Get-LguestDemoKernel | New-LguestGuest -Name auto
        $guest.Platform | Should -Be 'Lguest'
        $guest.PlatformReason | Should -Match 'lguest entry'
    }

    It 'is what the user says' {
        $guest = Get-LguestDemoKernel | New-LguestGuest -Name said -Platform Pc
        $guest.Platform | Should -Be 'Pc'
        $guest.PlatformReason | Should -Match 'definition'
    }

    It 'is open while the kernel can''t be read' {
        $kernel = Join-Path $TestDrive 'gone'
        Set-Content $kernel 'soon gone'
        $guest = New-LguestGuest -Name gone -Kernel $kernel
        Remove-Item $kernel
        $guest.Platform | Should -Be 'Auto'
        $guest.PlatformReason | Should -Match 'no such file'
    }

    It 'is refused when there is none of that name' {
        { New-LguestGuest -Name bad -Kernel (Get-LguestDemoKernel) -Platform Amiga } | Should -Throw -ErrorId 'ParameterArgumentTransformationError,*'
    }
}
