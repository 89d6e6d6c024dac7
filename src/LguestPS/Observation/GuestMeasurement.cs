using LguestPS.Emulator.Devices;
using LguestPS.Emulator.Hypervisor;
using LguestPS.Emulator.Launcher;

namespace LguestPS;

/// <summary>What a guest has done in its present run, or in its last one, and what it costs the host.</summary>
public sealed class GuestMeasurement
{
    internal GuestMeasurement(LguestGuest guest, GuestPlatform platform, MachineActivity activity, TimeSpan uptime, TimeSpan interval, long intervalInstructions)
    {
        Name = guest.Name;
        State = guest.State;
        Uptime = uptime;
        Instructions = activity.Instructions;
        Mips = Rate(activity.Instructions, uptime);
        Interval = interval;
        IntervalInstructions = intervalInstructions;
        IntervalMips = Rate(intervalInstructions, interval);
        Restarts = guest.Restarts;
        ProcessorTime = activity.ProcessorTime;
        MemoryBytes = activity.MemoryBytes;
        ResidentBytes = activity.ResidentBytes;
        CodeBytes = activity.CodeBytes;
        bool onLguest = platform == GuestPlatform.Lguest;
        Traps = Counts(activity.Traps, vector => TrapName.Of(vector, onLguest));
        Hypercalls = Counts(activity.Hypercalls, number => HypervisorCounters.NameOf(number) ?? number.ToString());
        Interrupts = Counts(activity.Interrupts, line => LineName(line, onLguest, activity.Devices));
        Devices = activity.Devices.Select(device => new DeviceMeasurement(Name, device)).ToArray();
    }

    /// <summary>The guest's name.</summary>
    public string Name { get; }

    /// <summary>What it was doing.</summary>
    public GuestState State { get; }

    /// <summary>When it was measured, in local time.</summary>
    public DateTime Time { get; } = DateTime.Now;

    /// <summary>How long the run has lasted, without the time that it was paused.</summary>
    public TimeSpan Uptime { get; }

    /// <summary>Instructions retired in the run.</summary>
    public long Instructions { get; }

    /// <summary>Million instructions a second, over the run.</summary>
    public double Mips { get; }

    /// <summary>How long ago the guest was last measured in this run; since its start when this is the first time.</summary>
    public TimeSpan Interval { get; }

    /// <summary>Instructions retired since then.</summary>
    public long IntervalInstructions { get; }

    /// <summary>Million instructions a second since then.</summary>
    public double IntervalMips { get; }

    /// <summary>How often the guest has restarted itself.</summary>
    public int Restarts { get; }

    /// <summary>Exceptions and software interrupts by vector; those that there were none of are left out.</summary>
    public IReadOnlyList<EventCount> Traps { get; }

    /// <summary>Hypercalls by number.</summary>
    public IReadOnlyList<EventCount> Hypercalls { get; }

    /// <summary>Interrupts by line.</summary>
    public IReadOnlyList<EventCount> Interrupts { get; }

    /// <summary>What each device has done, in slot order.</summary>
    public IReadOnlyList<DeviceMeasurement> Devices { get; }

    /// <summary>Time that the host's processors have worked for it: the thread of its loop and those of its devices' queues.</summary>
    public TimeSpan ProcessorTime { get; }

    /// <summary>Bytes of guest RAM, mapped while the guest lives.</summary>
    public long MemoryBytes { get; }

    /// <summary>Bytes of it that the host has really given: what the guest has touched.</summary>
    public long ResidentBytes { get; }

    /// <summary>Bytes of machine code that its code was translated to.</summary>
    public long CodeBytes { get; }

    /// <summary>Bytes of memory that the PowerShell process has, with all its guests.</summary>
    public long ProcessBytes { get; } = Environment.WorkingSet;

    /// <summary>The guest and how fast it runs.</summary>
    public override string ToString() => $"{Name}: {Instructions} instructions, {Mips:f1} MIPS";

    static double Rate(long instructions, TimeSpan time) => time > TimeSpan.Zero ? instructions / time.TotalSeconds / 1e6 : 0;

    // Arrays, and not what the compiler would choose: scripts index them.
    static EventCount[] Counts(IReadOnlyList<long> counts, Func<int, string> name) =>
        counts.Select((count, number) => (count, number)).Where(one => one.count != 0).Select(one => new EventCount(one.number, name(one.number), one.count)).ToArray();

    static string LineName(int line, bool onLguest, IReadOnlyList<DeviceActivity> devices)
    {
        List<string> sources = [.. devices.Where(device => device.Line == line).Select(device => device.Kind)];
        switch (line)
        {
            case 0:
                sources.Insert(0, "timer");
                break;
            case 4 when !onLguest:
                sources.Insert(0, "serial");
                break;
            case 13 when !onLguest:
                sources.Insert(0, "fpu");
                break;
        }
        return string.Join(", ", sources);
    }
}

/// <summary>How often something happened.</summary>
/// <param name="Number">Its vector, number or line.</param>
/// <param name="Name">What it is called.</param>
/// <param name="Count">How often.</param>
public sealed record EventCount(int Number, string Name, long Count)
{
    /// <summary>Both.</summary>
    public override string ToString() => $"{Name}: {Count}";
}

/// <summary>What a device has done in a run.</summary>
public sealed class DeviceMeasurement
{
    internal DeviceMeasurement(string guestName, DeviceActivity activity)
    {
        GuestName = guestName;
        Slot = activity.Slot;
        Kind = activity.Kind;
        Queues = activity.Queues.ToArray();
    }

    /// <summary>The guest.</summary>
    public string GuestName { get; }

    /// <summary>Its slot.</summary>
    public int Slot { get; }

    /// <summary>console, block, net or rng.</summary>
    public string Kind { get; }

    /// <summary>Requests completed.</summary>
    public long Requests => Queues.Sum(queue => queue.Requests);

    /// <summary>Bytes that the guest has handed over, headers of requests included.</summary>
    public long BytesFromGuest => Queues.Sum(queue => queue.BytesFromGuest);

    /// <summary>Bytes that the guest has got, status bytes of requests included.</summary>
    public long BytesToGuest => Queues.Sum(queue => queue.BytesToGuest);

    /// <summary>Times that the driver has notified the device.</summary>
    public long Notifications => Queues.Sum(queue => queue.Notifications);

    /// <summary>Times that the device has interrupted the driver.</summary>
    public long Interrupts => Queues.Sum(queue => queue.Interrupts);

    /// <summary>The same for each of its queues.</summary>
    public IReadOnlyList<QueueActivity> Queues { get; }

    /// <summary>The device and its requests.</summary>
    public override string ToString() => $"{Kind} in slot {Slot}: {Requests} requests, {BytesFromGuest} bytes from and {BytesToGuest} to the guest";
}
