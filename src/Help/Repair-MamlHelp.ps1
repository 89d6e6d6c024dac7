# Dot-sourced by build.ps1. What platyPS makes of the pages shows Markdown in Get-Help: fences around the code of examples, files of pages behind the names of related
# cmdlets, and a link to an online version that there is none of. Here code becomes code, what follows it remarks, and of links the names stay. Default values, which
# platyPS leaves out, come from the pages; and a type that may be null is called by its name.
function Repair-MamlHelp([string] $Path, [object[]] $Pages) {
    $help = [xml]::new()
    $help.PreserveWhitespace = $true
    $help.Load($Path)
    $names = [System.Xml.XmlNamespaceManager]::new($help.NameTable)
    $names.AddNamespace('maml', 'http://schemas.microsoft.com/maml/2004/10')
    $names.AddNamespace('command', 'http://schemas.microsoft.com/maml/dev/command/2004/10')
    $names.AddNamespace('dev', 'http://schemas.microsoft.com/maml/dev/2004/10')

    foreach ($example in $help.SelectNodes('//command:example', $names)) {
        $paragraphs = @($example.SelectNodes('maml:introduction/maml:para', $names))
        $code = $example.SelectSingleNode('dev:code', $names)
        $remarks = $example.SelectSingleNode('dev:remarks', $names)
        $example.SelectSingleNode('maml:introduction', $names).RemoveAll()
        foreach ($paragraph in $paragraphs) {
            if ($paragraph.InnerText -match '(?s)\A```\w*\n(.*)\n```\z') { $code.InnerText = $Matches[1] }
            elseif ($paragraph.InnerText -ne "`u{80}") {   # platyPS's mark of an empty line
                $paragraph.InnerText = $paragraph.InnerText -replace '`([^`]+)`', '$1'
                $null = $remarks.AppendChild($paragraph)
            }
        }
        $null = $remarks.AppendChild($help.CreateElement('maml', 'para', $names.LookupNamespace('maml')))   # space before the next one
    }

    foreach ($page in $Pages) {
        foreach ($parameter in $page.Parameters.Where({ $_.DefaultValue })) {
            $place = $help.SelectSingleNode("//command:command[command:details/command:name='$($page.Title)']/command:parameters/command:parameter[maml:name='$($parameter.Name)']", $names)
            $place.AppendChild($help.CreateElement('dev', 'defaultValue', $names.LookupNamespace('dev'))).InnerText = $parameter.DefaultValue
        }
    }
    foreach ($type in $help.SelectNodes('//dev:type/maml:name | //command:parameterValue', $names)) {
        if ($type.InnerText -match '^System\.Nullable`1\[(.+)\]$') { $type.InnerText = $Matches[1] }
    }

    foreach ($link in @($help.SelectNodes('//maml:navigationLink', $names))) {
        $address = $link.SelectSingleNode('maml:uri', $names)
        if ($link.SelectSingleNode('maml:linkText', $names).InnerText -eq 'Online Version' -and -not $address.InnerText) { $null = $link.ParentNode.RemoveChild($link) }
        elseif ($address.InnerText -notmatch '^https?:') { $address.InnerText = '' }
    }

    # White space is only that between elements: lines that lost theirs go.
    $text = $help.OuterXml -replace '(?m)^[ \t]+\n(?=[ \t]*<)', ''
    [System.IO.File]::WriteAllText($Path, $text)
}
