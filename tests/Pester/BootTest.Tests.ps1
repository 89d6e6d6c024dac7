# Boot tests as a user would write them: what should a kernel do after a change to it, or to its configuration?
# For a Linux of your own, take New-LguestGuest -Kernel ./vmlinux and the prompt of its shell.
$noPester = -not (Get-Module Pester)   # src/Shell's stand-in has no Add-ShouldOperator

Describe 'The demo kernel' -Skip:$noPester {
    BeforeAll {
        Import-Module (Join-Path (Get-Module LguestPS).ModuleBase 'LguestPS.Pester')
        $disk = Join-Path $TestDrive 'root.img'
        [System.IO.File]::WriteAllBytes($disk, [byte[]]::new(64KB))
        $guest = Get-LguestDemoKernel | New-LguestGuest -Name boottest -MemoryMB 16 | Add-LguestBlockDevice -Path $disk | Add-LguestRng
    }
    AfterAll { Remove-LguestGuest $guest -Force }

    It 'boots to its prompt' {
        $guest | Should -BootTo 'demo> ' -Within 30s
    }

    It 'boots with <_> MB of memory' -ForEach 8, 32, 128 {
        $other = Get-LguestDemoKernel | New-LguestGuest -Name "boottest-$_" -MemoryMB $_
        try { $other | Should -BootTo 'demo> ' -Within 30s }
        finally { Remove-LguestGuest $other -Force }
    }

    It 'finds its disk' {
        Send-LguestConsole $guest "disk info`n"
        Wait-LguestGuest $guest -Console '128 sectors' -TimeoutSeconds 30 -ErrorAction Stop
    }

    It 'writes what it is told to write' {
        Send-LguestConsole $guest "disk write 1 Kilroy was here`n"
        Wait-LguestGuest $guest -Console 'demo> ' -TimeoutSeconds 30 -ErrorAction Stop
        [System.Text.Encoding]::ASCII.GetString([System.IO.File]::ReadAllBytes($disk), 512, 15) | Should -Be 'Kilroy was here'
    }

    It 'keeps to virtio all the while' {
        $guest | Should -HaveNoViolation
    }

    It 'powers off when it is told to' {
        Send-LguestConsole $guest "halt`n"
        Wait-LguestGuest $guest -Exit -TimeoutSeconds 30 -ErrorAction Stop
        $guest.ExitReason.Kind | Should -Be 'PowerOff'
    }
}
