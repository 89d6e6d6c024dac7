using LguestPS.Emulator.Cpu.State;

namespace LguestPS.Emulator.Cpu.Translate;

/// <summary>Which host register holds what while machine code runs. The guest's registers stay in the host's of the same name, but for esp; their upper halves are 0.</summary>
static class HostRegister
{
    /// <summary>eax and al; the others by the encoding's numbers.</summary>
    public const int Rax = 0, Rcx = 1, Rdx = 2, Rbx = 3, Rsp = 4, Rbp = 5, Rsi = 6, Rdi = 7;

    /// <summary>The guest's esp: the host's stack pointer must point at a stack, for signals.</summary>
    public const int GuestEsp = 8;

    /// <summary>The address of a memory operand: first the guest's linear one, then the host's, as <see cref="BlockTranslator"/> says. Also the eip on the way to another block.</summary>
    public const int Address = 9;

    /// <summary>Free between instructions.</summary>
    public const int Temp = 10, Temp2 = 11;

    /// <summary>Where the window shows linear address 0: <see cref="NativeState.Window"/>.</summary>
    public const int Window = 12;

    /// <summary><see cref="NativeState.Remaining"/>.</summary>
    public const int Remaining = 13;

    /// <summary><see cref="CpuState.WindowTags"/>.</summary>
    public const int Tags = 14;

    /// <summary>The <see cref="CpuState"/>.</summary>
    public const int State = 15;

    /// <summary>The host register of a guest register.</summary>
    public static int Of(int guest) => guest == Reg.Esp ? GuestEsp : guest;

    /// <summary>The host's number of a guest byte register, given as its offset in <see cref="CpuState.R"/>: 0-3 for al to bl, 4-7 for ah to bh, which no instruction with a REX prefix can name.</summary>
    public static int OfByte(int offset) => (offset >> 2) | ((offset & 1) << 2);
}
