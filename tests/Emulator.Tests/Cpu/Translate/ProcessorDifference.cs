using System.Text;
using Iced.Intel;
using LguestPS.Emulator.Cpu;
using LguestPS.Emulator.Cpu.Fpu;
using LguestPS.Emulator.Cpu.State;

namespace LguestPS.Emulator.Tests.Translate;

/// <summary>Compares all that two processors of one guest have, and says what differs.</summary>
static unsafe class ProcessorDifference
{
    const int InstructionsShown = 40;

    static readonly string[] Registers = ["eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi"];
    static readonly string[] Segments = ["es", "cs", "ss", "ds", "fs", "gs", "ldtr", "tr"];

    /// <summary>The differences, a line each; null when there are none. Arithmetic flags count where <paramref name="flags"/> says so.</summary>
    public static string? Find(CpuState* a, CpuState* b, uint flags)
    {
        if (AreSame(a, b, flags))
            return null;
        var text = new StringBuilder();
        void Field(string name, ulong translated, ulong interpreted)
        {
            if (translated != interpreted)
                text.AppendLine($"{name}: {translated:x} translated, {interpreted:x} interpreted");
        }
        Field("eip", a->Eip, b->Eip);
        Field("eflags", a->Eflags & flags, b->Eflags & flags);
        for (int i = 0; i < Registers.Length; i++)
            Field(Registers[i], a->R[i], b->R[i]);
        for (int i = 0; i < Segments.Length; i++)
        {
            Segment* s = &a->Es + i, t = &b->Es + i;
            Field(Segments[i], s->Selector, t->Selector);
            Field($"{Segments[i]}.base", s->Base, t->Base);
            Field($"{Segments[i]}.limit", s->Limit, t->Limit);
            Field($"{Segments[i]}.attributes", s->Attributes, t->Attributes);
        }
        Field("cpl", (uint)a->Cpl, (uint)b->Cpl);
        Field("cr0", a->Cr0, b->Cr0);
        Field("cr2", a->Cr2, b->Cr2);
        Field("cr3", a->Cr3, b->Cr3);
        Field("cr4", a->Cr4, b->Cr4);
        for (int i = 0; i < 8; i++)
            Field($"dr{i}", a->Dr[i], b->Dr[i]);
        FpuState* f = &a->Fpu, g = &b->Fpu;
        Field("fpu control", f->Control, g->Control);
        Field("fpu status", f->Status, g->Status);
        Field("fpu tags", f->Valid, g->Valid);
        Field("fpu opcode", f->LastOpcode, g->LastOpcode);
        Field("fpu eip", f->LastEip, g->LastEip);
        Field("fpu operand", f->LastDataOffset, g->LastDataOffset);
        Field("mxcsr", f->Mxcsr, g->Mxcsr);
        for (int i = 0; i < 16; i++)
        {
            Field($"fpu register {i / 2}, {(i % 2 == 0 ? "significand" : "exponent")}", ((ulong*)f->Registers)[i], ((ulong*)g->Registers)[i]);
            Field($"xmm{i / 2}, {(i % 2 == 0 ? "low" : "high")} half", ((ulong*)f->Xmm)[i], ((ulong*)g->Xmm)[i]);
        }
        Field("retired", (ulong)a->Retired, (ulong)b->Retired);
        if (text.Length == 0)
            text.AppendLine("system registers differ");
        return text.ToString();
    }

    /// <summary>Code as the processor sees it, from an address on.</summary>
    public static string Disassemble(Processor cpu, uint eip)
    {
        var code = new byte[InstructionsShown * 5];
        int length = cpu.ReadLinear(cpu.State->Cs.Base + eip, code);
        var decoder = Iced.Intel.Decoder.Create(32, new ByteArrayCodeReader(code, 0, length), eip);
        var formatter = new IntelFormatter();
        var output = new StringOutput();
        var text = new StringBuilder();
        while (decoder.IP < eip + (ulong)length)
        {
            Instruction instruction = decoder.Decode();
            formatter.Format(instruction, output);
            text.AppendLine($"  {instruction.IP32:x8} {output.ToStringAndReset()}");
        }
        return text.ToString();
    }

    // The fields between these lie next to each other, without pointers among them.
    static bool AreSame(CpuState* a, CpuState* b, uint flags) =>
        Same(a->R, b->R, &a->BlockEip)
        && ((a->Eflags ^ b->Eflags) & flags) == 0
        && Same(&a->Es, &b->Es, &a->Cpl)
        && Same(&a->Cpl, &b->Cpl, &a->PendingDebug)
        && Same(&a->Efer, &b->Efer, &a->Retired)
        && a->Retired == b->Retired
        && Same(&a->Fpu, &b->Fpu, &a->Fpu + 1);

    static bool Same(void* a, void* b, void* end) =>
        new ReadOnlySpan<byte>(a, (int)((byte*)end - (byte*)a)).SequenceEqual(new ReadOnlySpan<byte>(b, (int)((byte*)end - (byte*)a)));
}
