using System.Management.Automation;
using LguestPS.Emulator.Devices;
using LguestPS.Emulator.Launcher;

namespace LguestPS;

/// <summary>The one command of a guest's runspace: runs the machine in the pipeline until the guest ends, and puts out how it did.</summary>
[Cmdlet(VerbsLifecycle.Invoke, "LguestLoop"), OutputType(typeof(GuestExit))]
sealed class GuestLoop : PSCmdlet
{
    /// <summary>The command's name in the guest's runspace.</summary>
    public const string CommandName = VerbsLifecycle.Invoke + "-LguestLoop";

    /// <summary>The machine, loaded and not yet run.</summary>
    [Parameter(Mandatory = true)]
    public Machine Machine { get; set; } = null!;

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        GuestExit exit;
        try
        {
            exit = Machine.Run();
        }
        catch (Exception failure) when (failure is not PipelineStoppedException)
        {
            // A fault of ours ends this guest and no other: it must not leave the runspace as anything but an ending.
            exit = new(GuestExitKind.HostError, failure.Message, Error: failure);
        }
        if (Errors.FromExit(exit) is { } error)
            WriteError(error);
        WriteObject(exit);
    }

    /// <summary>Whoever stops the pipeline, or closes the runspace, turns the guest off.</summary>
    protected override void StopProcessing() => Machine.Stop();
}
