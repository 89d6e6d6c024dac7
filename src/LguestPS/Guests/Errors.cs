using System.Management.Automation;
using LguestPS.Emulator.Devices;
using LguestPS.Emulator.Launcher;

namespace LguestPS;

/// <summary>Every error of the module: its id, its category, its text and its target in one place.</summary>
static class Errors
{
    public static ErrorRecord GuestNotFound(string name) =>
        Make("GuestNotFound", ErrorCategory.ObjectNotFound, name, Messages.GuestNotFound, name);

    public static ErrorRecord GuestExists(string name) =>
        Make("GuestExists", ErrorCategory.ResourceExists, name, Messages.GuestExists, name);

    public static ErrorRecord InvalidGuestName(string name) =>
        Make("InvalidGuestName", ErrorCategory.InvalidArgument, name, Messages.InvalidGuestName, name);

    public static ErrorRecord GuestRunning(LguestGuest guest) =>
        Make("GuestRunning", ErrorCategory.ResourceBusy, guest, Messages.GuestRunning, guest.Name, guest.State);

    public static ErrorRecord GuestNotRunning(LguestGuest guest) =>
        Make("GuestNotRunning", ErrorCategory.InvalidOperation, guest, Messages.GuestNotRunning, guest.Name);

    public static ErrorRecord GuestNeverStarted(LguestGuest guest) =>
        Make("GuestNeverStarted", ErrorCategory.InvalidOperation, guest, Messages.GuestNeverStarted, guest.Name);

    public static ErrorRecord OneTimelineOnly(LguestGuest first, LguestGuest second) =>
        Make("OneTimelineOnly", ErrorCategory.InvalidArgument, second, Messages.OneTimelineOnly, first.Name, second.Name);

    public static ErrorRecord UnknownPictureFormat(string path) =>
        Make("UnknownPictureFormat", ErrorCategory.InvalidArgument, path, Messages.UnknownPictureFormat, path);

    public static ErrorRecord FileExists(string errorId, string path) =>
        Make(errorId, ErrorCategory.ResourceExists, path, Messages.FileExists, path);

    public static ErrorRecord CannotWrite(string errorId, string path, Exception cause) =>
        Make(errorId, ErrorCategory.WriteError, path, Messages.CannotWrite, path, cause.Message);

    public static ErrorRecord GuestNotPaused(LguestGuest guest) =>
        Make("GuestNotPaused", ErrorCategory.InvalidOperation, guest, Messages.GuestNotPaused, guest.Name, guest.State);

    public static ErrorRecord MemoryOutOfRange(int megabytes) =>
        Make("MemoryOutOfRange", ErrorCategory.InvalidArgument, megabytes, Messages.MemoryOutOfRange, Commands.NewLguestGuest.LeastMemoryMB, Commands.NewLguestGuest.MostMemoryMB, megabytes);

    public static ErrorRecord DeviceNotFound(LguestGuest guest, int slot) =>
        Make("DeviceNotFound", ErrorCategory.ObjectNotFound, guest, Messages.DeviceNotFound, guest.Name, slot);

    public static ErrorRecord DeviceRemoved(LguestDevice device) =>
        Make("DeviceRemoved", ErrorCategory.InvalidOperation, device, Messages.DeviceRemoved, device.GuestName, device);

    public static ErrorRecord ColumnMissing(string columns) =>
        Make("ColumnMissing", ErrorCategory.InvalidArgument, columns, Messages.ColumnMissing, columns);

    public static ErrorRecord GuestRemoved(LguestGuest guest) =>
        Make("GuestRemoved", ErrorCategory.InvalidOperation, guest, Messages.GuestRemoved, guest.Name);

    public static ErrorRecord GuestEnded(LguestGuest guest) =>
        Make("GuestEnded", ErrorCategory.OperationStopped, guest, Messages.GuestEnded, guest.Name, guest.ExitReason, guest.Console.LastLines());

    public static ErrorRecord WaitTimedOut(LguestGuest guest, string awaited, double seconds) =>
        Make("WaitTimedOut", ErrorCategory.OperationTimeout, guest, Messages.WaitTimedOut, guest.Name, awaited, seconds, guest.Console.LastLines());

    public static ErrorRecord CommandTimedOut(LguestGuest guest, string command, double seconds) =>
        Make("CommandTimedOut", ErrorCategory.OperationTimeout, guest, Messages.CommandTimedOut, guest.Name, command, seconds, guest.Console.LastLines());

    public static ErrorRecord CommandFailed(LguestCommandResult result) =>
        Make("CommandFailed", ErrorCategory.InvalidResult, result, result.Output.Length > 0 ? Messages.CommandFailed : Messages.CommandFailedSilently,
            result.Guest.Name, result.Command, result.ExitCode, string.Join('\n', result.Output.TakeLast(10)));

    public static ErrorRecord NoSuchKey(string name) =>
        Make("NoSuchKey", ErrorCategory.InvalidArgument, name, Messages.NoSuchKey, name);

    public static ErrorRecord BadPattern(string pattern, ArgumentException cause) =>
        Make("BadPattern", ErrorCategory.InvalidArgument, pattern, Messages.BadPattern, pattern, cause.Message);

    public static ErrorRecord FileNotFound(string errorId, string path) =>
        Make(errorId, ErrorCategory.ObjectNotFound, path, Messages.FileNotFound, path);

    public static ErrorRecord FolderNotFound(string errorId, string path) =>
        Make(errorId, ErrorCategory.ObjectNotFound, path, Messages.FolderNotFound, path);

    public static ErrorRecord NotAFilePath(string errorId, string path) =>
        Make(errorId, ErrorCategory.InvalidArgument, path, Messages.NotAFilePath, path);

    public static ErrorRecord TooManyDevices(LguestGuest guest) =>
        Make("TooManyDevices", ErrorCategory.LimitsExceeded, guest, Messages.TooManyDevices, guest.Name);

    public static ErrorRecord ParameterMissing(string parameter) =>
        Make("ParameterMissing", ErrorCategory.InvalidArgument, parameter, Messages.ParameterMissing, parameter);

    public static ErrorRecord AddressOrBridge() =>
        Make("AddressOrBridge", ErrorCategory.InvalidArgument, null, Messages.AddressOrBridge);

    public static ErrorRecord OneConsoleOnly() =>
        Make("OneConsoleOnly", ErrorCategory.InvalidArgument, null, Messages.OneConsoleOnly);

    public static ErrorRecord ConsoleInUse(LguestGuest guest) =>
        Make("ConsoleInUse", ErrorCategory.ResourceBusy, guest, Messages.ConsoleInUse, guest.Name);

    public static ErrorRecord NoTerminal() =>
        Make("NoTerminal", ErrorCategory.DeviceError, null, Messages.NoTerminal);

    public static ErrorRecord BadConsoleSize(string size) =>
        Make("BadConsoleSize", ErrorCategory.InvalidArgument, size, Messages.BadConsoleSize, size);

    public static ErrorRecord DemoKernelMissing(string path) =>
        Make("DemoKernelMissing", ErrorCategory.NotInstalled, path, Messages.DemoKernelMissing, path);

    /// <summary>An error of the host keeps the id that was given to it where it was found.</summary>
    public static ErrorRecord FromHost(HostResourceException failure, object target) =>
        new(failure, failure.ErrorId, CategoryOf(failure.ErrorId), failure.Target ?? target);

    /// <summary>What the ending of a guest says to a job; null when nothing went wrong.</summary>
    public static ErrorRecord? FromExit(GuestExit exit) => exit.Kind switch
    {
        GuestExitKind.Crash => new(new InvalidOperationException(exit.Message), "GuestCrashed", ErrorCategory.InvalidResult, exit),
        GuestExitKind.DriverViolation => new(new DriverViolationException(exit.Violation!), "DriverViolation", ErrorCategory.ProtocolError, exit.Violation),
        GuestExitKind.HostError => new(exit.Error ?? new InvalidOperationException(exit.Message), "HostError", ErrorCategory.ResourceUnavailable, exit),
        _ => null,
    };

    static ErrorRecord Make(string errorId, ErrorCategory category, object? target, string text, params object?[] values) =>
        new(new InvalidOperationException(string.Format(text, values)), errorId, category, target);

    static ErrorCategory CategoryOf(string errorId) => errorId switch
    {
        _ when errorId.EndsWith("NotFound", StringComparison.Ordinal) => ErrorCategory.ObjectNotFound,
        _ when errorId.EndsWith("Invalid", StringComparison.Ordinal) => ErrorCategory.InvalidData,
        _ when errorId.EndsWith("Unknown", StringComparison.Ordinal) => ErrorCategory.NotImplemented,
        _ when errorId.EndsWith("OutOfRange", StringComparison.Ordinal) => ErrorCategory.InvalidArgument,
        _ when errorId.EndsWith("Denied", StringComparison.Ordinal) => ErrorCategory.PermissionDenied,
        _ when errorId.StartsWith("TooMany", StringComparison.Ordinal) => ErrorCategory.LimitsExceeded,
        _ when errorId.EndsWith("TooLarge", StringComparison.Ordinal) => ErrorCategory.LimitsExceeded,
        _ when errorId.StartsWith("Bad", StringComparison.Ordinal) || errorId.StartsWith("Invalid", StringComparison.Ordinal) => ErrorCategory.InvalidData,
        _ => ErrorCategory.ResourceUnavailable,
    };
}
