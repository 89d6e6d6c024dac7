using LguestPS.Emulator.Linux;
using LguestPS.Emulator.Memory;

namespace LguestPS.Emulator.Devices;

/// <summary>What a device asks of the machine around it. Calls come from the guest's thread and from queue threads.</summary>
public interface IDeviceHost
{
    /// <summary>The guest's name: queue threads are named after it.</summary>
    string GuestName => "guest";

    /// <summary>Whether a request is served while the driver notifies, by the guest's thread, and one that may wait never: so a run can be repeated to the instruction. Else each queue has a thread.</summary>
    bool ServesOnNotify => false;

    /// <summary>The guest's RAM.</summary>
    GuestMemory Memory { get; }

    /// <summary>Raises the interrupt line of a device (the number in its PCI header).</summary>
    void RaiseInterrupt(byte line);

    /// <summary>Ends the guest, because its driver broke a rule or the host failed. Returns; the caller's thread goes home. Only the first failure counts.</summary>
    void Fail(Exception reason);

    /// <summary>A driver broke a rule. True: that has been noted, and the guest goes on, with the device in an error state where need be. False: the caller ends the guest.</summary>
    bool TryGoOn(DriverViolation violation) => false;

    /// <summary>Counts the processor time of the threads that work for the guest; null where nobody wants to know.</summary>
    HostThreadTimes? ThreadTimes => null;

    /// <summary>The guest's instruction pointer, for messages; as good as can be had on the calling thread.</summary>
    uint GuestEip { get; }

    /// <summary>A verbose line, without line end.</summary>
    void Verbose(string line);

    /// <summary>Something went wrong that the guest survives.</summary>
    void Warn(string line);

    /// <summary>Whether anybody looks at verbose lines: they are not made otherwise.</summary>
    bool IsVerbose { get; }
}
