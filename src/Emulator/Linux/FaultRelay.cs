using System.Buffers.Binary;
using LguestPS.Emulator.Cpu.Translate;
using Tmds.Linux;

namespace LguestPS.Emulator.Linux;

/// <summary>Leads segmentation faults of registered machine code to where it wants to go on; all others take the way that they took before.</summary>
/// <remarks>
/// What a signal does is the process's affair, hence the statics. The handler is machine code itself: it may run on any thread, at any instruction, and must not depend on the
/// runtime, whose own handler it was put in front of. It looks through a table of code ranges, and stays for the life of the process. On x86-64 Linux only.
/// </remarks>
static unsafe class FaultRelay
{
    const int MostRanges = 1024;

    // Of the kernel's struct ucontext: where the general registers r8 to r15 begin, and rip.
    const int SavedR8 = 40, SavedRip = 168;

    // rdi, rsi and rdx are the signal, its siginfo_t and its ucontext_t. An entry of the table: start, end, target, site field, address field, saved register; a start of 0 ends it.
    static ReadOnlySpan<byte> Handler =>
    [
        0x48, 0x8B, 0x82, SavedRip, 0, 0, 0,        // mov rax, [rdx + rip]
        0x48, 0xB9, 0, 0, 0, 0, 0, 0, 0, 0,         // mov rcx, table
        0x4C, 0x8B, 0x01,                           // each: mov r8, [rcx]
        0x4D, 0x85, 0xC0,                           // test r8, r8
        0x74, 0x39,                                 // je others
        0x4C, 0x39, 0xC0,                           // cmp rax, r8
        0x72, 0x06,                                 // jb next
        0x48, 0x3B, 0x41, 0x08,                     // cmp rax, [rcx + 8]
        0x72, 0x06,                                 // jb found
        0x48, 0x83, 0xC1, 0x30,                     // next: add rcx, 48
        0xEB, 0xE7,                                 // jmp each
        0x4C, 0x8B, 0x41, 0x28,                     // found: mov r8, [rcx + 40]
        0x4E, 0x8B, 0x04, 0x02,                     // mov r8, [rdx + r8]
        0x4C, 0x8B, 0x49, 0x18,                     // mov r9, [rcx + 24]
        0x4B, 0x89, 0x04, 0x08,                     // mov [r8 + r9], rax
        0x4C, 0x8B, 0x49, 0x20,                     // mov r9, [rcx + 32]
        0x48, 0x8B, 0x46, 0x10,                     // mov rax, [rsi + si_addr]
        0x4B, 0x89, 0x04, 0x08,                     // mov [r8 + r9], rax
        0x48, 0x8B, 0x41, 0x10,                     // mov rax, [rcx + 16]
        0x48, 0x89, 0x82, SavedRip, 0, 0, 0,        // mov [rdx + rip], rax
        0xC3,                                       // ret
        0x48, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0,         // others: mov rax, the handler before
        0xFF, 0xE0,                                 // jmp rax
    ];

    const int TableInHandler = 9, OtherInHandler = 84;

    static readonly Lock Gate = new();
    static CodeMemoryFile? handler;
    static Range* table;
    static bool refused;

    /// <summary>Registers a range of machine code. False: the host's signals are not as they should be, or too many ranges are registered.</summary>
    public static bool TryAdd(byte* start, int size, in FaultExit exit)
    {
        lock (Gate)
        {
            if (!TryInstall())
                return false;
            for (int i = 0; i < MostRanges; i++)
            {
                if (table[i].End != null)
                    continue;
                table[i].Target = start + exit.Target;
                table[i].SiteField = exit.SiteField;
                table[i].AddressField = exit.AddressField;
                table[i].SavedRegister = SavedR8 + (exit.Register - 8) * sizeof(ulong);
                Volatile.Write(ref *(nint*)&table[i].Start, (nint)start);
                Volatile.Write(ref *(nint*)&table[i].End, (nint)(start + size));
                return true;
            }
            return false;
        }
    }

    /// <summary>Takes a range out of the table, if it is there.</summary>
    public static void Remove(byte* start)
    {
        lock (Gate)
        {
            for (int i = 0; table != null && i < MostRanges; i++)
                if (table[i].Start == start)
                    Volatile.Write(ref *(nint*)&table[i].End, 0);
        }
    }

    static bool TryInstall()
    {
        if (handler is not null || refused)
            return !refused;
        sigaction before, after;
        refused = true;
        if (LibC.sigaction(LibC.SIGSEGV, null, &before) != 0 || (before.sa_flags & LibC.SA_SIGINFO) == 0 || before.sa_sigaction == null)
            return false;   // no runtime's handler there to go on to
        try
        {
            handler = new CodeMemoryFile((int)Memory.GuestMemory.PageSize);
        }
        catch (HostCallException)
        {
            return false;
        }
        table = (Range*)System.Runtime.InteropServices.NativeMemory.AllocZeroed(MostRanges + 1, (nuint)sizeof(Range));
        Span<byte> code = new(handler.Writable, Handler.Length);
        Handler.CopyTo(code);
        BinaryPrimitives.WriteInt64LittleEndian(code[TableInHandler..], (long)table);
        BinaryPrimitives.WriteInt64LittleEndian(code[OtherInHandler..], (long)before.sa_sigaction);
        after = before;
        after.sa_sigaction = handler.Executable;
        refused = LibC.sigaction(LibC.SIGSEGV, &after, null) != 0;
        return !refused;
    }

    struct Range
    {
        public byte* Start, End, Target;
        public long SiteField, AddressField, SavedRegister;
    }
}
