using System.Text;
using Iced.Intel;
using LguestPS.Emulator.Cpu.State;
using Decoder = Iced.Intel.Decoder;

namespace LguestPS.Emulator.Tests.Oracle;

/// <summary>Compares what the two processors left behind, and tells the differences.</summary>
static class OracleComparison
{
    static readonly string[] RegisterNames = ["eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi"];
    // A null selector keeps its ring bits only until the host takes an interrupt: the way back clears the whole register.
    static T WithoutNullRing<T>(T selector) where T : struct, System.Numerics.IBinaryInteger<T> =>
        selector < T.CreateChecked(4) ? T.Zero : selector;

    static readonly string[] SegmentNames = ["es", "cs", "ss", "ds", "fs", "gs"];

    /// <summary>The flags that a user can see and change. RF says only how an exception was reported.</summary>
    const uint ComparedFlags = EflagsBits.Arithmetic | EflagsBits.Trap | EflagsBits.Interrupt | EflagsBits.Direction | EflagsBits.IoPrivilege
        | EflagsBits.NestedTask | EflagsBits.Virtual8086 | EflagsBits.AlignmentCheck | EflagsBits.VirtualInterrupt | EflagsBits.Identification | 2;

    /// <summary>One line for each difference; empty when the results agree.</summary>
    public static IReadOnlyList<string> Differences(OracleCase c, OracleResult native, OracleResult emulated)
    {
        List<string> differences = [];
        bool bothEndless = native.Vector < 0 && emulated.Vector < 0;   // a return address that was overwritten, for instance
        if (bothEndless)
            return differences;
        void Compare(string what, long expected, long actual)
        {
            if (expected != actual)
                differences.Add($"{what}: native {expected:x}, emulated {actual:x}");
        }

        bool bothFault = IsFault(native) && IsFault(emulated);
        if (!IsWrap(native, emulated) && !IsWrap(emulated, native) && !(bothFault && c.Licence.HasFlag(OracleLicence.FaultOrder)))
        {
            Compare("exception", native.Vector, emulated.Vector);
            Compare("error code", native.ErrorCode, emulated.ErrorCode);
            Compare("cr2", native.Cr2, emulated.Cr2);
        }

        Compare("eip", native.Eip, emulated.Eip);
        if (bothFault && c.Licence.HasFlag(OracleLicence.PartialEffect))
        {
            Compare("esp", native.Registers[Reg.Esp], emulated.Registers[Reg.Esp]);
            return differences;
        }

        for (int i = 0; i < 8; i++)
            Compare(RegisterNames[i], native.Registers[i], emulated.Registers[i]);
        for (int i = 0; i < 6; i++)
            Compare(SegmentNames[i], WithoutNullRing(native.Selectors[i]), WithoutNullRing(emulated.Selectors[i]));
        uint mask = ComparedFlags & ~c.UndefinedFlagsAt(native);
        if (((native.Eflags ^ emulated.Eflags) & mask) != 0)
            differences.Add($"flags: native {Flags(native.Eflags)}, emulated {Flags(emulated.Eflags)} (wrong: {Flags((native.Eflags ^ emulated.Eflags) & mask)})");
        foreach (uint address in native.Changes.Keys.Union(emulated.Changes.Keys).Order())
        {
            bool inNative = native.Changes.TryGetValue(address, out uint expected), inEmulated = emulated.Changes.TryGetValue(address, out uint actual);
            if (inNative != inEmulated || expected != actual)
                differences.Add($"[{address:x}]: native {(inNative ? $"{expected:x8}" : "unchanged")}, emulated {(inEmulated ? $"{actual:x8}" : "unchanged")}");
        }

        return differences;
    }

    static bool IsFault(OracleResult result) => result.Vector is 6 or (>= 12 and <= 14);

    // An operand that begins at the end of a segment of 4 GB and ends at its beginning "may or may not" exceed the limit (Intel SDM vol. 3, 5.3).
    static bool IsWrap(OracleResult limit, OracleResult page) =>
        limit is { Vector: 12 or 13, ErrorCode: 0 } && page.Vector == 14 && (page.Cr2 >= 0xFFFFFFC0 || OracleLayout.Data - page.Cr2 <= 64);

    /// <summary>All that is needed to see what went wrong in a case.</summary>
    public static string Describe(OracleCase c, OracleResult native, IReadOnlyList<string> differences)
    {
        var text = new StringBuilder();
        text.Append("  code:");
        byte[] code = new byte[c.CodeLength];
        foreach (OraclePatch patch in c.Patches)
            for (int i = 0; i < patch.Bytes.Length; i++)
                if (patch.Address + (uint)i - c.Eip < code.Length)
                    code[patch.Address + (uint)i - c.Eip] = patch.Bytes[i];
        var decoder = Decoder.Create(32, code);
        decoder.IP = c.Eip;
        var formatter = new NasmFormatter();
        var line = new StringOutput();
        while (decoder.IP < c.Eip + (ulong)code.Length)
        {
            Instruction instruction = decoder.Decode();
            formatter.Format(instruction, line);
            int start = (int)(instruction.IP32 - c.Eip);
            text.Append($"\n    {instruction.IP32:x8}  {Convert.ToHexString(code.AsSpan(start, Math.Min(instruction.Length, code.Length - start))),-30}  {line.ToStringAndReset()}");
        }

        text.Append("\n  input:").AppendJoin(' ', RegisterNames.Select((name, i) => $"{(i == 0 ? " " : "")}{name}={c.Registers[i]:x}"));
        text.Append(" flags=").Append(Flags(c.Eflags)).Append(' ').AppendJoin(' ', SegmentNames.Select((name, i) => $"{name}={c.Selectors[i]:x}"));
        foreach (OraclePatch patch in c.Patches.Where(p => p.Address - OracleLayout.Code >= OracleLayout.CodeSize))
            text.Append($"\n  [{patch.Address:x}] = {Convert.ToHexString(patch.Bytes)}");
        text.Append($"\n  native: exception {native.Vector} at {native.Eip:x}, cr2 {native.Cr2:x}");
        const int most = 24;
        foreach (string difference in differences.Take(most))
            text.Append("\n  DIFFERENT ").Append(difference);
        if (differences.Count > most)
            text.Append($"\n  and {differences.Count - most} more");
        return text.ToString();
    }

    static string Flags(uint eflags)
    {
        (uint Bit, string Name)[] names =
        [
            (EflagsBits.Carry, "C"), (EflagsBits.Parity, "P"), (EflagsBits.Auxiliary, "A"), (EflagsBits.Zero, "Z"), (EflagsBits.Sign, "S"), (EflagsBits.Overflow, "O"),
            (EflagsBits.Direction, "D"), (EflagsBits.Trap, "T"), (EflagsBits.NestedTask, "N"), (EflagsBits.AlignmentCheck, "AC"), (EflagsBits.Identification, "ID"),
        ];
        uint rest = eflags & ~(names.Aggregate(0u, (all, n) => all | n.Bit) | 2 | EflagsBits.Interrupt | EflagsBits.Resume);
        string named = string.Join(',', names.Where(n => (eflags & n.Bit) != 0).Select(n => n.Name));
        return (named.Length == 0 ? "-" : named) + (rest == 0 ? "" : $"+{rest:x}");
    }
}
