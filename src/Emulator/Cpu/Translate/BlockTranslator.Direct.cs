using LguestPS.Emulator.Cpu.State;

namespace LguestPS.Emulator.Cpu.Translate;

/// <summary>Accesses of hot blocks, by the host's own MMU alone: GS has its base where the <see cref="Mmu.ExactWindow"/> has linear address 0, and a 32-bit address wraps as the guest's does.</summary>
/// <remarks>
/// No look goes before them and they leave the flags alone. What the guest may not do, or what is not shown, faults on the host before anything has changed; the relayed
/// fault leads to a cold path of the access that has the interpreter run the instruction. Such a fault costs some microseconds, so that only blocks that run long at a time are so written.
/// </remarks>
sealed unsafe partial class BlockTranslator
{
    const int GsPrefix = 0x65, AddressSizePrefix = 0x67;

    readonly List<DirectAccess> directAccesses = [];
    int firstDirect;
    bool direct;
    Operand operand;

    // The byte register that has changed places with its upper neighbour at the access, or -1.
    int exchanged = -1;

    void SetDirect(int @base, int index, int scale, int displacement) => operand = new Operand { Base = @base, Index = index, Scale = scale, Displacement = displacement, IsDirect = true };

    // Of the instruction that is about to be written: its first byte is here.
    void NoteDirectAccess(int site) => directAccesses.Add(new DirectAccess
    {
        Site = site,
        Exchanged = exchanged,
        FlagsNative = flagsNative && !flagsSaved,
        Recipe = flagsSaved || flagsNative ? default : recipe,
    });

    void EmitDirectAccess(int size, int opcode, int register)
    {
        emit.Byte(GsPrefix);
        emit.Byte(AddressSizePrefix);
        emit.Memory(size, opcode, register, operand.Base, operand.Index, operand.Scale, operand.Displacement);
    }

    // Whether an instruction's accesses will all be direct, so that the host's flags survive them. What is left out costs time only.
    bool KeepsFlagsDirectly(Op* op)
    {
        if (!direct || op->Length == 0 || (op->Flags & (OpFlags.Invalid | OpFlags.Address16)) != 0)
            return false;
        if ((op->Flags & OpFlags.Memory) == 0)
            return MemoryUse.Pushes(op) || MemoryUse.Pops(op);
        int opcode = op->Opcode >> 8;
        return !HasBase(op) && op->Segment != (byte)SegmentRegister.Cs && ((op->Flags & OpFlags.TwoByte) != 0
            ? opcode is (>= 0x40 and < 0x50) or (>= 0x90 and < 0xA0) or 0xAF or 0xB6 or 0xB7 or 0xBE or 0xBF
            : opcode is < 0x3C or (>= 0x80 and < 0x86) or (>= 0x88 and < 0x8C) or 0x8D or 0xC6 or 0xC7 or 0x69 or 0x6B);
    }

    void EmitDirectFaults(in ColdPath path)
    {
        for (int i = 0; i < path.Count; i++)
        {
            DirectAccess access = directAccesses[path.First + i];
            cache.AddFaultSite(access.Site, emit.Offset, block);
            if (access.Exchanged >= 0)
                ReturnByte(access.Exchanged);
            if (access.FlagsNative || access.Recipe.Kind != FlagRecipeKind.None)
            {
                EmitRecipe(access.Recipe);
                EmitSaveFlags();
            }
            EmitInterpreted(path);
        }
    }

    // How EmitAccess reaches the operand: directly, or at a host register (a guest's one that a run covers, or the temporary for addresses) within the window.
    struct Operand
    {
        public int Base, Index, Scale, Displacement;
        public bool IsDirect;
    }

    // Where it is, and how the flags and the registers were when it was written.
    struct DirectAccess
    {
        public int Site, Exchanged;
        public bool FlagsNative;
        public FlagRecipe Recipe;
    }
}
