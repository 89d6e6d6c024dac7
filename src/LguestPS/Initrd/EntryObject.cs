using System.Collections;
using System.Management.Automation;
using System.Text;
using System.Text.RegularExpressions;
using LguestPS.Emulator.Devices;

namespace LguestPS.Initrd;

/// <summary>Reads entries as scripts give them: objects or hash tables with Path, Mode, and one of Content, Source, Target and Device; a directory has none of the four.</summary>
static partial class EntryObject
{
    static readonly string[] Properties = ["Path", "Mode", "Content", "Source", "Target", "Device"];

    /// <summary>Reads one.</summary>
    /// <param name="given">The object.</param>
    /// <param name="resolveSource">Makes a full path of a Source.</param>
    /// <exception cref="HostResourceException">EntryInvalid.</exception>
    public static InitrdEntry Read(object given, Func<string, string> resolveSource)
    {
        if (given is PSObject { BaseObject: InitrdEntry made })
            return made;
        Dictionary<string, object> values = ReadProperties(given);
        if (!values.TryGetValue("Path", out object? path) || $"{path}".Length == 0)
            throw Invalid(given, Messages.InitrdEntryWithoutPath);
        string[] kinds = [.. Properties.Skip(2).Where(values.ContainsKey)];
        if (kinds.Length > 1)
            throw Invalid(given, string.Format(Messages.InitrdEntryAmbiguous, path, string.Join(", ", kinds)));

        string guestPath = InitrdEntry.NormalizePath($"{path}");
        UnixFileMode? mode = values.TryGetValue("Mode", out object? asked) ? ReadMode(asked, given) : null;
        return kinds is [] ? new(guestPath, InitrdEntryKind.Directory, mode ?? Octal("755")) : kinds[0] switch
        {
            "Content" => new(guestPath, InitrdEntryKind.File, mode ?? Octal("644")) { Content = ReadContent(values["Content"]) },
            "Source" => FromSource(guestPath, mode, resolveSource($"{values["Source"]}")),
            "Target" => new(guestPath, InitrdEntryKind.Link, Octal("777")) { Content = Encoding.UTF8.GetBytes($"{values["Target"]}") },
            _ => ReadDevice(guestPath, mode ?? Octal("600"), $"{values["Device"]}", given),
        };
    }

    // An object that came out of a script block, a hash table, or anything else with the properties. A property without a value is not there.
    static Dictionary<string, object> ReadProperties(object given)
    {
        Dictionary<string, object> values = new(StringComparer.OrdinalIgnoreCase);
        object bare = given is PSObject { BaseObject: not PSCustomObject } wrapped ? wrapped.BaseObject : given;
        IEnumerable<(string Name, object? Value)> all = bare is IDictionary table
            ? table.Keys.Cast<object>().Select(key => ($"{key}", (object?)table[key]))
            : PSObject.AsPSObject(given).Properties.Where(property => Properties.Contains(property.Name, StringComparer.OrdinalIgnoreCase)).Select(property => (property.Name, (object?)property.Value));
        foreach ((string name, object? value) in all)
        {
            if (!Properties.Contains(name, StringComparer.OrdinalIgnoreCase))
                throw Invalid(given, string.Format(Messages.InitrdEntryUnknownProperty, name));
            if (value is not null)
                values[name] = value is PSObject { BaseObject: not PSCustomObject } inner ? inner.BaseObject : value;
        }
        return values;
    }

    // Digits are octal, as in chmod, whether they come as a string or as a number: 755 and '0755' are rwxr-xr-x.
    static UnixFileMode ReadMode(object mode, object given) => mode switch
    {
        UnixFileMode bits => bits,
        _ when OctalDigits().IsMatch($"{mode}") => Octal($"{mode}"),
        _ => throw Invalid(given, string.Format(Messages.InitrdBadMode, mode)),
    };

    static UnixFileMode Octal(string digits) => (UnixFileMode)Convert.ToInt32(digits, 8);

    static byte[] ReadContent(object content) => content switch
    {
        byte[] bytes => bytes,
        object[] bytes when bytes.Length > 0 && bytes.All(item => (item as PSObject)?.BaseObject is byte || item is byte) => [.. bytes.Select(item => LanguagePrimitives.ConvertTo<byte>(item))],
        // Lines, as Get-Content gives them.
        object[] lines => Encoding.UTF8.GetBytes(string.Concat(lines.Select(line => line + "\n"))),
        _ => Encoding.UTF8.GetBytes($"{content}"),
    };

    static InitrdEntry FromSource(string guestPath, UnixFileMode? mode, string source)
    {
        FileInfo file = new(source);
        return new(guestPath, InitrdEntryKind.File, mode ?? (file.ResolveLinkTarget(returnFinalTarget: true) ?? file).UnixFileMode) { Source = source };
    }

    static InitrdEntry ReadDevice(string guestPath, UnixFileMode mode, string device, object given)
    {
        if (device == "p")
            return new(guestPath, InitrdEntryKind.Pipe, mode);
        if (DeviceNumber().Match(device) is not { Success: true } match
            || !uint.TryParse(match.Groups[2].Value, out uint major) || !uint.TryParse(match.Groups[3].Value, out uint minor))
            throw Invalid(given, string.Format(Messages.InitrdBadDevice, device));
        return new(guestPath, match.Groups[1].Value == "c" ? InitrdEntryKind.CharacterDevice : InitrdEntryKind.BlockDevice, mode) { DeviceMajor = major, DeviceMinor = minor };
    }

    static HostResourceException Invalid(object given, string message) => new("EntryInvalid", message, given);

    [GeneratedRegex("^[0-7]{1,5}$")]
    private static partial Regex OctalDigits();

    [GeneratedRegex(@"^([cb])[ :]\s*(\d+)[:, ]\s*(\d+)$")]
    private static partial Regex DeviceNumber();
}
