@{
    # In the source tree the module is what the last build left in out/LguestPS; build.ps1 writes the same manifest, with paths of its own, into that folder.
    # The loader comes first: it lets the cmdlets find what lies in the folder dependencies.
    NestedModules        = 'out/LguestPS/LguestPS.Loader.dll', 'out/LguestPS/LguestPS.dll'
    TypesToProcess       = 'out/LguestPS/LguestPS.types.ps1xml'
    FormatsToProcess     = 'out/LguestPS/LguestPS.format.ps1xml'
    ModuleVersion        = '0.1.0'
    GUID                 = '4f1f0667-3e79-445a-aaaa-2534bb57f046'
    Author               = 'The LguestPS developers'
    CompanyName          = 'The LguestPS developers'
    Copyright            = '(c) The LguestPS developers. GPL-2.0-or-later.'
    Description          = 'Runs lguest guests in an x86 emulator inside PowerShell: a guest is a pipeline of objects.'
    PowerShellVersion    = '7.6'
    CompatiblePSEditions = 'Core'
    FunctionsToExport    = @()
    AliasesToExport      = @('Add-LguestNetworkAdapter')
    VariablesToExport    = @()
    CmdletsToExport      = @(
        'New-LguestGuest', 'Get-LguestGuest', 'Start-LguestGuest', 'Stop-LguestGuest', 'Restart-LguestGuest', 'Wait-LguestGuest', 'Remove-LguestGuest'
        'Set-LguestGuest', 'Rename-LguestGuest', 'Suspend-LguestGuest', 'Resume-LguestGuest', 'Export-LguestGuest', 'Import-LguestGuest', 'Test-LguestGuest'
        'Add-LguestBlockDevice', 'Get-LguestBlockDevice', 'Set-LguestBlockDevice', 'Remove-LguestBlockDevice'
        'Add-LguestTunNet', 'Get-LguestNetworkAdapter', 'Set-LguestNetworkAdapter', 'Remove-LguestNetworkAdapter'
        'Add-LguestRng', 'Get-LguestRng', 'Remove-LguestRng'
        'Send-LguestConsole', 'Receive-LguestConsole', 'Enter-LguestConsole', 'Invoke-LguestCommand'
        'Measure-LguestGuest', 'Get-LguestViolation', 'Get-LguestTimeline', 'Export-LguestTimeline'
        'Get-LguestDemoKernel', 'New-LguestInitrd', 'Import-LguestKernel'
    )
    PrivateData          = @{
        PSData = @{
            Tags       = 'lguest', 'emulator', 'x86', 'virtio', 'virtualization', 'testing', 'Linux', 'PSEdition_Core'
            LicenseUri = 'https://www.gnu.org/licenses/old-licenses/gpl-2.0.html'
        }
    }
}
