using System.Management.Automation;

namespace LguestPS.Commands;

/// <summary>Gets the module's own small guest kernel, for trying things out and for tests without Linux.</summary>
[Cmdlet(VerbsCommon.Get, "LguestDemoKernel"), OutputType(typeof(LguestDemoKernel))]
public sealed class GetLguestDemoKernel : LguestCmdlet
{
    const string FileName = "demo-guest.elf";

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        string path = Path.Combine(Path.GetDirectoryName(typeof(GetLguestDemoKernel).Assembly.Location)!, FileName);
        if (!File.Exists(path))
            ThrowTerminatingError(Errors.DemoKernelMissing(path));
        WriteObject(new LguestDemoKernel(path));
    }
}
