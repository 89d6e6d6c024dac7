using Iced.Intel;
using LguestPS.Emulator.Cpu.Control;
using LguestPS.Emulator.Cpu.State;
using LguestPS.Emulator.Tests.Hardware;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace LguestPS.Emulator.Tests.Translate;

/// <summary>Code of one physical page at several linear addresses, as processes have their libraries: made once, and right at each; and what changes of the page tables do to it.</summary>
public sealed unsafe class SharedCodeTests : IDisposable
{
    const uint Physical = 0x200000, OtherPhysical = 0x300000, First = 0x500000, Second = 0x6FE000, Third = 0x700000, Results = HardwareRig.Data;
    const uint P = 1, W = 2, U = 4, Global = 0x100;

    HardwareRig rig = null!;

    public void Dispose() => rig?.Dispose();

    public static TheoryData<TestedEngine> Engines => [.. Enum.GetValues<TestedEngine>()];

    void Start(TestedEngine engine)
    {
        rig = new(engine);
        rig.EnablePaging();
        rig.S->Cr4 |= Cr4.FxSave;   // without it x87 is the interpreter's
    }

    // Two pages in a row, so that code can run from one into the other.
    void Map(uint linear, uint physical, uint rights = P | W | U)
    {
        for (uint page = 0; page < 0x2000; page += 0x1000)
            rig.Memory.Write(HardwareRig.EntryOf(linear + page), (physical + page) | rights);
    }

    static void Reload(Assembler c)
    {
        c.mov(eax, cr3);
        c.mov(cr3, eax);
    }

    // Stores, at edi, where it is, by all that names an eip: calls within the page and out of it, returns, jumps to the next page and on into it, a loop, x87's last instruction.
    static void Tell(Assembler c)
    {
        Label near = c.CreateLabel(), far = c.CreateLabel(), loop = c.CreateLabel(), end = c.CreateLabel();
        c.call(near);
        c.stosd();
        c.call(far);
        c.stosd();
        c.mov(ecx, 3);
        c.Label(ref loop);
        c.inc(esi);
        c.dec(ecx);
        c.jne(loop);
        c.fninit();
        c.fld1();
        c.fnstenv(__[Results + 0x800]);
        c.fstp(st0);
        c.mov(eax, __dword_ptr[Results + 0x80C]);
        c.stosd();
        c.lea(ecx, __[eax - 100]);   // to be elsewhere than eax
        c.jmp(end);
        c.Label(ref near);
        c.mov(eax, __dword_ptr[esp]);
        c.ret();
        for (int i = 0; i < 0x1000; i++)
            c.nop();
        c.Label(ref far);
        c.mov(eax, __dword_ptr[esp]);
        c.ret();
        c.Label(ref end);
        c.mov(edx, __dword_ptr[ebp]);
        c.ret();
    }

    uint[] ResultsAt(int from) => [.. Enumerable.Range(from, 3).Select(i => rig.Read<uint>(Results + (uint)(i * 4)))];

    [Theory, MemberData(nameof(Engines))]
    public void CodeKnowsWhereItIs(TestedEngine engine)
    {
        Start(engine);
        rig.Load(Physical, Tell);
        Map(First, Physical);
        Map(Second, Physical);
        rig.Run0(c =>
        {
            c.mov(edi, (int)Results);
            c.mov(ebp, (int)Results);
            foreach (uint place in (uint[])[Physical, First, Second, First])
            {
                c.mov(ebx, (int)place);
                c.call(ebx);
            }
            c.hlt();
        });
        uint[] atPhysical = ResultsAt(0);
        Assert.Equal([Physical + 5, Physical + 11], atPhysical[..2]);
        Assert.InRange(atPhysical[2], Physical + 14, Physical + 100);
        Assert.Equal(atPhysical.Select(eip => eip + (First - Physical)), ResultsAt(3));
        Assert.Equal(atPhysical.Select(eip => eip + (Second - Physical)), ResultsAt(6));
        Assert.Equal(ResultsAt(3), ResultsAt(9));
        Assert.Equal(12u, rig.S->R[Reg.Esi]);
    }

    [Fact]
    public void MachineCodeIsMadeOnce()
    {
        Start(TestedEngine.Translator);
        rig.Load(Physical, Tell);
        uint[] places = [First, Second, Third];
        foreach (uint place in places)
            Map(place, Physical);
        long[] bytes = [.. places.Select(place =>
        {
            rig.S->R[Reg.Edi] = rig.S->R[Reg.Ebp] = Results;
            rig.S->R[Reg.Ebx] = place;
            rig.Run0(c => { c.call(ebx); c.hlt(); });
            return rig.Cpu.CodeBytes;
        })];
        // What is made anew each time is the call that was loaded anew.
        Assert.Equal(bytes[2] - bytes[1], bytes[1] - bytes[0]);
        Assert.InRange(bytes[1] - bytes[0], 0, 400);
    }

    [Theory, MemberData(nameof(Engines))]
    public void FaultsAreWhereTheyHappen(TestedEngine engine)
    {
        Start(engine);
        rig.Load(Physical, c => { c.inc(ecx); c.mov(eax, __dword_ptr[ebp]); c.ret(); });
        Map(First, Physical);
        Map(Second, Physical);
        rig.Memory.Write<uint>(HardwareRig.EntryOf(Third), 0);
        foreach (uint place in (uint[])[First, Second, First])
        {
            rig.S->R[Reg.Ebp] = Results;
            rig.S->R[Reg.Ebx] = place;
            Stop stop = rig.Run0(c =>
            {
                c.call(ebx);
                c.mov(ebp, (int)Third + 4);
                c.call(ebx);
            });
            Assert.Equal((14, 0u, place + 1), (stop.Vector, stop.ErrorCode, stop.Eip));
            Assert.Equal(Third + 4, rig.S->Cr2);
        }
        Assert.Equal(6u, rig.S->R[Reg.Ecx]);
    }

    [Theory, MemberData(nameof(Engines))]
    public void AfterAFlushTheNewPageRuns(TestedEngine engine)
    {
        Start(engine);
        foreach ((uint page, int value) in ((uint, int)[])[(Physical, 1), (OtherPhysical, 2)])
        {
            rig.Load(page, c => { c.mov(eax, value); c.ret(); });
            rig.Load(page + 0x100, c => c.ret());
        }
        Map(First, Physical);
        rig.Run0(c =>
        {
            // Entered elsewhere first, so that machine code knows the page when it comes to what it had run there.
            void CallAndStore()
            {
                c.mov(ebx, (int)First + 0x100);
                c.call(ebx);
                c.mov(ebx, (int)First);
                c.call(ebx);
                c.stosd();
            }
            c.mov(edi, (int)Results);
            CallAndStore();
            Reload(c);
            CallAndStore();   // the same page again
            c.mov(__dword_ptr[HardwareRig.EntryOf(First)], (int)(OtherPhysical | P));
            Reload(c);
            CallAndStore();
            c.mov(__dword_ptr[HardwareRig.EntryOf(First)], (int)(Physical | P));
            c.invlpg(__byte_ptr[First]);
            CallAndStore();
            c.hlt();
        });
        Assert.Equal([1u, 1u, 2u, 1u], Enumerable.Range(0, 4).Select(i => rig.Read<uint>(Results + (uint)(i * 4))));
    }

    [Theory, MemberData(nameof(Engines))]
    public void APageThatIsTakenAwayIsNotRun(TestedEngine engine)
    {
        Start(engine);
        rig.Load(Physical, c => c.ret());
        Map(First, Physical);
        Stop stop = rig.Run0(c =>
        {
            c.mov(ebx, (int)First);
            c.call(ebx);
            c.mov(__dword_ptr[HardwareRig.EntryOf(First)], 0);
            Reload(c);
            c.call(ebx);
        });
        Assert.Equal((14, 0u, First, First), (stop.Vector, stop.ErrorCode, stop.Eip, rig.S->Cr2));
    }

    [Theory, MemberData(nameof(Engines))]
    public void ASupervisorsCodeIsNotRing3s(TestedEngine engine)
    {
        Start(engine);
        rig.Load(Physical, c => c.ret());
        Map(First, Physical, P | W);
        rig.S->R[Reg.Ebx] = First;
        Assert.Equal(-1, rig.Run0(c => { c.call(ebx); c.hlt(); }).Vector);
        Stop stop = rig.Run3(c => c.call(ebx));
        Assert.Equal((14, P | U, First), (stop.Vector, stop.ErrorCode, stop.Eip));
    }

    [Theory, MemberData(nameof(Engines))]
    public void CodeThatIsWrittenIsNewEverywhere(TestedEngine engine)
    {
        Start(engine);
        rig.Load(Physical, c => { c.mov(eax, 1); c.ret(); });
        rig.Load(Physical + 0x100, c => c.ret());
        Map(First, Physical);
        Map(Second, Physical);
        rig.Run0(c =>
        {
            c.mov(edi, (int)Results);
            for (int round = 1; round <= 3; round++)
            {
                foreach (uint place in (uint[])[First, Second, Physical])
                {
                    c.mov(ebx, (int)place + 0x100);
                    c.call(ebx);
                    c.mov(ebx, (int)place);
                    c.call(ebx);
                    c.stosd();
                }
                c.inc(__byte_ptr[Second + 1]);
                Reload(c);
            }
            c.hlt();
        });
        Assert.Equal([1u, 1u, 1u, 2u, 2u, 2u, 3u, 3u, 3u], Enumerable.Range(0, 9).Select(i => rig.Read<uint>(Results + (uint)(i * 4))));
    }

    [Theory, MemberData(nameof(Engines))]
    public void GlobalCodeOutlivesAReloadOfCr3(TestedEngine engine)
    {
        Start(engine);
        rig.S->Cr4 |= Cr4.PageGlobal;
        rig.Load(Physical, c => { c.mov(eax, 1); c.ret(); });
        rig.Load(OtherPhysical, c => { c.mov(eax, 2); c.ret(); });
        Map(First, Physical, P | W | Global);
        rig.Run0(c =>
        {
            c.mov(ebx, (int)First);
            c.call(ebx);
            c.mov(__dword_ptr[HardwareRig.EntryOf(First)], (int)(OtherPhysical | P | Global));
            Reload(c);
            c.call(ebx);
            c.mov(__dword_ptr[Results], eax);
            c.mov(eax, cr4);
            c.xor(eax, 0x80);
            c.mov(cr4, eax);
            c.call(ebx);
            c.mov(__dword_ptr[Results + 4], eax);
            c.hlt();
        });
        Assert.Equal((1u, 2u), (rig.Read<uint>(Results), rig.Read<uint>(Results + 4)));
    }
}
