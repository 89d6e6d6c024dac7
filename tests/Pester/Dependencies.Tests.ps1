# The module's dependencies are in a load context of their own: another module's version of the same library is not in the way, nor is ours in its way.

$cache = if ($env:NUGET_PACKAGES) { $env:NUGET_PACKAGES } else { Join-Path ([Environment]::GetFolderPath('UserProfile')) '.nuget/packages' }
# Fetched by tests/LguestPS.Tests.
$library = Join-Path $cache 'sharpcompress/0.48.1/lib/net10.0/SharpCompress.dll'
$case = @{ Library = $library; Skip = -not (Test-Path $library) }

Describe 'Dependencies' {
    BeforeAll {
        . (Join-Path $PSScriptRoot 'Child.ps1')
        $module = Get-Module LguestPS
    }

    It 'are not loaded when the module is imported, but for the machine' {
        $loaded = Invoke-Child "(Get-Module LguestPS).Version; [System.AppDomain]::CurrentDomain.GetAssemblies().ForEach({ `$_.GetName().Name })"
        $loaded | Should -Contain 'LguestPS'
        $loaded | Should -Not -Contain 'SharpCompress'
        $loaded | Should -Not -Contain 'OxyPlot'
    }

    It 'are reached by the cmdlets only through assemblies of the project' {
        $assembly = (Get-Command Get-LguestGuest).ImplementingType.Assembly
        $others = $assembly.GetReferencedAssemblies().Name.Where({ $_ -notmatch '^(System|Microsoft\.Win32|LguestPS)\.|^(netstandard|System)$' })
        $others | Should -BeNullOrEmpty
        foreach ($name in $assembly.GetReferencedAssemblies().Name.Where({ $_ -like 'LguestPS.*' })) {
            Join-Path $module.ModuleBase "dependencies/$name.dll" | Should -Exist
        }
    }

    It 'may be there in another version' -ForEach $case {
        if ($Skip) { Set-ItResult -Skipped -Because 'the other version of SharpCompress has not been restored: dotnet restore tests/LguestPS.Tests' }
        # Another module loads its SharpCompress and packs a package with it; then ours takes it apart with its own.
        $said = Invoke-Child -Before "`$library = '$Library'; `$package = '$(Join-Path $TestDrive 'linux-image-1.2.3.deb')'; `$folder = '$(Join-Path $TestDrive 'kernel')'" @'
$null = [System.Reflection.Assembly]::LoadFrom($library)
$tar = [System.IO.MemoryStream]::new()
$writer = [System.Formats.Tar.TarWriter]::new($tar, $true)
$entry = [System.Formats.Tar.PaxTarEntry]::new('RegularFile', './boot/vmlinuz-1.2.3')
$entry.DataStream = [System.IO.MemoryStream]::new([byte[]](1..100))
$writer.WriteEntry($entry)
$writer.Dispose()
$packed = [System.IO.MemoryStream]::new()
$zstandard = ('SharpCompress.Compressors.ZStandard.CompressionStream' -as [type])::new($packed)
$zstandard.Write($tar.ToArray(), 0, $tar.Length)
$zstandard.Dispose()
$data = $packed.ToArray()
$header = [System.Text.Encoding]::ASCII.GetBytes("!<arch>`n" + 'data.tar.zst'.PadRight(16) + '0'.PadRight(12) + '0'.PadRight(6) + '0'.PadRight(6) + '100644'.PadRight(8) + "$($data.Length)".PadRight(10) + "``" + "`n")
[System.IO.File]::WriteAllBytes($package, [byte[]]($header + $data))
$kernel = Import-LguestKernel $package $folder
"content: $([System.IO.File]::ReadAllBytes($kernel.Kernel).Length)"
foreach ($assembly in [System.AppDomain]::CurrentDomain.GetAssemblies().Where({ $_.GetName().Name -eq 'SharpCompress' })) {
    "$([System.Runtime.Loader.AssemblyLoadContext]::GetLoadContext($assembly).Name): $($assembly.GetName().Version)"
}
'@
        $said | Should -Contain 'content: 100'
        $said | Should -Contain 'Default: 0.48.1.0'
        @($said -match '^LguestPS: ').Count | Should -Be 1
        $said | Should -Not -Contain 'LguestPS: 0.48.1.0'
    }

    It 'are not handed to others who ask for them' {
        $said = Invoke-Child "try { [System.Reflection.Assembly]::Load('Tmds.LibC').Location } catch { `$_.Exception.InnerException.GetType().Name }"
        $said | Should -Be 'FileNotFoundException'
    }
}
