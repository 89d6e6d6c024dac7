using System.Text.Encodings.Web;
using System.Text.Json;
using LguestPS.Commands;
using LguestPS.Emulator.Devices;
using LguestPS.Emulator.Launcher;

namespace LguestPS.Definitions;

/// <summary>A guest's definition in a JSON file. Files that lie in the definition's folder, or below it, are named relative to it, so that the folder can be moved; others by their full paths.</summary>
static class GuestDefinitionFile
{
    /// <summary>What the files' names end with.</summary>
    public const string Extension = ".json";

    static readonly GuestDocumentContext context = new(new JsonSerializerOptions(GuestDocumentContext.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    static readonly JsonDocumentOptions leniency = new() { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip };

    /// <summary>Writes a definition.</summary>
    /// <param name="definition">The definition.</param>
    /// <param name="file">Full path of the file; its folder is there.</param>
    /// <exception cref="HostResourceException">GuestFileUnwritable.</exception>
    public static void Write(GuestDefinition definition, string file)
    {
        string folder = Path.GetDirectoryName(file)!;
        GuestDocument document = new()
        {
            SchemaVersion = GuestDocument.CurrentVersion,
            Name = definition.Name,
            MemoryMB = definition.MemoryMB,
            Kernel = Shorten(definition.KernelPath, folder),
            Initrd = definition.InitrdPath is null ? null : Shorten(definition.InitrdPath, folder),
            CommandLine = definition.CommandLine,
            Platform = definition.Platform,
            Engine = definition.Engine,
            TranscriptPath = definition.TranscriptPath is null ? null : Shorten(definition.TranscriptPath, folder),
            ConsoleSize = definition.ConsoleSize?.ToString(),
            OnViolation = definition.OnViolation,
            Devices = [.. definition.Devices.Select(device => ToDocument(device, folder))],
        };
        try
        {
            File.WriteAllText(file, JsonSerializer.Serialize(document, context.GuestDocument) + "\n");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HostResourceException("GuestFileUnwritable", e.Message, file, e);
        }
    }

    /// <summary>Reads a definition, and sees that the files that it names are there.</summary>
    /// <param name="file">Full path of the file.</param>
    /// <exception cref="HostResourceException">GuestFileNotFound, GuestFileUnreadable, GuestFileInvalid, GuestFileVersionUnknown; and what the cmdlets say of such a definition.</exception>
    public static GuestDefinition Read(string file)
    {
        string folder = Path.GetDirectoryName(file)!;
        GuestDocument document = Parse(file, ReadText(file));
        if (document.MemoryMB is < NewLguestGuest.LeastMemoryMB or > NewLguestGuest.MostMemoryMB)
            throw new HostResourceException("MemoryOutOfRange", string.Format(Messages.MemoryOutOfRange, NewLguestGuest.LeastMemoryMB, NewLguestGuest.MostMemoryMB, document.MemoryMB), document.MemoryMB);
        GuestDefinition definition = new()
        {
            Name = document.Name,
            MemoryMB = document.MemoryMB,
            KernelPath = Find(document.Kernel, folder, "KernelNotFound"),
            InitrdPath = string.IsNullOrEmpty(document.Initrd) ? null : Find(document.Initrd, folder, "InitrdNotFound"),
            CommandLine = document.CommandLine,
            Platform = document.Platform,
            Engine = document.Engine,
            TranscriptPath = string.IsNullOrEmpty(document.TranscriptPath) ? null : Path.GetFullPath(document.TranscriptPath, folder),
            ConsoleSize = ReadSize(document.ConsoleSize, file),
            OnViolation = document.OnViolation,
        };
        foreach (DeviceDocument device in document.Devices)
            definition.Devices.Add(ToSettings(device, file));
        return definition;
    }

    static string ReadText(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new HostResourceException("GuestFileNotFound", string.Format(Messages.FileNotFound, file), file, e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HostResourceException("GuestFileUnreadable", e.Message, file, e);
        }
    }

    static GuestDocument Parse(string file, string text)
    {
        try
        {
            CheckVersion(file, text);
            return JsonSerializer.Deserialize(text, context.GuestDocument) ?? throw Invalid(file, Messages.GuestFileEmpty);
        }
        catch (JsonException e)
        {
            throw Invalid(file, e.Message, e);
        }
    }

    // Before all else: another version may have other rules.
    static void CheckVersion(string file, string text)
    {
        using JsonDocument json = JsonDocument.Parse(text, leniency);
        if (json.RootElement.ValueKind != JsonValueKind.Object)
            throw Invalid(file, Messages.GuestFileEmpty);
        foreach (JsonProperty property in json.RootElement.EnumerateObject())
            if (property.Name.Equals(nameof(GuestDocument.SchemaVersion), StringComparison.OrdinalIgnoreCase)
                && (property.Value.ValueKind != JsonValueKind.Number || !property.Value.TryGetInt32(out int version) || version != GuestDocument.CurrentVersion))
                throw new HostResourceException("GuestFileVersionUnknown", string.Format(Messages.GuestFileVersionUnknown, file, property.Value, GuestDocument.CurrentVersion), file);
    }

    static DeviceDocument ToDocument(DeviceSettings settings, string folder) => settings switch
    {
        BlockDeviceSettings disk => new BlockDeviceDocument(Shorten(disk.Path, folder), disk.ReadOnly, disk.Snapshot),
        TunNetSettings card => new NetworkAdapterDocument(card.IPAddress?.ToString(), card.Bridge, LguestNetworkAdapter.Format(card.MacAddress), card.TapName),
        RngSettings => new RngDocument(),
        _ => throw new InvalidOperationException($"a device of kind {settings.Kind} has no form in a file"),
    };

    static DeviceSettings ToSettings(DeviceDocument device, string file) => device switch
    {
        BlockDeviceDocument disk => BlockDeviceSettings.Open(Find(disk.Path, Path.GetDirectoryName(file)!, "DiskNotFound"), disk.ReadOnly, disk.Snapshot),
        NetworkAdapterDocument { IPAddress: { } address, Bridge: null } card => TunNetSettings.ForAddress(address, card.MacAddress, card.TapName),
        NetworkAdapterDocument { IPAddress: null, Bridge: { } bridge } card => TunNetSettings.ForBridge(bridge, card.MacAddress, card.TapName),
        NetworkAdapterDocument => throw Invalid(file, Messages.AddressOrBridge),
        _ => new RngSettings(),
    };

    static ConsoleSize? ReadSize(string? text, string file) =>
        string.IsNullOrEmpty(text) ? null : ConsoleSize.TryParse(text, out ConsoleSize size) ? size : throw Invalid(file, string.Format(Messages.BadConsoleSize, text));

    static string Shorten(string path, string folder)
    {
        string relative = Path.GetRelativePath(folder, path);
        return relative.StartsWith("..", StringComparison.Ordinal) ? path : relative;
    }

    static string Find(string path, string folder, string errorId)
    {
        string full = Path.GetFullPath(path, folder);
        return File.Exists(full) ? full : throw new HostResourceException(errorId, string.Format(Messages.FileNotFound, full), full);
    }

    static HostResourceException Invalid(string file, string why, Exception? cause = null) =>
        new("GuestFileInvalid", string.Format(Messages.GuestFileInvalid, file, why), file, cause);
}
