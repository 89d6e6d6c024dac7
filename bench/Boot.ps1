# From Start-LguestGuest to the demo guest's prompt, in a session in which that has been done before. Prints the ratio to the promised time.
param([int] $Runs = 20, [double] $PromisedMilliseconds = 125)

Import-Module (Join-Path (Split-Path $PSScriptRoot) 'out/LguestPS/LguestPS.psd1')
$times = foreach ($run in 0..$Runs) {
    $guest = Get-LguestDemoKernel | New-LguestGuest -Name bench -MemoryMB 16
    $watch = [System.Diagnostics.Stopwatch]::StartNew()
    $null = Start-LguestGuest $guest
    Wait-LguestGuest $guest -Console 'demo> ' -TimeoutSeconds 30 -ErrorAction Stop
    # The first run warms the session.
    if ($run -gt 0) { $watch.Elapsed.TotalMilliseconds }
    Remove-LguestGuest $guest -Force
}
[array]::Sort($times)
$median = $times[[int]($times.Count / 2)]
Write-Host ('Boot of the demo guest: median {0:f1} ms, {1:f1} to {2:f1} ms in {3} runs; {4:f2} of the promised {5} ms' -f $median, $times[0], $times[-1], $times.Count, ($median / $PromisedMilliseconds), $PromisedMilliseconds)
exit [int]($median -gt $PromisedMilliseconds)
