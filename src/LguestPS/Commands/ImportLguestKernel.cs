using System.Management.Automation;
using LguestPS.Emulator.Devices;
using LguestPS.KernelPackages;

namespace LguestPS.Commands;

/// <summary>Takes a kernel, and modules if wanted, out of a Debian package.</summary>
[Cmdlet(VerbsData.Import, "LguestKernel", SupportsShouldProcess = true), OutputType(typeof(LguestKernel))]
public sealed class ImportLguestKernel : LguestCmdlet
{
    /// <summary>The package, linux-image-*.deb.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true), Alias("PSPath"), ValidateNotNullOrEmpty]
    public string Package { get; set; } = "";

    /// <summary>The folder that the files are written to; it is made if need be.</summary>
    [Parameter(Mandatory = true, Position = 1), ValidateNotNullOrEmpty]
    public string OutputFolder { get; set; } = "";

    /// <summary>Names of modules; those that they depend on are taken too.</summary>
    [Parameter, ValidateNotNullOrEmpty]
    public string[] Module { get; set; } = [];

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        string file = ResolveExistingFile(Package, "PackageNotFound"), folder = ResolveFilePath(OutputFolder, "OutputUnwritable");
        if (ShouldProcess(file, string.Format(Messages.ActionImportKernel, folder)))
            WriteObject(WithHost(file, () => Import(file, folder)));
    }

    LguestKernel Import(string file, string folder)
    {
        using KernelPackage package = new(file);
        IReadOnlyList<PackagedModule> found = package.FindModules(Module);   // before anything is written
        try
        {
            string root = Path.Combine(folder, $"root-{package.Version}");
            Directory.CreateDirectory(root);
            (string name, byte[] kernel) = package.ReadKernel();
            string kernelPath = Path.Combine(folder, name);
            File.WriteAllBytes(kernelPath, kernel);
            return new(kernelPath, package.Version, file, root, (LguestKernelModule[])[.. found.Select(module => Write(module, root))]);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HostResourceException("OutputUnwritable", e.Message, folder, e);
        }
    }

    static LguestKernelModule Write(PackagedModule module, string root)
    {
        string path = Path.Combine(root, module.GuestPath);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, module.Content);
        return new(module.Name, path, "/" + module.GuestPath, module.DependsOn);
    }
}
