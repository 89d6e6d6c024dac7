using System.Diagnostics;
using System.Runtime.CompilerServices;
using Iced.Intel;
using LguestPS.Emulator.Launcher;
using LguestPS.Emulator.Memory;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace LguestPS.Emulator.Tests.Hardware;

/// <summary>
/// The processor beside another thread, as a driver beside its device: each tells the other something and then looks at what the other has told.
/// One of the two must see the other's word (Intel SDM vol. 3, 8.2.3.9), else a driver and a device both go to sleep.
/// </summary>
public sealed unsafe class MemoryOrderTests
{
    const int Rounds = 20_000;
    const uint Start = HardwareRig.Data, Guest = Start + 64, Host = Start + 128, Seen = Start + 192, Done = Start + 256;

    static readonly TimeSpan Longest = TimeSpan.FromSeconds(1);   // where the two hardly ever run at the same time, fewer rounds must do

    public static TheoryData<ProcessorEngine, string> Barriers
    {
        get
        {
            var data = new TheoryData<ProcessorEngine, string>();
            foreach (ProcessorEngine engine in (ProcessorEngine[])[ProcessorEngine.Interpreter, ProcessorEngine.Auto])
                foreach (string barrier in (string[])["lock add", "lock bts", "lock cmpxchg", "xchg", "mfence"])
                    data.Add(engine, barrier);
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Barriers))]
    public void A_store_is_seen_before_a_load_behind_a_barrier_is_done(ProcessorEngine engine, string barrier)
    {
        using var rig = new HardwareRig(ProcessorEngines.CreateCodeMemory(engine));
        rig.Load(HardwareRig.Code0Start, c =>
        {
            Label round = c.CreateLabel(), wait = c.CreateLabel();
            c.xor(ebx, ebx);
            c.Label(ref round);
            c.inc(ebx);
            c.Label(ref wait);
            c.cmp(__dword_ptr[Start], ebx);
            c.jne(wait);
            StoreWithBarrier(c, barrier);
            c.mov(eax, __dword_ptr[Host]);
            c.mov(__dword_ptr[Seen], eax);
            c.mov(__dword_ptr[Done], ebx);
            c.cmp(ebx, Rounds);
            c.jne(round);
            c.hlt();
        });
        var guest = new Thread(() => rig.Cpu.Run(long.MaxValue / 2));
        guest.Start();
        int rounds = 0;
        try
        {
            ref uint start = ref At(rig.Memory, Start), fromGuest = ref At(rig.Memory, Guest), fromHost = ref At(rig.Memory, Host), done = ref At(rig.Memory, Done);
            for (long since = Stopwatch.GetTimestamp(); rounds < Rounds && Stopwatch.GetElapsedTime(since) < Longest;)
            {
                var round = (uint)++rounds;
                Volatile.Write(ref start, round);
                Thread.SpinWait(rounds % 50);   // the two meet here, or a little before or after
                Volatile.Write(ref fromHost, round);
                Thread.MemoryBarrier();
                uint sawGuest = Volatile.Read(ref fromGuest);
                SpinWait spin = default;
                while (Volatile.Read(ref done) != round)
                    spin.SpinOnce();
                Assert.False(sawGuest != round && At(rig.Memory, Seen) != round, $"round {round}: neither saw the other");
            }
        }
        finally
        {
            rig.Cpu.RequestExit();
            guest.Join();
        }
    }

    static void StoreWithBarrier(Assembler c, string barrier)
    {
        if (barrier == "xchg")
        {
            c.mov(ecx, ebx);
            c.xchg(__dword_ptr[Guest], ecx);
            return;
        }
        c.mov(__dword_ptr[Guest], ebx);
        switch (barrier)
        {
            case "lock add":
                c.@lock.add(__dword_ptr[esp - 4], 0);
                break;
            case "lock bts":
                c.@lock.bts(__dword_ptr[esp - 4], eax);
                break;
            case "lock cmpxchg":
                c.@lock.cmpxchg(__dword_ptr[esp - 4], ecx);
                break;
            default:
                c.mfence();
                break;
        }
    }

    static ref uint At(GuestMemory memory, uint address) => ref Unsafe.AsRef<uint>(memory.At(address, sizeof(uint)));
}
