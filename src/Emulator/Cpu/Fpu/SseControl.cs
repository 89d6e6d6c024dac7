using LguestPS.Emulator.Cpu.Decode;
using LguestPS.Emulator.Cpu.Interpret;
using LguestPS.Emulator.Cpu.State;
using static LguestPS.Emulator.Cpu.Fpu.Simd;

namespace LguestPS.Emulator.Cpu.Fpu;

/// <summary>MXCSR, fences and prefetches.</summary>
internal static unsafe class SseControl
{
    /// <summary>Enters the instructions.</summary>
    public static void Define(InstructionTable table)
    {
        DefineDigit(table, 2, "ldmxcsr", &LoadMxcsr, InstructionTraits.MemoryOnly);
        DefineDigit(table, 3, "stmxcsr", &StoreMxcsr, InstructionTraits.MemoryOnly);
        // This processor's memory accesses are ordered anyway.
        DefineDigit(table, 5, "lfence", &Nothing, InstructionTraits.RegisterOnly);
        DefineDigit(table, 6, "mfence", &Fence, InstructionTraits.RegisterOnly);
        DefineDigit(table, 7, "sfence", &Nothing, InstructionTraits.RegisterOnly);
        // prefetchnta, prefetcht0 to prefetcht2; the other encodings and register forms are reserved hints that do nothing.
        table.Add(new InstructionDefinition(0x0F18, "prefetch", OperandForm.ModRM) { Register = &Nothing });
    }

    static void DefineDigit(InstructionTable table, int digit, string name, delegate*<CpuState*, Op*, void> handler, InstructionTraits traits) =>
        table.Add(new InstructionDefinition(0x0FAE, name, OperandForm.ModRM) { Digit = digit, Prefix = NoPrefix, Traits = traits, Register = handler });

    static void LoadMxcsr(CpuState* s, Op* op)
    {
        BeginSse(s);
        uint value = Operand.Load<uint>(s, op);
        if ((value & ~Fxsave.MxcsrMask) != 0)
            throw CpuFault.GeneralProtection(0);
        s->Fpu.Mxcsr = value;
    }

    static void StoreMxcsr(CpuState* s, Op* op)
    {
        BeginSse(s);
        Operand.Store(s, op, s->Fpu.Mxcsr);
    }

    /// <summary>Other virtual processors there are none, but device threads watch memory: earlier stores must be seen before later loads.</summary>
    static void Fence(CpuState* s, Op* op) => Interlocked.MemoryBarrier();

    static void Nothing(CpuState* s, Op* op)
    {
    }
}
