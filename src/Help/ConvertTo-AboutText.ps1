# Dot-sourced by build.ps1 and by the tests. PowerShell shows about topics as plain text, and platyPS makes help of cmdlets only.

# A line broken at blanks so that it fits into 80 columns.
function Split-AboutLine([string] $Text, [int] $Indent, [int] $Hanging = $Indent) {
    $line = ' ' * $Indent
    foreach ($word in $Text -split ' ') {
        if ($line.Length + $word.Length -gt 79 -and $line.Trim()) { $line.TrimEnd(); $line = ' ' * $Hanging }
        $line += "$word "
    }
    $line.TrimEnd()
}

# The text of a topic that is written in Markdown: headings, paragraphs, lists and code. What a reader of the text can't follow, marks and links, becomes plain.
function ConvertTo-AboutText([string] $Markdown) {
    $last = ''
    $lines = foreach ($block in [regex]::Matches($Markdown, '(?m)^```\w*\n(?<code>[\s\S]*?)^```$|^#+ (?<heading>.+)$|^(?<item>- .+(?:\n  .+)*)|^(?<text>(?!- |#|```).+(?:\n(?!- |#|```).+)*)')) {
        $plain = { param($text) $text -replace '\s*\n\s*', ' ' -replace '\[([^\]]+)\]\([^)]+\)', '$1' -replace '`([^`]+)`', '$1' -replace '\*\*([^*]+)\*\*', '$1' }
        if ($block.Groups['heading'].Success) { ''; if ($block.Value -match '^# ') { 'TOPIC'; "    $($block.Groups['heading'].Value)" } else { $block.Groups['heading'].Value.ToUpperInvariant() } }
        elseif ($block.Groups['code'].Success) { ''; $block.Groups['code'].Value.TrimEnd("`n") -split "`n" | ForEach-Object { "        $_".TrimEnd() } }
        elseif ($block.Groups['item'].Success) { if ($last -ne 'item') { '' }; Split-AboutLine (& $plain $block.Groups['item'].Value) 4 6 }
        else { ''; Split-AboutLine (& $plain $block.Groups['text'].Value) 4 }
        $last = if ($block.Groups['item'].Success) { 'item' } else { 'other' }
    }
    ($lines -join "`n").Trim("`n") + "`n"
}
