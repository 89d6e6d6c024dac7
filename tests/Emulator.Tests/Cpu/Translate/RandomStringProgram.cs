using Iced.Intel;
using LguestPS.Emulator.Tests.Hardware;
using static Iced.Intel.AssemblerRegisters;

namespace LguestPS.Emulator.Tests.Translate;

/// <summary>Random string instructions, single and repeated, up and down, over each other and across pages; and flags, interrupts and segment registers pushed between.</summary>
static class RandomStringProgram
{
    /// <summary>Bytes of data around which it moves.</summary>
    public const int DataBytes = 0x3000;

    const int Instructions = 60, Rounds = 30;

    /// <summary>Machine code for <see cref="HardwareRig.Code0Start"/>.</summary>
    public static byte[] Make(Random random)
    {
        var a = new Assembler(32);
        Label start = a.CreateLabel();
        a.mov(edx, Rounds);
        a.Label(ref start);
        for (int i = 0; i < Instructions; i++)
        {
            a.lea(esi, __[ebp + Place(random)]);
            a.lea(edi, __[ebp + Place(random)]);
            a.mov(ecx, random.Next(4) switch { 0 => random.Next(3), 1 => random.Next(6000), _ => random.Next(40) });
            bool down = random.Next(10) == 0;
            if (down)
                a.std();
            String(a, random);
            if (down)
                a.cld();
            a.lea(ebx, __[ebx + ecx * 2]);
            Other(a, random);
        }
        a.cld();
        a.dec(edx);
        a.jne(start);
        a.hlt();
        using var stream = new MemoryStream();
        a.Assemble(new StreamCodeWriter(stream), HardwareRig.Code0Start);
        return stream.ToArray();
    }

    // Within one page of three, often near where it ends.
    static int Place(Random random) => random.Next(3) == 0 ? 0x1000 * random.Next(1, 3) - random.Next(64) : 0x800 + random.Next(0x1000);

    static void String(Assembler a, Random random)
    {
        switch (random.Next(16))
        {
            case 0: a.rep.movsb(); break;
            case 1: a.rep.movsd(); break;
            case 2: a.rep.movsw(); break;
            case 3: a.rep.stosb(); break;
            case 4: a.rep.stosd(); break;
            case 5: a.rep.stosw(); break;
            case 6: a.repe.cmpsb(); break;
            case 7: a.repne.scasb(); break;
            case 8: a.movsb(); break;
            case 9: a.movsw(); break;
            case 10: a.movsd(); break;
            case 11: a.stosb(); break;
            case 12: a.stosd(); break;
            case 13: a.lodsw(); break;
            case 14: a.lodsb(); break;
            default: a.scasd(); break;
        }
    }

    static void Other(Assembler a, Random random)
    {
        switch (random.Next(8))
        {
            case 0: a.cmp(eax, ebx); a.pushfd(); a.pop(ebx); a.and(ebx, 0x8C5); break;   // AF apart
            case 1: a.push(ds); a.pop(ebx); break;
            case 2: a.mov(bx, es); break;
            case 3: a.cli(); break;
            case 4: a.mov(__word_ptr[ebp + 0x2800], ss); break;
            case 5: a.push(edx); a.push(ecx); a.mov(edx, eax); a.cmpxchg8b(__qword_ptr[ebp + 0x2810]); a.pop(ecx); a.pop(edx); a.setz(bl); break;
            case 6: a.adc(eax, ebx); break;
            default: break;
        }
    }
}
