using System.Text;
using System.Text.RegularExpressions;
using LguestPS.Emulator.Devices;
using LguestPS.Formats;

namespace LguestPS.KernelPackages;

/// <summary>A package with a Linux kernel: the kernel's file, and modules with those that they depend on.</summary>
sealed partial class KernelPackage : IDisposable
{
    readonly DebianPackage package;
    readonly string path, kernelFile;
    readonly Dictionary<string, string> moduleFiles = new(StringComparer.Ordinal);
    readonly HashSet<string> builtIn = new(StringComparer.Ordinal);
    ILookup<string, string>? ciphers;

    /// <summary>Opens one.</summary>
    /// <exception cref="HostResourceException">PackageInvalid: it is not a package, or has no kernel; or PackageUnreadable.</exception>
    public KernelPackage(string path)
    {
        this.path = path;
        package = new(path);
        kernelFile = package.Files.FirstOrDefault(file => KernelFile().IsMatch(file)) ?? "";
        if (kernelFile.Length == 0)
        {
            package.Dispose();
            throw new HostResourceException("PackageInvalid", string.Format(Messages.PackageWithoutKernel, path), path);
        }
        Version = KernelFile().Match(kernelFile).Groups[1].Value;
        foreach (string file in package.Files)
            if (file[LibraryFolder(file).Length..].StartsWith("lib/modules/", StringComparison.Ordinal) && PackedData.ModuleEndings.Any(ending => file.EndsWith(ending, StringComparison.Ordinal)))
                moduleFiles[ModuleName(file)] = file;
        // Text, a path a line.
        foreach (string list in package.Files.Where(file => file.EndsWith("/modules.builtin", StringComparison.Ordinal)))
            builtIn.UnionWith(Encoding.UTF8.GetString(package.Read(list)).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(ModuleName));
    }

    /// <summary>The kernel's version.</summary>
    public string Version { get; }

    /// <summary>Modules in the order in which they must be loaded: those that were asked for, and what they depend on.</summary>
    /// <param name="names">Names; those of modules that are built into the kernel are passed over.</param>
    /// <exception cref="HostResourceException">ModuleNotFound: the package has no such module; or PackageInvalid.</exception>
    public IReadOnlyList<PackagedModule> FindModules(IEnumerable<string> names)
    {
        List<PackagedModule> order = [];
        HashSet<string> visited = new(StringComparer.Ordinal);
        foreach (string name in names)
            Visit(ModuleInformation.NormalizeName(name));
        return order;

        void Visit(string name)
        {
            if (!visited.Add(name) || builtIn.Contains(name))
                return;
            if (!moduleFiles.TryGetValue(name, out string? file))
                throw new HostResourceException("ModuleNotFound", string.Format(Messages.ModuleNotFound, path, name), name);
            (byte[] content, ModuleInformation information) = ReadModule(file);
            foreach (string wanted in information.WantsFirst)
                foreach (string found in Resolve(wanted))
                    Visit(found);
            foreach (string needed in information.DependsOn)
                Visit(needed);
            order.Add(new(name, GuestPath(file), content, [.. information.DependsOn.Where(moduleFiles.ContainsKey)]));
        }
    }

    /// <summary>The kernel's file.</summary>
    public (string Name, byte[] Content) ReadKernel() => (Path.GetFileName(kernelFile), package.Read(kernelFile));

    /// <inheritdoc/>
    public void Dispose() => package.Dispose();

    // The modules that a soft dependency names, none where there are none: the module works without them.
    IEnumerable<string> Resolve(string wanted) => moduleFiles.ContainsKey(wanted) ? [wanted] : builtIn.Contains(wanted) ? [] : Ciphers[wanted];

    // By alias. The aliases that soft dependencies have are names of ciphers and checksums, which several modules can offer; those for particular processors are left out.
    // They are found in the modules themselves, because depmod makes its tables only where a package is installed. So that not all modules of a package need be unpacked, it is those in folders "crypto".
    ILookup<string, string> Ciphers => ciphers ??= moduleFiles
        .Where(module => module.Value.Contains("/crypto/", StringComparison.Ordinal) && !module.Value.Contains("/drivers/", StringComparison.Ordinal))
        .OrderBy(module => module.Key, StringComparer.Ordinal)
        .Select(module => (Name: module.Key, ReadModule(module.Value).Information))
        .Where(module => !module.Information.IsForSomeProcessors)
        .SelectMany(module => module.Information.Aliases.Select(alias => (alias, module.Name)))
        .ToLookup(pair => pair.alias, pair => pair.Name, StringComparer.Ordinal);

    (byte[] Content, ModuleInformation Information) ReadModule(string file)
    {
        try
        {
            byte[] content = PackedData.Unpack(package.Read(file), file);
            return (content, ModuleInformation.Read(content));
        }
        catch (Exception e)
        {
            throw new HostResourceException("PackageInvalid", string.Format(Messages.PackageInvalid, path, $"{file}: {e.Message}"), path, e);
        }
    }

    // In the guest modules are not packed: every insmod can load them.
    static string GuestPath(string file) => file[LibraryFolder(file).Length..(file.LastIndexOf(".ko", StringComparison.Ordinal) + 3)];

    // Where /lib is a link to /usr/lib, packages have the modules there.
    static string LibraryFolder(string file) => file.StartsWith("usr/lib/", StringComparison.Ordinal) ? "usr/" : "";

    static string ModuleName(string file)
    {
        string name = file[(file.LastIndexOf('/') + 1)..];
        return ModuleInformation.NormalizeName(name[..Math.Max(name.IndexOf(".ko", StringComparison.Ordinal), 0)]);
    }

    [GeneratedRegex("^boot/vmlinu[xz]-(.+)$")]
    private static partial Regex KernelFile();
}

/// <summary>A module in a package.</summary>
/// <param name="Name">Its name, with underscores.</param>
/// <param name="GuestPath">Where it lies under a root directory.</param>
/// <param name="Content">The unpacked module.</param>
/// <param name="DependsOn">The modules that must be there before it.</param>
sealed record PackagedModule(string Name, string GuestPath, byte[] Content, string[] DependsOn);
