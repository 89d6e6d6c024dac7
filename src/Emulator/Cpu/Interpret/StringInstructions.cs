using System.Runtime.CompilerServices;
using LguestPS.Emulator.Cpu.Decode;
using LguestPS.Emulator.Cpu.Mmu;
using LguestPS.Emulator.Cpu.State;
using LguestPS.Emulator.Memory;

namespace LguestPS.Emulator.Cpu.Interpret;

/// <summary>movs, cmps, stos, lods, scas, and their repetition. The source segment may be overridden, the destination is always es:edi.</summary>
static unsafe class StringInstructions
{
    // A repeated instruction lets interrupts in at least this often.
    const int IterationsAtOnce = 4096;

    interface IStringOperation
    {
        /// <summary>Whether rep looks at ZF (repe and repne).</summary>
        static abstract bool Compares { get; }

        /// <summary>One iteration.</summary>
        static abstract void Step<T>(CpuState* s, Op* op) where T : unmanaged;

        /// <summary>Does many iterations at once where memory and flags are simple; returns how many, 0 where they are not.</summary>
        static abstract uint Bulk<T>(CpuState* s, Op* op, uint count) where T : unmanaged;
    }

    public static void Define(InstructionTable table)
    {
        DefineOperation<Move>(table, 0xA4, "movs", 0);
        DefineOperation<Compare>(table, 0xA6, "cmps", EflagsBits.Arithmetic);
        DefineOperation<Store>(table, 0xAA, "stos", 0);
        DefineOperation<Load>(table, 0xAC, "lods", 0);
        DefineOperation<Scan>(table, 0xAE, "scas", EflagsBits.Arithmetic);
    }

    static void DefineOperation<TOp>(InstructionTable table, int opcode, string name, uint writes) where TOp : IStringOperation
    {
        table.Add(new(opcode, name, OperandForm.None) { Traits = InstructionTraits.Repeats, Writes = writes, Register = &Once<TOp, byte>, Repeated = &Repeat<TOp, byte> });
        table.Add(new(opcode + 1, name, OperandForm.None) { Traits = InstructionTraits.Repeats, Writes = writes, Register = &Once<TOp, uint>, Register16 = &Once<TOp, ushort>, Repeated = &Repeat<TOp, uint>, Repeated16 = &Repeat<TOp, ushort> });
    }

    static void Once<TOp, T>(CpuState* s, Op* op) where TOp : IStringOperation where T : unmanaged => TOp.Step<T>(s, op);

    static void Repeat<TOp, T>(CpuState* s, Op* op) where TOp : IStringOperation where T : unmanaged
    {
        for (int i = 0; i < IterationsAtOnce; i++)
        {
            uint count = s->R[Reg.Ecx] & op->AddressMask;
            if (count == 0)
            {
                s->Eip = Operand.NextEip(s, op);
                return;
            }
            uint done = s->PendingDebug == 0 ? TOp.Bulk<T>(s, op, count) : 0;
            if (done == 0)
            {
                TOp.Step<T>(s, op);
                done = 1;
            }
            s->R[Reg.Ecx] = (s->R[Reg.Ecx] & ~op->AddressMask) | (count - done);
            if (count == done || (TOp.Compares && s->Zero != ((op->Flags & OpFlags.Repeat) != 0)))
            {
                s->Eip = Operand.NextEip(s, op);
                return;
            }
            // Single step and data breakpoints trap after each iteration (Intel SDM vol. 3, 17.3.1.4).
            if ((s->Request | (int)s->PendingDebug) != 0)
                break;
        }
        s->Eip = s->BlockEip + op->Offset;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Advance<T>(CpuState* s, Op* op, int register, uint count = 1) where T : unmanaged
    {
        uint bytes = count * (uint)sizeof(T);
        uint moved = (s->OtherFlags & EflagsBits.Direction) == 0 ? s->R[register] + bytes : s->R[register] - bytes;
        s->R[register] = (s->R[register] & ~op->AddressMask) | (moved & op->AddressMask);
    }

    static uint SourceAddress<T>(CpuState* s, Op* op) where T : unmanaged =>
        Operand.ReadAddress(s, op->Segment, s->R[Reg.Esi] & op->AddressMask, (uint)sizeof(T));

    // Up, in flat segments, with 32-bit addresses: the simple case that nearly all repetitions are.
    static bool IsSimple(CpuState* s, Op* op) =>
        (s->OtherFlags & EflagsBits.Direction) == 0 && op->AddressMask == uint.MaxValue && s->Es.FlatWrite != 0;

    static uint UnitsLeftInPage<T>(uint linear) where T : unmanaged => (GuestMemory.PageSize - (linear & 0xFFF)) / (uint)sizeof(T);

    static uint CompareFlags<T>(CpuState* s, uint a, uint b) where T : unmanaged
    {
        uint result = a - b;
        LazyFlags.Set<T>(s, result, (~a & b) | ((~a | b) & result));
        return result;
    }

    readonly struct Move : IStringOperation
    {
        public static bool Compares => false;

        public static void Step<T>(CpuState* s, Op* op) where T : unmanaged
        {
            uint value = Operand.ReadAt<T>(s, SourceAddress<T>(s, op));
            Operand.WriteAt<T>(s, Operand.WriteAddress(s, (int)SegmentRegister.Es, s->R[Reg.Edi] & op->AddressMask, (uint)sizeof(T)), value);
            Advance<T>(s, op, Reg.Esi);
            Advance<T>(s, op, Reg.Edi);
        }

        public static uint Bulk<T>(CpuState* s, Op* op, uint count) where T : unmanaged
        {
            if (!IsSimple(s, op) || CpuState.SegmentAt(s, op->Segment)->FlatRead == 0)
                return 0;
            uint source = CpuState.SegmentAt(s, op->Segment)->Base + s->R[Reg.Esi], destination = s->Es.Base + s->R[Reg.Edi];
            byte* from = LinearMemory.HostPageForRead(s, source), to = LinearMemory.HostPageForWrite(s, destination);
            count = Math.Min(count, Math.Min(UnitsLeftInPage<T>(source), UnitsLeftInPage<T>(destination)));
            long bytes = count * sizeof(T);
            // An overlap with the destination ahead of the source repeats what was just written, unit by unit.
            if (from == null || to == null || count == 0 || (to > from && to < from + bytes))
                return 0;
            Buffer.MemoryCopy(from, to, bytes, bytes);
            Advance<T>(s, op, Reg.Esi, count);
            Advance<T>(s, op, Reg.Edi, count);
            return count;
        }
    }

    readonly struct Store : IStringOperation
    {
        public static bool Compares => false;

        public static void Step<T>(CpuState* s, Op* op) where T : unmanaged
        {
            Operand.WriteAt<T>(s, Operand.WriteAddress(s, (int)SegmentRegister.Es, s->R[Reg.Edi] & op->AddressMask, (uint)sizeof(T)), Operand.Get<T>(s, Reg.Eax));
            Advance<T>(s, op, Reg.Edi);
        }

        public static uint Bulk<T>(CpuState* s, Op* op, uint count) where T : unmanaged
        {
            if (!IsSimple(s, op))
                return 0;
            uint destination = s->Es.Base + s->R[Reg.Edi];
            byte* to = LinearMemory.HostPageForWrite(s, destination);
            count = Math.Min(count, UnitsLeftInPage<T>(destination));
            if (to == null || count == 0)
                return 0;
            uint value = Operand.Get<T>(s, Reg.Eax);
            if (sizeof(T) == 1)
                new Span<byte>(to, (int)count).Fill((byte)value);
            else if (sizeof(T) == 2)
                new Span<ushort>(to, (int)count).Fill((ushort)value);
            else
                new Span<uint>(to, (int)count).Fill(value);
            Advance<T>(s, op, Reg.Edi, count);
            return count;
        }
    }

    readonly struct Load : IStringOperation
    {
        public static bool Compares => false;

        public static void Step<T>(CpuState* s, Op* op) where T : unmanaged
        {
            Operand.Set<T>(s, Reg.Eax, Operand.ReadAt<T>(s, SourceAddress<T>(s, op)));
            Advance<T>(s, op, Reg.Esi);
        }

        public static uint Bulk<T>(CpuState* s, Op* op, uint count) where T : unmanaged => 0;
    }

    readonly struct Compare : IStringOperation
    {
        public static bool Compares => true;

        public static void Step<T>(CpuState* s, Op* op) where T : unmanaged
        {
            uint source = Operand.ReadAt<T>(s, SourceAddress<T>(s, op));
            uint destination = Operand.ReadAt<T>(s, Operand.ReadAddress(s, (int)SegmentRegister.Es, s->R[Reg.Edi] & op->AddressMask, (uint)sizeof(T)));
            CompareFlags<T>(s, source, destination);
            Advance<T>(s, op, Reg.Esi);
            Advance<T>(s, op, Reg.Edi);
        }

        public static uint Bulk<T>(CpuState* s, Op* op, uint count) where T : unmanaged => 0;
    }

    readonly struct Scan : IStringOperation
    {
        public static bool Compares => true;

        public static void Step<T>(CpuState* s, Op* op) where T : unmanaged
        {
            uint value = Operand.ReadAt<T>(s, Operand.ReadAddress(s, (int)SegmentRegister.Es, s->R[Reg.Edi] & op->AddressMask, (uint)sizeof(T)));
            CompareFlags<T>(s, Operand.Get<T>(s, Reg.Eax), value);
            Advance<T>(s, op, Reg.Edi);
        }

        public static uint Bulk<T>(CpuState* s, Op* op, uint count) where T : unmanaged => 0;
    }
}
