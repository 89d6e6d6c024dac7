using LguestPS.Emulator.Cpu.Decode;

namespace LguestPS.Emulator.Tests.Oracle;

/// <summary>Which of the processor's instructions can be compared with a ring 3 process.</summary>
static class OracleScope
{
    /// <summary>The definitions to test, by mnemonic.</summary>
    public static IReadOnlyDictionary<string, InstructionDefinition[]> Groups { get; } =
        InstructionTable.Instance.All.Where(IsComparable).GroupBy(d => d.Mnemonic).ToDictionary(g => g.Key, g => g.ToArray());

    /// <summary>False for what another test checks, what does not repeat, and what Linux answers in the process's place.</summary>
    public static bool IsComparable(InstructionDefinition d) => d.Opcode switch
    {
        // x87, MMX and SSE.
        >= 0xD8 and <= 0xDF or 0x9B => false,
        0x0FAE or (>= 0x0F10 and <= 0x0F17) or (>= 0x0F28 and <= 0x0F2F) or (>= 0x0F50 and <= 0x0F7F) => false,
        0x0FC2 or (>= 0x0FC4 and <= 0x0FC6) or (>= 0x0FD0 and <= 0x0FFE) or 0x0F77 => false,
        // Counters and identification.
        0x0F31 or 0x0F33 or 0x0FA2 => false,
        0x0FC7 => d.Digit == 1,
        // System calls: these would be made.
        0x0F05 or 0x0F07 or 0x0F34 or 0x0F35 => false,
        // sldt, str, sgdt, sidt, smsw: Linux emulates them where user-mode instruction prevention is on. lldt and ltr look alike.
        0x0F00 => d.Digit is 4 or 5,
        0x0F01 => false,
        // int1: hypervisors report its eip differently.
        0xF1 => false,
        _ => true,
    };
}
