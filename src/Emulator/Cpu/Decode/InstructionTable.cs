using LguestPS.Emulator.Cpu.Control;
using LguestPS.Emulator.Cpu.Interpret;
using LguestPS.Emulator.Cpu.Interrupts;
using LguestPS.Emulator.Cpu.Segmentation;

namespace LguestPS.Emulator.Cpu.Decode;

/// <summary>All instructions of the processor, by encoding.</summary>
public sealed class InstructionTable
{
    readonly List<InstructionDefinition> all = [];
    readonly InstructionSlot[] slots = new InstructionSlot[512];

    InstructionTable()
    {
        for (int i = 0; i < slots.Length; i++)
            slots[i] = new InstructionSlot();
        ArithmeticInstructions.Define(this);
        ShiftInstructions.Define(this);
        MultiplyInstructions.Define(this);
        DecimalInstructions.Define(this);
        BitInstructions.Define(this);
        TransferInstructions.Define(this);
        ExchangeInstructions.Define(this);
        StackInstructions.Define(this);
        BranchInstructions.Define(this);
        StringInstructions.Define(this);
        FlagInstructions.Define(this);
        SegmentInstructions.Define(this);
        DescriptorTableInstructions.Define(this);
        FarInstructions.Define(this);
        InterruptInstructions.Define(this);
        ControlInstructions.Define(this);
        PrivilegedFlagInstructions.Define(this);
        PortInstructions.Define(this);
        FastSystemCall.Define(this);
        ModelSpecificRegisters.Define(this);
        Cpuid.Define(this);
        Fpu.X87Arithmetic.Define(this);
        Fpu.X87Compare.Define(this);
        Fpu.X87Transfer.Define(this);
        Fpu.X87Control.Define(this);
        Fpu.X87Environment.Define(this);
        Fpu.X87Transcendental.Define(this);
        Fpu.Fxsave.Define(this);
        Fpu.PackedInteger.Define(this);
        Fpu.SimdMove.Define(this);
        Fpu.SimdShuffle.Define(this);
        Fpu.SseArithmetic.Define(this);
        Fpu.SseCompare.Define(this);
        Fpu.SseConvert.Define(this);
        Fpu.SseReciprocal.Define(this);
        Fpu.SseControl.Define(this);
    }

    /// <summary>The table of this processor.</summary>
    public static InstructionTable Instance { get; } = new();

    /// <summary>Every definition, for tests.</summary>
    public IReadOnlyList<InstructionDefinition> All => all;

    /// <summary>Enters a definition. One whose opcode holds a register number is entered eight times.</summary>
    public void Add(InstructionDefinition definition)
    {
        all.Add(definition);
        int count = definition.Form is OperandForm.OpcodeRegister or OperandForm.OpcodeRegisterImm8 or OperandForm.OpcodeRegisterImmZ ? 8 : 1;
        for (int i = 0; i < count; i++)
            slots[Index(definition.Opcode + i)].Add(definition);
    }

    internal InstructionSlot Slot(int opcode) => slots[Index(opcode)];

    static int Index(int opcode) => opcode < 0x100 ? opcode : 0x100 + (opcode & 0xFF);
}
