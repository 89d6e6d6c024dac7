namespace LguestPS.Emulator.Hypervisor;

/// <summary>The first word of what a launcher writes to the lguest device.</summary>
public enum LguestRequest : uint
{
    /// <summary>Base of guest memory (not used here), page limit, start address, device limit in pages.</summary>
    Initialize = 0,
    /// <summary>An interrupt number, 0 to 31.</summary>
    Irq = 2,
    /// <summary>A <see cref="RegisterOffset"/>: the next read returns that register.</summary>
    GetRegister = 5,
    /// <summary>A <see cref="RegisterOffset"/> and its new value.</summary>
    SetRegister = 6,
    /// <summary>A trap number, delivered through the guest's own table.</summary>
    Trap = 7,
}

/// <summary>How a request ended: 0 or an errno of Linux. <see cref="LguestDevice.Read"/> returns them negated.</summary>
public enum LguestError
{
    /// <summary>Done.</summary>
    None = 0,
    /// <summary>ENOENT: the guest is dead, or there is no such register.</summary>
    NoEntry = 2,
    /// <summary>EINTR: the launcher asked for a return.</summary>
    Interrupted = 4,
    /// <summary>EBUSY: initialized before.</summary>
    Busy = 16,
    /// <summary>EINVAL.</summary>
    Invalid = 22,
    /// <summary>ERESTART: the guest wants to start anew.</summary>
    Restart = 85,
}

/// <summary>Where registers lie in the block that requests name them by.</summary>
public static class RegisterOffset
{
    /// <summary>ebx.</summary>
    public const uint Ebx = 0;
    /// <summary>ecx.</summary>
    public const uint Ecx = 4;
    /// <summary>edx.</summary>
    public const uint Edx = 8;
    /// <summary>esi.</summary>
    public const uint Esi = 12;
    /// <summary>edi.</summary>
    public const uint Edi = 16;
    /// <summary>ebp.</summary>
    public const uint Ebp = 20;
    /// <summary>eax.</summary>
    public const uint Eax = 24;
    /// <summary>ds, read only.</summary>
    public const uint Ds = 28;
    /// <summary>es, read only.</summary>
    public const uint Es = 32;
    /// <summary>fs, read only.</summary>
    public const uint Fs = 36;
    /// <summary>gs, read only.</summary>
    public const uint Gs = 40;
    /// <summary>eip.</summary>
    public const uint Eip = 48;
    /// <summary>cs, read only.</summary>
    public const uint Cs = 52;
    /// <summary>eflags, read only.</summary>
    public const uint Eflags = 56;
    /// <summary>esp.</summary>
    public const uint Esp = 60;
    /// <summary>ss, read only.</summary>
    public const uint Ss = 64;
}

/// <summary>Why <see cref="LguestDevice.Run"/> came back.</summary>
public enum LguestOutcome
{
    /// <summary>A trap for the launcher, in its <see cref="TrapRecord"/>.</summary>
    Trap,
    /// <summary>The guest is dead; <see cref="LguestDevice.DeathReason"/> says why.</summary>
    Dead,
    /// <summary>The guest wants to start anew.</summary>
    Restart,
    /// <summary><see cref="LguestDevice.Stop"/> was called.</summary>
    Stopped,
    /// <summary><see cref="LguestDevice.Pause"/> was called.</summary>
    Paused,
}

/// <summary>A trap that the launcher has to emulate or to hand back.</summary>
public struct TrapRecord
{
    /// <summary>Instruction bytes that go with a trap.</summary>
    public const int InstructionLength = 7;

    /// <summary>13 for a port access or other refused instruction, 14 for the device window.</summary>
    public byte Trap;

    /// <summary>The bytes at eip; 0 where nothing is mapped.</summary>
    public InstructionBytes Instruction;

    /// <summary>For trap 14 the physical address that was touched.</summary>
    public uint Address;
}

/// <summary>The bytes at eip.</summary>
[System.Runtime.CompilerServices.InlineArray(TrapRecord.InstructionLength)]
public struct InstructionBytes
{
    byte first;
}
