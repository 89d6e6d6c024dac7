using LguestPS.Emulator.Cpu.State;

namespace LguestPS.Emulator.Cpu.Decode;

/// <summary>What follows the opcode, and how its fields reach the <see cref="Op"/>.</summary>
public enum OperandForm : byte
{
    /// <summary>Nothing.</summary>
    None,
    /// <summary>ModRM with SIB and displacement.</summary>
    ModRM,
    /// <summary>ModRM and an 8-bit immediate, sign-extended.</summary>
    ModRMImm8,
    /// <summary>ModRM and an immediate of operand size (16 or 32 bits).</summary>
    ModRMImmZ,
    /// <summary>8-bit immediate, sign-extended.</summary>
    Imm8,
    /// <summary>Immediate of operand size.</summary>
    ImmZ,
    /// <summary>16-bit immediate.</summary>
    Imm16,
    /// <summary>16-bit immediate, then an 8-bit one, which goes to <see cref="Op.Displacement"/> (enter).</summary>
    Imm16Imm8,
    /// <summary>8-bit branch displacement; <see cref="Op.Immediate"/> becomes the target relative to the block's start.</summary>
    Rel8,
    /// <summary>Branch displacement of operand size, likewise.</summary>
    RelZ,
    /// <summary>selector:offset; offset to <see cref="Op.Immediate"/>, selector to <see cref="Op.Displacement"/>.</summary>
    FarPointer,
    /// <summary>Absolute address of address size, as a displacement without base.</summary>
    Moffs,
    /// <summary>Register in the opcode's low three bits, to <see cref="Op.Register"/>.</summary>
    OpcodeRegister,
    /// <summary>The same with an 8-bit immediate.</summary>
    OpcodeRegisterImm8,
    /// <summary>The same with an immediate of operand size.</summary>
    OpcodeRegisterImmZ,
}

/// <summary>What else the decoder and the tests must know of an instruction.</summary>
[Flags]
public enum InstructionTraits : ushort
{
    /// <summary>Nothing.</summary>
    None = 0,
    /// <summary>The handler sets eip itself: a jump, call, return or anything that delivers.</summary>
    Branch = 1,
    /// <summary>What follows must be decoded or run afresh: the instruction changes mode, mapping, segments of code, or may allow an interrupt.</summary>
    EndsBlock = 2,
    /// <summary>The ModRM reg field names a byte register.</summary>
    ByteRegister = 4,
    /// <summary>The ModRM r/m field names a byte register when it names a register.</summary>
    ByteRm = 8,
    /// <summary>A memory destination may have a LOCK prefix.</summary>
    Lockable = 16,
    /// <summary>r/m must be memory, else #UD.</summary>
    MemoryOnly = 32,
    /// <summary>r/m must be a register, else #UD.</summary>
    RegisterOnly = 64,
    /// <summary>#GP(0) unless CPL is 0. Checked by the decoder's wrapper before the handler.</summary>
    Privileged = 128,
    /// <summary>Honours rep: by <see cref="InstructionDefinition.Repeated"/>, or the handler repeats by itself where that is null.</summary>
    Repeats = 256,
    /// <summary>ModRM's mod field is ignored: always a register form (mov cr, mov dr).</summary>
    IgnoresMod = 512,
    /// <summary>Not valid in real or virtual-8086 mode.</summary>
    ProtectedOnly = 1024,
    /// <summary>The byte register is the opcode's low three bits.</summary>
    ByteOpcodeRegister = 2048,
    /// <summary>With a memory operand it is locked, prefix or not.</summary>
    LocksMemory = 4096,
}

/// <summary>One encoding of one instruction: the place where its opcode, operands, flags and handlers are stated.</summary>
/// <param name="opcode">0x00-0xFF, or 0x0F00-0x0FFF.</param>
/// <param name="mnemonic">Intel's name.</param>
/// <param name="form">What follows the opcode.</param>
public sealed unsafe class InstructionDefinition(int opcode, string mnemonic, OperandForm form)
{
    /// <summary>0x00-0xFF, or 0x0F00-0x0FFF.</summary>
    public int Opcode { get; } = opcode;

    /// <summary>Intel's name, lower case.</summary>
    public string Mnemonic { get; } = mnemonic;

    /// <summary>What follows the opcode.</summary>
    public OperandForm Form { get; } = form;

    /// <summary>The ModRM reg field that selects it ("/digit"), -1 for any.</summary>
    public int Digit { get; init; } = -1;

    /// <summary>The whole ModRM byte (0xC0-0xFF) that selects it, -1 for any.</summary>
    public int ModRM { get; init; } = -1;

    /// <summary>Mandatory prefix: 0x66, 0xF2 or 0xF3 select it, 0 needs their absence, -1 ignores them.</summary>
    public int Prefix { get; init; } = -1;

    /// <summary>See <see cref="InstructionTraits"/>.</summary>
    public InstructionTraits Traits { get; init; }

    /// <summary>Arithmetic flags that it writes, as EFLAGS bits.</summary>
    public uint Writes { get; init; }

    /// <summary>Arithmetic flags that the manual leaves undefined after it.</summary>
    public uint Undefined { get; init; }

    /// <summary>Handler of the register (or operandless) form with 32-bit operands, and of byte forms.</summary>
    public delegate*<CpuState*, Op*, void> Register { get; init; }

    /// <summary>Handler of the register form with 16-bit operands; <see cref="Register"/> when null.</summary>
    public delegate*<CpuState*, Op*, void> Register16 { get; init; }

    /// <summary>Handler of the memory form with 32-bit operands, and of byte forms; <see cref="Register"/> when null.</summary>
    public delegate*<CpuState*, Op*, void> Memory { get; init; }

    /// <summary>Handler of the memory form with 16-bit operands; <see cref="Memory"/> when null.</summary>
    public delegate*<CpuState*, Op*, void> Memory16 { get; init; }

    /// <summary>Handler of a string instruction with a rep prefix. It sets eip: to itself while it has more to do, else past it.</summary>
    public delegate*<CpuState*, Op*, void> Repeated { get; init; }

    /// <summary>The same with 16-bit operands; <see cref="Repeated"/> when null.</summary>
    public delegate*<CpuState*, Op*, void> Repeated16 { get; init; }
}
