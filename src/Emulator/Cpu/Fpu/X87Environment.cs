using LguestPS.Emulator.Cpu.Decode;
using LguestPS.Emulator.Cpu.Fpu.Soft;
using LguestPS.Emulator.Cpu.Interpret;
using LguestPS.Emulator.Cpu.Mmu;
using LguestPS.Emulator.Cpu.State;
using static LguestPS.Emulator.Cpu.Fpu.X87;

namespace LguestPS.Emulator.Cpu.Fpu;

/// <summary>fnstenv, fldenv, fnsave, frstor in their four layouts: 32- and 16-bit operands, protected and real-address mode (Intel SDM vol. 1, figures 8-9 to 8-12).</summary>
internal static unsafe class X87Environment
{
    /// <summary>Enters the instructions.</summary>
    public static void Define(InstructionTable table)
    {
        table.Add(new InstructionDefinition(0xD9, "fldenv", OperandForm.ModRM) { Digit = 4, Traits = InstructionTraits.MemoryOnly, Memory = &Load<Wide>, Memory16 = &Load<Narrow> });
        table.Add(new InstructionDefinition(0xD9, "fnstenv", OperandForm.ModRM) { Digit = 6, Traits = InstructionTraits.MemoryOnly, Memory = &Store<Wide>, Memory16 = &Store<Narrow> });
        table.Add(new InstructionDefinition(0xDD, "frstor", OperandForm.ModRM) { Digit = 4, Traits = InstructionTraits.MemoryOnly, Memory = &Restore<Wide>, Memory16 = &Restore<Narrow> });
        table.Add(new InstructionDefinition(0xDD, "fnsave", OperandForm.ModRM) { Digit = 6, Traits = InstructionTraits.MemoryOnly, Memory = &Save<Wide>, Memory16 = &Save<Narrow> });
    }

    /// <summary>The seven fields of an environment; how they stand in memory depends on the operand size.</summary>
    interface ILayout
    {
        static abstract uint FieldSize { get; }
    }

    struct Wide : ILayout
    {
        public static uint FieldSize => 4;
    }

    struct Narrow : ILayout
    {
        public static uint FieldSize => 2;
    }

    const int Fields = 7;
    const int RegisterBytes = 80;

    static void Store<T>(CpuState* s, Op* op) where T : struct, ILayout
    {
        CheckAvailable(s);
        uint length = Fields * T.FieldSize;
        uint linear = Operand.WriteAddress(s, op->Segment, Operand.Offset(s, op), length);
        LinearMemory.ProbeWrite(s, linear, length);
        WriteEnvironment<T>(s, linear);
        // All exceptions are masked after the store, so that a handler can compute.
        s->Fpu.Control |= (int)FloatFlags.All;
        UpdateSummary(&s->Fpu);
    }

    static void Save<T>(CpuState* s, Op* op) where T : struct, ILayout
    {
        CheckAvailable(s);
        uint length = Fields * T.FieldSize + RegisterBytes;
        uint linear = Operand.WriteAddress(s, op->Segment, Operand.Offset(s, op), length);
        LinearMemory.ProbeWrite(s, linear, length);
        WriteEnvironment<T>(s, linear);
        linear += Fields * T.FieldSize;
        for (int i = 0; i < 8; i++, linear += 10)
        {
            Float80 value = Get(&s->Fpu, i);
            LinearMemory.Write(s, linear, value.Significand);
            LinearMemory.Write(s, linear + 8, value.SignExponent);
        }
        s->Fpu.Initialize();
    }

    static void Load<T>(CpuState* s, Op* op) where T : struct, ILayout
    {
        Begin(s);
        uint length = Fields * T.FieldSize;
        uint linear = Operand.ReadAddress(s, op->Segment, Operand.Offset(s, op), length);
        LinearMemory.ProbeRead(s, linear, length);
        ReadEnvironment<T>(s, linear);
    }

    static void Restore<T>(CpuState* s, Op* op) where T : struct, ILayout
    {
        Begin(s);
        uint length = Fields * T.FieldSize + RegisterBytes;
        uint linear = Operand.ReadAddress(s, op->Segment, Operand.Offset(s, op), length);
        LinearMemory.ProbeRead(s, linear, length);
        byte valid = ReadEnvironment<T>(s, linear);
        linear += Fields * T.FieldSize;
        for (int i = 0; i < 8; i++, linear += 10)
            Set(&s->Fpu, i, new Float80(LinearMemory.Read<ulong>(s, linear), LinearMemory.Read<ushort>(s, linear + 8)));
        s->Fpu.Valid = valid;
    }

    static bool IsRealLayout(CpuState* s) => (s->Cr0 & 1) == 0 || (s->OtherFlags & EflagsBits.Virtual8086) != 0;

    static void WriteEnvironment<T>(CpuState* s, uint linear) where T : struct, ILayout
    {
        FpuState* f = &s->Fpu;
        bool wide = T.FieldSize == 4;
        uint upper = wide ? 0xFFFF0000 : 0;
        uint* field = stackalloc uint[Fields];
        field[0] = f->Control | upper;
        field[1] = f->Status | upper;
        field[2] = f->TagWord | upper;
        if (IsRealLayout(s))
        {
            // Linear addresses of 20 bits (16-bit layout) or 32 bits, their upper part shifted into the field that the selector takes in protected mode.
            uint instruction = ((uint)f->LastCs << 4) + f->LastEip, data = ((uint)f->LastDs << 4) + f->LastDataOffset;
            field[3] = instruction & 0xFFFF;
            field[4] = (wide ? instruction >> 16 << 12 : (instruction >> 16 & 0xF) << 12) | f->LastOpcode;
            field[5] = data & 0xFFFF;
            field[6] = wide ? data >> 16 << 12 : (data >> 16 & 0xF) << 12;
        }
        else
        {
            field[3] = f->LastEip;
            field[4] = f->LastCs | (wide ? (uint)f->LastOpcode << 16 : 0);
            field[5] = f->LastDataOffset;
            field[6] = f->LastDs | upper;
        }
        for (int i = 0; i < Fields; i++)
        {
            if (wide)
                LinearMemory.Write(s, linear + (uint)i * 4, field[i]);
            else
                LinearMemory.Write(s, linear + (uint)i * 2, (ushort)field[i]);
        }
    }

    /// <summary>Reads an environment, which the caller has probed. Returns which registers it says are not empty.</summary>
    static byte ReadEnvironment<T>(CpuState* s, uint linear) where T : struct, ILayout
    {
        FpuState* f = &s->Fpu;
        bool wide = T.FieldSize == 4;
        uint* field = stackalloc uint[Fields];
        for (int i = 0; i < Fields; i++)
            field[i] = wide ? LinearMemory.Read<uint>(s, linear + (uint)i * 4) : LinearMemory.Read<ushort>(s, linear + (uint)i * 2);

        f->Status = (ushort)field[1];
        X87Control.SetControl(f, (ushort)field[0]);
        byte valid = 0;
        for (int i = 0; i < 8; i++)
        {
            if (((field[2] >> (i * 2)) & 3) != 3)
                valid |= (byte)(1 << i);
        }
        f->Valid = valid;

        if (IsRealLayout(s))
        {
            f->LastEip = (field[3] & 0xFFFF) | field[4] >> 12 << 16;
            f->LastDataOffset = (field[5] & 0xFFFF) | field[6] >> 12 << 16;
            f->LastCs = f->LastDs = 0;
            f->LastOpcode = (ushort)(field[4] & 0x7FF);
        }
        else
        {
            f->LastEip = field[3];
            f->LastCs = (ushort)field[4];
            f->LastDataOffset = field[5];
            f->LastDs = (ushort)field[6];
            // The 16-bit layout has no opcode.
            f->LastOpcode = wide ? (ushort)(field[4] >> 16 & 0x7FF) : (ushort)0;
        }
        return valid;
    }
}
