#!/bin/sh
# Runs build.ps1: in PowerShell 7.6 or later where that is installed, otherwise in src/Shell, which needs only the .NET SDK.
set -e
root=$(cd "$(dirname "$0")" && pwd)
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1

if command -v pwsh >/dev/null 2>&1 && pwsh -NoProfile -NonInteractive -Command 'exit [int]($PSVersionTable.PSVersion -lt [version] "7.6")'; then
    exec pwsh -NoProfile -File "$root/build.ps1" "$@"
fi

shell="$root/out/Shell/LguestPS.Shell.dll"
if [ ! -f "$shell" ] || [ -n "$(find "$root/src/Shell" "$root/Directory.Packages.props" -newer "$shell" \( -name '*.cs' -o -name '*.ps1' -o -name '*.csproj' -o -name '*.props' \) -not -path '*/obj/*' -not -path '*/bin/*')" ]; then
    dotnet publish "$root/src/Shell/LguestPS.Shell.csproj" -c Release -v quiet --nologo -o "$root/out/Shell"
    touch "$shell"
fi
exec dotnet "$shell" "$root/build.ps1" "$@"
