namespace LguestPS.Emulator.Hypervisor;

/// <summary>What a guest kernel can ask for: the table of hypercalls. Each is its number, its name and what it does.</summary>
static class Hypercalls
{
    /// <summary>One more than the highest number.</summary>
    public const int Count = 20;

    /// <summary>The hypercall that has to come first.</summary>
    public const uint Init = 1;

    const int MessageLength = 128;
    const uint StackPagesLimit = 2;
    const uint DirectorySlots = 1024;
    const uint ShutdownRestart = 2;

    delegate void Action(LguestDevice guest, in HypercallArguments call);

    sealed record Definition(string Name, Action Action);

    static readonly Definition?[] Table = new Definition?[Count];

    static Hypercalls()
    {
        Add(0, "FLUSH_ASYNC", static (_, in _) => { });   // the ring is worked off before any hypercall
        Add(Init, "LGUEST_INIT", static (guest, in _) => guest.Kill("already have lguest_data"));   // the first one does not come through here
        Add(2, "SHUTDOWN", Shutdown);
        Add(4, "NEW_PGTABLE", static (guest, in call) => guest.SetPageDirectory(call.First));
        Add(5, "FLUSH_TLB", static (guest, in call) => guest.Cpu.FlushTlb(includeGlobal: call.First != 0));
        Add(6, "LOAD_IDT_ENTRY", LoadGate);
        Add(7, "SET_STACK", SetStack);
        Add(8, "TS", static (guest, in call) => guest.SetTaskSwitched(call.First != 0));
        Add(9, "SET_CLOCKEVENT", static (guest, in call) => guest.Timer.Set(call.First));
        Add(10, "HALT", static (guest, in _) => guest.Halt());
        Add(14, "SET_PTE", SetTableEntry);
        Add(15, "SET_PGD", SetDirectoryEntry);
        Add(16, "LOAD_TLS", LoadThreadStorage);
        Add(18, "LOAD_GDT_ENTRY", LoadSegment);
        Add(19, "SEND_INTERRUPTS", static (_, in _) => { });   // interrupts are looked at after every hypercall
    }

    /// <summary>The name of a hypercall number; null where there is none.</summary>
    public static string? NameOf(int number) => (uint)number < Count ? Table[number]?.Name : null;

    /// <summary>Does what a hypercall asks for. The guest dies of what can't be done.</summary>
    public static void Execute(LguestDevice guest, in HypercallArguments call)
    {
        if (call.Number >= Count || Table[call.Number] is not Definition definition)
        {
            guest.Kill($"Bad hypercall {(int)call.Number}");
            return;
        }
        guest.Counters.Hypercalls[call.Number]++;
        definition.Action(guest, call);
    }

    static void Add(uint number, string name, Action action) => Table[number] = new(name, action);

    static void Shutdown(LguestDevice guest, in HypercallArguments call)
    {
        if (call.Second == ShutdownRestart)
        {
            guest.Kill("restart", restart: true);   // Linux restarts with the physical address of a null pointer: nobody reads a message then
            return;
        }
        Span<byte> message = stackalloc byte[MessageLength];
        if (!guest.TryReadPhysical(call.First, message))
            return;
        int end = message.IndexOf((byte)0);
        guest.Kill("CRASH: " + System.Text.Encoding.UTF8.GetString(end < 0 ? message[..^1] : message[..end]));
    }

    static void LoadGate(LguestDevice guest, in HypercallArguments call)
    {
        if (guest.Gates.Load(call.First, call.Second, call.Third) is string reason)
            guest.Kill(reason);
    }

    static void SetStack(LguestDevice guest, in HypercallArguments call)
    {
        if ((call.First & 3) != 1)
            guest.Kill($"bad stack segment {(int)call.First}");
        else if (call.Third > StackPagesLimit)
            guest.Kill($"bad stack pages {call.Third}");
        else
            guest.Handlers.SetInnerStack((ushort)call.First, call.Second);
    }

    static void SetTableEntry(LguestDevice guest, in HypercallArguments call)
    {
        if (call.Second >= GuestPageTables.ReservedStart)
            guest.Kill("attempt to set pte into Switcher pages");
        else if (guest.IsMappedNow(call.First, call.Second))
            guest.Cpu.FlushTlbPage(call.Second);
    }

    static void SetDirectoryEntry(LguestDevice guest, in HypercallArguments call)
    {
        if (call.Second > DirectorySlots)
            guest.Kill($"Attempt to set pgd {call.Second}/{DirectorySlots}");
        else if (guest.IsMappedNow(call.First, call.Second << 22))
            guest.Cpu.FlushTlb(includeGlobal: guest.IsKernelAddress(call.Second << 22));
    }

    static void LoadThreadStorage(LguestDevice guest, in HypercallArguments call)
    {
        Span<byte> descriptors = stackalloc byte[SegmentTable.TlsCount * sizeof(ulong)];
        if (!guest.TryReadPhysical(call.First, descriptors))
            return;
        for (int i = 0; i < SegmentTable.TlsCount; i++)
            guest.Segments.Load(SegmentTable.TlsFirst + i, BitConverter.ToUInt32(descriptors[(i * 8)..]), BitConverter.ToUInt32(descriptors[(i * 8 + 4)..]));
    }

    static void LoadSegment(LguestDevice guest, in HypercallArguments call)
    {
        if (call.First >= SegmentTable.Length)
            guest.Kill($"too many gdt entries {(int)call.First}");
        else
            guest.Segments.Load((int)call.First, call.Second, call.Third);
    }
}
