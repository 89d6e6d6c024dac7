using System.Management.Automation;
using LguestPS.Completion;

namespace LguestPS.Commands;

/// <summary>A cmdlet that gets the devices of one type that guests have.</summary>
/// <typeparam name="TDevice">The type.</typeparam>
public abstract class GetDeviceCmdlet<TDevice> : GuestCmdlet where TDevice : LguestDevice
{
    /// <summary>Names of guests; wildcards are allowed. Without it all guests are meant.</summary>
    [Parameter(ParameterSetName = ByName, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("GuestName"), SupportsWildcards, ValidateNotNullOrEmpty, ArgumentCompleter(typeof(GuestNameCompleter))]
    public override string[] Name { get; set; } = ["*"];

    /// <summary>Slots of the bus: 1 is the console's, the other devices follow in the order in which they were added. Without it all devices of the type are meant.</summary>
    [Parameter(Position = 1), ValidateNotNullOrEmpty, ArgumentCompleter(typeof(DeviceSlotCompleter))]
    public int[] Slot { get; set; } = [];

    private protected sealed override void ProcessGuest(LguestGuest guest)
    {
        TDevice[] devices = [.. guest.Devices.OfType<TDevice>()];
        foreach (TDevice device in devices)
            if (Slot.Length == 0 || Slot.Contains(device.Slot))
                WriteObject(device);
        if (!WildcardPattern.ContainsWildcardCharacters(string.Concat(Name)))
            foreach (int slot in Slot)
                if (!devices.Any(device => device.Slot == slot))
                    WriteError(Errors.DeviceNotFound(guest, slot));
    }
}

/// <summary>A cmdlet that changes devices of guests that are off: given as objects, or by guest and slot.</summary>
/// <remarks>The set of devices is to be the default: a piped device would otherwise be taken for the name of its guest, which is one of its properties.</remarks>
/// <typeparam name="TDevice">The type of device.</typeparam>
public abstract class ChangeDeviceCmdlet<TDevice> : GuestCmdlet where TDevice : LguestDevice
{
    private protected const string ByDevice = "Device";

    /// <inheritdoc/>
    [Parameter(ParameterSetName = ByName, Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("GuestName"), SupportsWildcards, ValidateNotNullOrEmpty, ArgumentCompleter(typeof(GuestNameCompleter))]
    public override string[] Name { get; set; } = [];

    /// <summary>The device's slot on the bus: 1 is the console's, the other devices follow in the order in which they were added.</summary>
    [Parameter(ParameterSetName = ByName, Mandatory = true, Position = 1, ValueFromPipelineByPropertyName = true), Parameter(ParameterSetName = ByGuest, Mandatory = true, Position = 1)]
    [ArgumentCompleter(typeof(DeviceSlotCompleter))]
    public int Slot { get; set; }

    /// <summary>Passes on the devices, as they are afterwards.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <summary>The devices that were given as objects.</summary>
    private protected abstract TDevice[] Given { get; }

    /// <summary>Changes one device. False: its guest is not off, or no longer has it.</summary>
    private protected abstract bool Change(TDevice device);

    /// <summary>What is asked about a device before it is changed.</summary>
    private protected abstract string Action(TDevice device);

    private protected sealed override void ProcessInput()
    {
        if (ParameterSetName != ByDevice)
            base.ProcessInput();
        else
            foreach (TDevice device in Given)
                ProcessDevice(device);
    }

    private protected sealed override void ProcessGuest(LguestGuest guest)
    {
        if (guest.Devices.OfType<TDevice>().FirstOrDefault(device => device.Slot == Slot) is { } found)
            ProcessDevice(found);
        else
            WriteError(Errors.DeviceNotFound(guest, Slot));
    }

    void ProcessDevice(TDevice device)
    {
        LguestGuest guest = device.Guest;
        int slot = device.Slot;
        if (slot == 0)
            WriteError(Errors.DeviceRemoved(device));
        else if (guest.State != GuestState.Off)
            WriteError(Errors.GuestRunning(guest));
        else if (ShouldProcess(guest.Name, Action(device)))
        {
            if (!Change(device))
                WriteError(Errors.GuestRunning(guest));
            else if (PassThru)
                WriteObject(device);
        }
    }
}
