# Boot tests in Pester's own words: adds the operators -BootTo and -HaveNoViolation to Should. about_LguestPS_Testing shows their use.

# 30s, 2m, 1h, 500ms, a number of seconds or a TimeSpan. PowerShell itself takes an unquoted 30s for a number, of type short: seconds all the same.
function ConvertTo-Duration([object] $Value) {
    if ($Value -is [timespan]) { return $Value }
    # Unquoted, 1d is a number too, and no longer tells that days were meant.
    if ($Value -is [ValueType] -and $Value -isnot [decimal]) { return [timespan]::FromSeconds($Value) }
    if ("$Value" -notmatch '^\s*(\d+(?:\.\d+)?)\s*(ms|s|m|h)?\s*$' -or $Value -is [decimal]) {
        throw [ArgumentException]::new("'$Value' is not a time: give 30s, 2m, 1h, 500ms, a number of seconds or a TimeSpan.")
    }
    $number = [double]::Parse($Matches[1], [cultureinfo]::InvariantCulture)
    switch ($Matches[2]) {
        'ms' { return [timespan]::FromMilliseconds($number) }
        'm' { return [timespan]::FromMinutes($number) }
        'h' { return [timespan]::FromHours($number) }
        default { return [timespan]::FromSeconds($number) }
    }
}

# The guests behind what was piped to Should: guests, or names of guests.
function Resolve-Guest([object[]] $Value) {
    if ($Value.Count -eq 0) { throw [ArgumentException]::new('There is no guest to test: pipe guests, or names of guests, to Should.') }
    foreach ($one in $Value) {
        if ($null -eq $one) { throw [ArgumentException]::new('There is no guest to test: $null was piped to Should.') }
        if ($one -is [string]) { Get-LguestGuest -Name $one -ErrorAction Stop } else { $one }
    }
}

# What goes before the 'but' of a failure message.
function Format-Because([string] $Because) { if ($Because) { ", because $($Because -replace '^\s*because\s+')," } else { ',' } }

# Why a guest has ended, or what it does, and what its console said last.
function Format-GuestEnd([object] $Guest) {
    $state = if ($Guest.ExitReason) { "it ended: $($Guest.ExitReason.Kind), '$($Guest.ExitReason.Message)'" } else { "it is $($Guest.State)" }
    $lines = @(Receive-LguestConsole -Guest $Guest -All | Select-Object -Last 10)
    if ($lines) { "$state. The console's last lines:`n    $($lines -join "`n    ")" } else { "$state. The console says nothing." }
}

# Whether the guest has said it in this run, or says it before the time is up. The first wait also marks what is there as seen, for the test's next one.
function Wait-Text([object] $Guest, [hashtable] $Text, [datetime] $End) {
    $wait = @{ Guest = $Guest; PassThru = $true; ErrorAction = 'Ignore' } + $Text
    if (Wait-LguestGuest @wait -TimeoutSeconds 0) { return $true }
    $pattern = if ($Text.SimpleMatch) { [regex]::Escape($Text.Console) } else { $Text.Console }
    if ([regex]::IsMatch("$(Receive-LguestConsole -Guest $Guest -All -Raw)", $pattern, 'Multiline')) { return $true }
    [bool] (Wait-LguestGuest @wait -TimeoutSeconds ([Math]::Max(0, ($End - [datetime]::UtcNow).TotalSeconds)))
}

<#
.SYNOPSIS
Whether guests come to print a text, a prompt for one, within a time. Guests that are off are started, all before the first is waited for.
.EXAMPLE
$guest | Should -BootTo '/ # ' -Within 30s
.EXAMPLE
Get-LguestGuest | Should -Not -BootTo 'Kernel panic' -Within 10s
#>
function ShouldBootTo([object[]] $ActualValue, [string] $ExpectedValue, [object] $Within = 60, [switch] $SimpleMatch, [switch] $Negate, [string] $Because) {
    $time = ConvertTo-Duration $Within
    $guests = @(Resolve-Guest $ActualValue)
    $guests | Where-Object State -EQ 'Off' | Start-LguestGuest -ErrorAction Stop | Out-Null
    $end = [datetime]::UtcNow + $time
    $text = @{ Console = $ExpectedValue; SimpleMatch = $SimpleMatch }
    $failures = foreach ($guest in $guests) {
        if ((Wait-Text -Guest $guest -Text $text -End $end) -ne $Negate) { continue }
        $seconds = $time.TotalSeconds.ToString('0.###', [cultureinfo]::InvariantCulture)
        "Expected guest '$($guest.Name)' $(if ($Negate) { 'not ' })to boot to '$ExpectedValue' within $seconds s$(Format-Because $Because) but $(
            if ($Negate) { 'it did; ' })$(Format-GuestEnd $guest)"
    }
    [pscustomobject]@{ Succeeded = -not $failures; FailureMessage = $failures -join "`n" }
}

<#
.SYNOPSIS
Whether the drivers of guests have kept to virtio, in all of the guests' runs.
.EXAMPLE
$guest | Should -HaveNoViolation
#>
function ShouldHaveNoViolation([object[]] $ActualValue, [switch] $Negate, [string] $Because) {
    $failures = foreach ($guest in Resolve-Guest $ActualValue) {
        $violations = @(Get-LguestViolation -Guest $guest)
        if (($violations.Count -eq 0) -ne $Negate) { continue }
        if ($Negate) { "Expected guest '$($guest.Name)' to have a violation$(Format-Because $Because) but its drivers have kept to virtio." }
        else {
            $list = $violations | ForEach-Object {
                "$($_.Message) ($($_.Rule)$(if ($_.Section) { ", virtio 1.0, section $($_.Section)" }); device $($_.Device) in slot $($_.Slot), eip 0x$($_.GuestEip.ToString('x8')))"
            }
            "Expected guest '$($guest.Name)' to have no violation$(Format-Because $Because) but it has $($violations.Count):`n    $($list -join "`n    ")"
        }
    }
    [pscustomobject]@{ Succeeded = -not $failures; FailureMessage = $failures -join "`n" }
}

# Pester keeps its operators for as long as it is loaded, and takes no notice when the same ones are added again.
Add-ShouldOperator -Name BootTo -InternalName ShouldBootTo -Test ${function:ShouldBootTo} -SupportsArrayInput
Add-ShouldOperator -Name HaveNoViolation -InternalName ShouldHaveNoViolation -Test ${function:ShouldHaveNoViolation} -SupportsArrayInput
