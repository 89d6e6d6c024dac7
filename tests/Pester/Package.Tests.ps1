# The package for the PowerShell Gallery holds the module that is tested here, file by file, and what is installed from it works.

$module = Get-Module LguestPS
$package = Join-Path (Split-Path (Split-Path $module.ModuleBase -Parent) -Parent) "LguestPS.$($module.Version).nupkg"
$unpackaged = -not (Test-Path $package)   # the module was imported from elsewhere than out/Package

Describe 'The package' -Skip:$unpackaged {
    BeforeAll {
        . (Join-Path $PSScriptRoot 'Child.ps1')
        $module = Get-Module LguestPS
        $package = Join-Path (Split-Path (Split-Path $module.ModuleBase -Parent) -Parent) "LguestPS.$($module.Version).nupkg"
        $archive = [System.IO.Compression.ZipFile]::OpenRead($package)
        $nugets = '\[Content_Types\]\.xml|_rels/.*|package/.*|LguestPS\.nuspec'
        $content = $archive.Entries.Where({ $_.FullName -notmatch "^($nugets)$" })

        function Read-Entry([string] $Name) {
            $reader = [System.IO.StreamReader]::new($archive.GetEntry($Name).Open())
            try { $reader.ReadToEnd() } finally { $reader.Dispose() }
        }
    }
    AfterAll { $archive.Dispose() }

    It 'has the files of the module and no others' {
        $files = Get-ChildItem $module.ModuleBase -Recurse | Where-Object { -not $_.PSIsContainer } | ForEach-Object { [System.IO.Path]::GetRelativePath($module.ModuleBase, $_.FullName) }
        foreach ($file in $files) { $content.FullName | Should -Contain $file }
        $content.Count | Should -Be @($files).Count
        $content.FullName | Should -Not -Match '\.pdb$'
    }

    It 'lies in a folder named after the version' {
        Split-Path $module.ModuleBase -Leaf | Should -Be "$($module.Version)"
    }

    It 'says of itself what the manifest says, in the Gallery''s tags too' {
        $metadata = ([xml] (Read-Entry 'LguestPS.nuspec')).package.metadata
        $metadata.id | Should -Be 'LguestPS'
        $metadata.version | Should -Be "$($module.Version)"
        $metadata.description | Should -Be $module.Description
        $metadata.licenseUrl | Should -Be "$($module.LicenseUri)"
        $tags = $metadata.tags -split ' '
        $tags | Should -Contain 'PSModule'
        $tags | Should -Contain 'PSEdition_Core'
        foreach ($command in $module.ExportedCmdlets.Keys) { $tags | Should -Contain "PSCmdlet_$command" }
    }

    It 'has a manifest that holds by itself' {
        (Test-ModuleManifest (Join-Path $module.ModuleBase 'LguestPS.psd1') -ErrorAction Stop).Version | Should -Be $module.Version
        Get-Content (Join-Path $module.ModuleBase 'LguestPS.psd1') -Raw | Should -Not -Match 'out/'
    }

    It 'is imported by name where it is unpacked on the module path' {
        $folder = Join-Path $TestDrive "Modules/LguestPS/$($module.Version)"
        foreach ($entry in $content) {
            $target = Join-Path $folder $entry.FullName
            $null = [System.IO.Directory]::CreateDirectory((Split-Path $target -Parent))
            [System.IO.Compression.ZipFileExtensions]::ExtractToFile($entry, $target)
        }
        $said = Invoke-Child -Module LguestPS -Before "`$env:PSModulePath = '$(Join-Path $TestDrive 'Modules')'" @'
$guest = Get-LguestDemoKernel | New-LguestGuest -Name installed -MemoryMB 16 | Start-LguestGuest
Wait-LguestGuest $guest -Console 'demo> ' -TimeoutSeconds 60
"$($guest.State) $((Get-Module LguestPS).ModuleBase)"
'@
        $said | Should -Be "Running $folder"
    }

    It 'is installed by PSResourceGet from a folder' {
        if ($Host.Name -eq 'LguestPS.Shell' -or -not (Get-Module Microsoft.PowerShell.PSResourceGet -ListAvailable)) { Set-ItResult -Skipped -Because 'PSResourceGet is not there' }
        $feed = Join-Path $TestDrive 'feed'
        $saved = Join-Path $TestDrive 'saved'
        $null = New-Item $feed, $saved -ItemType Directory
        Copy-Item $package $feed
        Register-PSResourceRepository -Name LguestPSTest -Uri $feed -Trusted
        try { Save-PSResource LguestPS -Repository LguestPSTest -Path $saved -ErrorAction Stop }
        finally { Unregister-PSResourceRepository LguestPSTest }
        $said = Invoke-Child -Module (Join-Path $saved 'LguestPS') '(Get-LguestDemoKernel).Kernel'
        $said | Should -Match '^.*saved.LguestPS.*demo-guest\.elf$'
    }
}
