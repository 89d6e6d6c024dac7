@{
    RootModule           = 'LguestPS.Pester.psm1'
    ModuleVersion        = '0.1.0'
    GUID                 = '0f6c1a52-6a5c-4c7e-9d0b-3a2f4be1c7d9'
    Author               = 'The LguestPS developers'
    CompanyName          = 'The LguestPS developers'
    Copyright            = '(c) The LguestPS developers. GPL-2.0-or-later.'
    Description          = 'Boot tests in Pester: Should -BootTo and Should -HaveNoViolation for the guests of LguestPS.'
    PowerShellVersion    = '7.6'
    CompatiblePSEditions = 'Core'
    RequiredModules      = @{ ModuleName = 'Pester'; ModuleVersion = '5.0.0' }
    # Nobody calls them, but Get-ShouldOperator shows their help.
    FunctionsToExport    = 'ShouldBootTo', 'ShouldHaveNoViolation'
    CmdletsToExport      = @()
    VariablesToExport    = @()
    AliasesToExport      = @()
}
