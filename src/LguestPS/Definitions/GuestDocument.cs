using System.Text.Json.Serialization;
using LguestPS.Emulator.Devices;
using LguestPS.Emulator.Launcher;

namespace LguestPS.Definitions;

/// <summary>A guest's definition as a JSON file has it. A change that a former version of the module would misread wants another <see cref="CurrentVersion"/>.</summary>
/// <remarks>What may be missing has setters: generated code would give init-only properties no default.</remarks>
sealed record GuestDocument
{
    /// <summary>The version that is written, and the only one that there has been.</summary>
    public const int CurrentVersion = 1;

    public required int SchemaVersion { get; init; }

    public required string Name { get; init; }

    public required int MemoryMB { get; init; }

    /// <summary>A path; relative to the folder of the file, as all paths here.</summary>
    public required string Kernel { get; init; }

    public string? Initrd { get; set; }

    public string CommandLine { get; set; } = "";

    public GuestPlatform Platform { get; set; } = GuestPlatform.Auto;

    public ProcessorEngine Engine { get; set; } = ProcessorEngine.Auto;

    public string? TranscriptPath { get; set; }

    /// <summary>Columns and rows, as in 80x25.</summary>
    public string? ConsoleSize { get; set; }

    public ViolationAction OnViolation { get; set; } = ViolationAction.Stop;

    /// <summary>Devices beyond the console, in slot order.</summary>
    public IReadOnlyList<DeviceDocument> Devices { get; set; } = [];
}

/// <summary>A device in a <see cref="GuestDocument"/>.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(BlockDeviceDocument), "block"), JsonDerivedType(typeof(NetworkAdapterDocument), "net"), JsonDerivedType(typeof(RngDocument), "rng")]
abstract record DeviceDocument;

/// <summary>A disk.</summary>
sealed record BlockDeviceDocument(string Path, bool ReadOnly = false, bool Snapshot = false) : DeviceDocument;

/// <summary>A network card, with either an address or a bridge.</summary>
sealed record NetworkAdapterDocument(string? IPAddress = null, string? Bridge = null, string? MacAddress = null, string? TapName = null) : DeviceDocument;

/// <summary>An entropy source.</summary>
sealed record RngDocument : DeviceDocument;

/// <summary>How the documents are read and written: names as JSON has them, what is misspelt is an error.</summary>
[JsonSourceGenerationOptions(
    WriteIndented = true,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    PropertyNameCaseInsensitive = true,
    UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    AllowOutOfOrderMetadataProperties = true,
    AllowTrailingCommas = true,
    ReadCommentHandling = System.Text.Json.JsonCommentHandling.Skip)]
[JsonSerializable(typeof(GuestDocument))]
sealed partial class GuestDocumentContext : JsonSerializerContext;
