using LguestPS.Emulator.Devices;

namespace LguestPS.Emulator.Launcher;

/// <summary>Makes the answer to "why did it end" from what happened.</summary>
static class GuestExits
{
    const string PowerDown = "CRASH: Power down";

    /// <summary>The user stopped it.</summary>
    public static GuestExit Stopped => new(GuestExitKind.Stopped, "Stopped");

    /// <summary>The guest died, by its wish or for a rule that it broke; a power-off looks like a crash to the interface.</summary>
    public static GuestExit FromDeath(string reason) => new(reason == PowerDown ? GuestExitKind.PowerOff : GuestExitKind.Crash, reason);

    /// <summary>Something was thrown while it ran.</summary>
    public static GuestExit FromFailure(Exception reason) => reason switch
    {
        DriverViolationException e => new(GuestExitKind.DriverViolation, e.Message, e.Violation),
        GuestFailedException e => new(GuestExitKind.Crash, e.Message),
        _ => new(GuestExitKind.HostError, reason.Message, Error: reason),
    };
}
