using System.Management.Automation;
using LguestPS.Emulator.Devices;

namespace LguestPS.Commands;

/// <summary>A cmdlet that adds a device to guests that are off, and passes the guests on, so that a pipeline can go on building them.</summary>
public abstract class AddDeviceCmdlet : GuestCmdlet
{
    // Slot 0 is the host bridge's and slot 1 the console's.
    const int MostDevices = 30;

    /// <summary>What to add; checked against the host as far as can be without a guest.</summary>
    private protected abstract DeviceSettings CreateSettings();

    private protected sealed override void ProcessGuest(LguestGuest guest)
    {
        if (guest.State != GuestState.Off)
        {
            WriteError(Errors.GuestRunning(guest));
            return;
        }
        if (guest.Devices.Count > MostDevices)
            ThrowTerminatingError(Errors.TooManyDevices(guest));
        DeviceSettings settings = WithHost(guest, CreateSettings);
        if (ShouldProcess(guest.Name, string.Format(Messages.ActionAddDevice, settings)) && !guest.TryAddDevice(settings))
        {
            WriteError(Errors.GuestRunning(guest));
            return;
        }
        WriteObject(guest);
    }
}
