using Iced.Intel;
using LguestPS.Emulator.Cpu.State;
using LguestPS.Emulator.Tests.Hardware;
using static Iced.Intel.AssemblerRegisters;

namespace LguestPS.Emulator.Tests.Translate;

/// <summary>Random code of blocks that jump forward, call and return, around a loop of some rounds, with data in one page and across it. What leaves flags undefined is followed by something that defines them.</summary>
sealed class RandomProgram
{
    /// <summary>Points at the data all the time.</summary>
    public const int DataRegister = Reg.Ebp;

    /// <summary>Counts rounds down.</summary>
    public const int CountRegister = Reg.Edi;

    /// <summary>How often the whole is run.</summary>
    public const uint Rounds = 40;

    const int Blocks = 24, MostInBlock = 7;

    static readonly AssemblerRegister32[] Wide = [eax, ecx, edx, ebx, esi];
    static readonly AssemblerRegister16[] Words = [ax, cx, dx, bx, si];
    static readonly AssemblerRegister8[] Bytes = [al, cl, dl, bl, ah, ch, dh, bh];

    readonly Random random;
    readonly Assembler a = new(32);

    RandomProgram(Random random) => this.random = random;

    /// <summary>Machine code for <see cref="HardwareRig.Code0Start"/>.</summary>
    public static byte[] Make(Random random) => new RandomProgram(random).Make();

    byte[] Make()
    {
        Label start = a.CreateLabel(), function = a.CreateLabel();
        Label[] blocks = [.. Enumerable.Range(0, Blocks + 1).Select(_ => a.CreateLabel())];
        a.Label(ref start);
        a.nop();
        for (int i = 0; i < Blocks; i++)
        {
            a.Label(ref blocks[i]);
            for (int count = random.Next(1, MostInBlock); count > 0; count--)
                Instruction();
            End(blocks[random.Next(i + 1, Blocks + 1)], function);
        }
        a.Label(ref blocks[Blocks]);
        a.dec(edi);
        a.jne(start);
        a.hlt();
        a.Label(ref function);
        Instruction();
        Instruction();
        a.ret();

        using var stream = new MemoryStream();
        a.Assemble(new StreamCodeWriter(stream), HardwareRig.Code0Start);
        return stream.ToArray();
    }

    void End(Label target, Label function)
    {
        switch (random.Next(8))
        {
            case 0: a.jmp(target); break;
            case 1: a.call(function); break;
            case 2: a.mov(esi, 3); a.lea(esi, __[esi - 1]); a.test(esi, esi); a.je(target); break;
            case 3: a.jb(target); break;
            case 4: a.jle(target); break;
            case 5: a.js(target); break;
            case 6: a.jo(target); break;
            default: a.jne(target); break;
        }
    }

    AssemblerRegister32 R => Wide[random.Next(Wide.Length)];

    AssemblerRegister16 R16 => Words[random.Next(Words.Length)];

    AssemblerRegister8 R8 => Bytes[random.Next(Bytes.Length)];

    // Mostly one page, at times across its end.
    int Displacement => random.Next(6) == 0 ? random.Next(0xFF8, 0x1008) : random.Next(0, 0x100);

    AssemblerMemoryOperand M => __dword_ptr[ebp + Displacement];

    AssemblerMemoryOperand M16 => __word_ptr[ebp + Displacement];

    AssemblerMemoryOperand M8 => __byte_ptr[ebp + Displacement];

    int Value => random.Next(3) switch { 0 => random.Next(-128, 128), 1 => random.Next(), _ => -random.Next() };

    void Instruction()
    {
        switch (random.Next(44))
        {
            case 0: a.add(R, R); break;
            case 1: a.sub(R, M); break;
            case 2: a.add(M, R); break;
            case 3: a.xor(R, Value); break;
            case 4: a.cmp(R, M); break;
            case 5: a.adc(R, R); break;
            case 6: a.sbb(M, R); break;
            case 7: a.and(R8, M8); break;
            case 8: a.or(M8, R8); break;
            case 9: a.cmp(R8, R8); break;
            case 10: a.add(R16, M16); break;
            case 11: a.sub(M16, R16); break;
            case 12: a.inc(R); break;
            case 13: a.dec(M); break;
            case 14: a.neg(R); break;
            case 15: a.not(M); break;
            case 16: a.mov(R, M); break;
            case 17: a.mov(M, R); break;
            case 18: a.mov(R8, M8); break;
            case 19: a.mov(M8, R8); break;
            case 20: a.mov(R8, R8); break;
            case 21: a.movzx(R, R8); break;
            case 22: a.movsx(R, M16); break;
            case 23: a.lea(R, __[ebp + ecx * 4 + 8]); break;
            case 24: a.push(R); a.pop(R); break;
            case 25: a.push(M); a.pop(M); break;
            case 26: a.xchg(M, R); break;
            case 27: a.xchg(R8, R8); break;
            case 28: a.setb(R8); break;
            case 29: a.cmovle(R, M); break;
            case 30: a.setne(M8); break;
            case 31: a.shl(R, 1); break;
            case 32: a.sar(M, 1); break;
            case 33: a.ror(R, (byte)random.Next(1, 31)); Define(); break;
            case 34: a.shr(R, cl); Define(); break;
            case 35: a.rcl(R, 1); break;
            case 36: a.imul(R, R); Define(); break;
            case 37: BitString(); break;
            case 38: a.bts(R, R); Define(); break;
            case 39: a.bswap(R); break;
            case 40: a.stc(); break;
            case 41: a.xor(edx, edx); a.or(ecx, 1); a.div(ecx); Define(); break;
            case 42: a.cdq(); a.or(ebx, 2); a.idiv(ebx); Define(); break;
            default: a.cmpxchg(M, R); break;
        }
    }

    void Define() => a.cmp(R, R);

    // A bit number from a register reaches 256 MB to both sides unless it is kept small.
    void BitString()
    {
        a.and(eax, 0xFFF);
        a.bts(__dword_ptr[ebp + 0x40], eax);
        a.test(eax, eax);
    }
}
