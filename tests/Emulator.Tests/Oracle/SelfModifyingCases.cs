using LguestPS.Emulator.Cpu.State;

namespace LguestPS.Emulator.Tests.Oracle;

/// <summary>Cases that write into their own code: the processor runs what was written from the very next instruction on.</summary>
static class SelfModifyingCases
{
    const byte MovEaxImmediate = 0xB8, AddEaxImmediate = 0x05, Return = 0xC3;

    /// <summary>One of several patterns.</summary>
    public static OracleCase Make(OracleRandom random, OracleSelectors selectors)
    {
        OracleCase c = SingleInstructionCases.Surroundings(random, selectors);
        foreach (var segment in (ReadOnlySpan<SegmentRegister>)[SegmentRegister.Es, SegmentRegister.Ss, SegmentRegister.Ds])
            c.Selectors[(int)segment] = selectors.Data;
        c.Registers[Reg.Esp] = OracleLayout.Stack + 0x800;
        c.Eip = random.Below(4) switch
        {
            0 => OracleLayout.Code + OracleLayout.PageSize - (uint)random.Below(50),
            1 => OracleLayout.Code + 0x40 - (uint)random.Below(30),
            _ => OracleLayout.Code + (uint)random.Between(0x100, 0x600),
        };
        byte[] code = random.Below(6) switch
        {
            0 => StoreAhead(random, c),
            1 => OverwriteByString(random, c),
            2 => Loop(random, c),
            3 => OtherPage(random, c),
            4 => PushOver(random, c),
            _ => Backward(random, c),
        };
        c.PatchCode(c.Eip, code);
        c.UndefinedFlags = EflagsBits.Auxiliary;
        return c;
    }

    // A store of 1, 2 or 4 bytes into one of the instructions that follow, which are all one byte long, so that whatever lands there can be run.
    static byte[] StoreAhead(OracleRandom random, OracleCase c)
    {
        const int count = 24;
        int width = random.Pick(1, 2, 4);
        byte[] store = width switch
        {
            1 => [0xC6, 0x05, 0, 0, 0, 0, .. Simple(random, 1)],
            2 => [0x66, 0xC7, 0x05, 0, 0, 0, 0, .. Simple(random, 2)],
            _ => [0xC7, 0x05, 0, 0, 0, 0, .. Simple(random, 4)],
        };
        uint target = c.Eip + (uint)(store.Length + random.Below(count - 4));
        BitConverter.GetBytes(target).CopyTo(store, store.Length - width - 4);
        return [.. store, .. Simple(random, count)];
    }

    // A repeated string instruction lays new code over what follows it, and sometimes over the page after it.
    static byte[] OverwriteByString(OracleRandom random, OracleCase c)
    {
        byte[] fresh = Simple(random, random.Between(1, 40));
        c.Patch(OracleLayout.Data + 0x80, fresh);
        byte[] code =
        [
            0xFC, 0xBE, .. BitConverter.GetBytes(OracleLayout.Data + 0x80), 0xB9, .. BitConverter.GetBytes(fresh.Length), 0xBF, 0, 0, 0, 0, 0xF3, 0xA4,
        ];
        uint target = c.Eip + (uint)(code.Length + random.Below(8));
        BitConverter.GetBytes(target).CopyTo(code, code.Length - 6);
        return [.. code, .. Simple(random, 50)];
    }

    // Each round changes the immediate that the next round adds, or that this one adds further on.
    static byte[] Loop(OracleRandom random, OracleCase c)
    {
        byte[] filler = Simple(random, random.Below(6)).Where(b => b is not (0x41 or 0x49)).ToArray();
        byte[] head = [0xB9, (byte)random.Between(2, 9), 0, 0, 0];
        byte[] increment = [0x80, 0x05, 0, 0, 0, 0, (byte)random.Next()];
        byte[] add = [AddEaxImmediate, .. BitConverter.GetBytes(random.Value())];
        bool incrementFirst = random.Chance(50);
        byte[] body = incrementFirst ? [.. increment, .. filler, .. add] : [.. add, .. filler, .. increment];
        uint addAt = c.Eip + (uint)(head.Length + (incrementFirst ? increment.Length + filler.Length : 0));
        int incrementAt = incrementFirst ? 2 : add.Length + filler.Length + 2;
        BitConverter.GetBytes(addAt + 1 + (uint)random.Below(4)).CopyTo(body, incrementAt);
        return [.. head, .. body, 0xE2, (byte)-(body.Length + 2)];
    }

    // A function in the other page is called, changed and called again. It leaves its own address in ebx alone.
    static byte[] OtherPage(OracleRandom random, OracleCase c)
    {
        byte[] Harmless(int count) => [.. Simple(random, count).Select(b => b is 0x43 or 0x4B or 0x93 ? (byte)0x90 : b)];
        uint function = OracleLayout.Code + (c.Eip - OracleLayout.Code < OracleLayout.PageSize - 200 ? OracleLayout.PageSize : 0) + 0x800 + (uint)random.Below(0x400);
        c.Patch(function, [MovEaxImmediate, .. BitConverter.GetBytes(random.Value()), .. Harmless(6), Return]);
        c.Registers[Reg.Ebx] = function;
        List<byte> code = [];
        for (int i = random.Between(1, 4); i > 0; i--)
        {
            if (random.Chance(70))
                code.AddRange([0xFF, 0xD3]);
            code.AddRange(random.Chance(50)
                ? [0xC7, 0x43, 0x01, .. BitConverter.GetBytes(random.Value())]
                : [0xC6, 0x43, (byte)random.Between(5, 10), .. Harmless(1)]);
            code.AddRange([0x01, 0xC2]);
        }

        return [.. code, 0xFF, 0xD3];
    }

    // The stack lies in the code: what is pushed is run next.
    static byte[] PushOver(OracleRandom random, OracleCase c)
    {
        byte[] push = [0x68, .. Simple(random, 4)];
        int gap = random.Below(5);
        c.Registers[Reg.Esp] = c.Eip + (uint)(push.Length * 2 + gap) + 8;
        byte[] second = [0x68, .. Simple(random, 4)];
        byte[] rest = [0x40, 0x42, 0x43, 0x45, 0x46, 0x47, 0x48, 0x4A, 0x4B, 0x4D, 0x4E, 0x4F, 0x40, 0x42, 0x43, 0x45];
        return [.. push, .. second, .. rest];
    }

    // Code that has run already is changed and run once more.
    static byte[] Backward(OracleRandom random, OracleCase c)
    {
        byte[] before = Simple(random, random.Between(1, 12));
        byte[] counter = [0xBD, 2, 0, 0, 0];
        uint target = c.Eip + (uint)(counter.Length + random.Below(before.Length));
        byte[] store = [0xC6, 0x05, .. BitConverter.GetBytes(target), .. Simple(random, 1)];
        byte[] filler = random.Chance(50) ? [] : Simple(random, random.Below(8));
        byte[] back = [0x4D, 0x75, (byte)-(before.Length + store.Length + filler.Length + 3)];
        return [.. counter, .. before.Select(NotEbp), .. store.AsSpan(0, 6), NotEbp(store[6]), .. filler.Select(NotEbp), .. back];
    }

    static byte NotEbp(byte opcode) => opcode is 0x45 or 0x4D or 0x95 ? (byte)0x90 : opcode;

    // Instructions of one byte that only change registers other than ecx and esp, or flags.
    static byte[] Simple(OracleRandom random, int count)
    {
        var bytes = new byte[count];
        for (int i = 0; i < count; i++)
            bytes[i] = random.Pick<byte>(0x40, 0x42, 0x43, 0x45, 0x46, 0x47, 0x48, 0x4A, 0x4B, 0x4D, 0x4E, 0x4F, 0x90, 0x92, 0x93, 0x95, 0x96, 0x97, 0x98, 0x99, 0x9E, 0x9F, 0xF5, 0xF8, 0xF9);
        return bytes;
    }
}
