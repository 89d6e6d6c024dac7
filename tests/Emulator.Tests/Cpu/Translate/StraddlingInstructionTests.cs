using Iced.Intel;
using LguestPS.Emulator.Cpu.State;
using LguestPS.Emulator.Tests.Hardware;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace LguestPS.Emulator.Tests.Translate;

/// <summary>An instruction that begins on one page and ends on the next, again and again: it is what the two pages hold at the time.</summary>
public sealed unsafe class StraddlingInstructionTests : IDisposable
{
    const uint Page = 0x200000, Next = Page + 0x1000, Other = 0x300000, Start = Next - 3, Results = HardwareRig.Data;
    const uint P = 1, W = 2, U = 4;

    HardwareRig rig = null!;

    public void Dispose() => rig?.Dispose();

    public static TheoryData<TestedEngine> Engines => [.. Enum.GetValues<TestedEngine>()];

    // mov eax with a constant of which two bytes are on each page, and a return.
    void Begin(TestedEngine engine)
    {
        rig = new(engine);
        rig.EnablePaging();
        rig.Load(Start, c => { c.mov(eax, 0x44332211); c.ret(); });
        rig.Load(Other, c => { c.db(0x66, 0x55); c.ret(); });
    }

    static void CallAndStore(Assembler c)
    {
        c.mov(ebx, (int)Start);
        c.call(ebx);
        c.stosd();
    }

    uint[] Stored(int count) => [.. Enumerable.Range(0, count).Select(i => rig.Read<uint>(Results + (uint)(i * 4)))];

    [Theory, MemberData(nameof(Engines))]
    public void WritesOfEitherPageAreSeen(TestedEngine engine)
    {
        Begin(engine);
        rig.Run0(c =>
        {
            c.mov(edi, (int)Results);
            CallAndStore(c);
            CallAndStore(c);
            c.mov(__byte_ptr[Start + 1], 0x99);
            CallAndStore(c);
            c.mov(__byte_ptr[Next + 1], 0x77);
            CallAndStore(c);
            c.mov(__byte_ptr[Start], 0xB9);   // another register's
            CallAndStore(c);
            c.hlt();
        });
        Assert.Equal([0x44332211u, 0x44332211, 0x44332299, 0x77332299, 0x77332299], Stored(5));
        Assert.Equal(0x77332299u, rig.S->R[Reg.Ecx]);
    }

    [Theory, MemberData(nameof(Engines))]
    public void AnotherSecondPageIsSeen(TestedEngine engine)
    {
        Begin(engine);
        rig.Run0(c =>
        {
            c.mov(edi, (int)Results);
            CallAndStore(c);
            c.mov(__dword_ptr[HardwareRig.EntryOf(Next)], (int)(Other | P));
            c.invlpg(__byte_ptr[Next]);
            CallAndStore(c);
            c.hlt();
        });
        Assert.Equal([0x44332211u, 0x55662211], Stored(2));
    }

    [Theory, MemberData(nameof(Engines))]
    public void AMissingSecondPageIsTheFault(TestedEngine engine)
    {
        Begin(engine);
        Stop stop = rig.Run0(c =>
        {
            c.mov(edi, (int)Results);
            CallAndStore(c);
            c.mov(__dword_ptr[HardwareRig.EntryOf(Next)], 0);
            c.invlpg(__byte_ptr[Next]);
            CallAndStore(c);
        });
        Assert.Equal((14, 0u, Start, Next), (stop.Vector, stop.ErrorCode, stop.Eip, rig.S->Cr2));
        Assert.Equal([0x44332211u, 0], Stored(2));
    }
}
