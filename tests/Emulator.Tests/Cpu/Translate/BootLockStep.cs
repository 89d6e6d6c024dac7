using System.Runtime.InteropServices;
using LguestPS.Emulator.Cpu;
using LguestPS.Emulator.Cpu.State;
using LguestPS.Emulator.Launcher;
using LguestPS.Emulator.Memory;
using LguestPS.Emulator.Tests.Launcher;
using LguestPS.Emulator.Time;
using Xunit;

namespace LguestPS.Emulator.Tests.Translate;

/// <summary>
/// One guest booted on two whole machines, devices and all. The translator goes first, for a random number of instructions; the interpreter follows to the same
/// place; there everything is compared, and memory from time to time.
/// </summary>
/// <remarks>All that comes to the guests from outside is the same for both: time goes on by being looked at, devices serve their queues as they are notified, nothing is typed.</remarks>
sealed unsafe class BootLockStep : IDisposable
{
    // Looking is what makes time pass, so a guest that looks seldom would have few interrupts.
    const int MostInstructions = 4000;
    const long BetweenMemoryComparisons = 5_000_000;

    static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    readonly Side translated, interpreted;
    readonly SemaphoreSlim arrived = new(0), published = new(0);
    readonly CancellationTokenSource over = new();
    readonly Random random;
    readonly string prompt;
    readonly long most;
    string? difference;
    long place, nextMemoryComparison = BetweenMemoryComparisons;
    uint lastEip;
    bool placeIsLimit;

    /// <summary>Prepares both.</summary>
    /// <param name="definition">The guest.</param>
    /// <param name="prompt">What it prints when it has booted.</param>
    /// <param name="seed">Makes the lengths of steps.</param>
    /// <param name="most">Instructions after which it is enough.</param>
    /// <param name="direct">Whether translated code reaches memory directly from the start, as hot blocks do.</param>
    public BootLockStep(GuestDefinition definition, string prompt, int seed, long most, bool direct)
    {
        this.prompt = prompt;
        this.most = most;
        random = new(seed);
        definition.Engine = ProcessorEngine.Translator;
        translated = new(definition, new Leader(this));
        if (translated.Cpu.Hot is { } hot)
            hot.TakesAll = direct;
        definition.Engine = ProcessorEngine.Interpreter;
        interpreted = new(definition, new Follower(this));
    }

    /// <summary>Boots both to the prompt. Fails at the first difference.</summary>
    /// <returns>Instructions that each has run.</returns>
    public long Run()
    {
        Thread first = Start(translated), second = Start(interpreted);
        foreach (Thread thread in (Thread[])[first, second])
            Assert.True(thread.Join(Patience), $"A guest hangs at {translated.Cpu.State->Eip:x}, {interpreted.Cpu.State->Eip:x}: {translated.Console.Output}");
        Assert.True(difference is null, difference);
        Assert.True(translated.Cpu.State->Retired >= most || translated.Console.Output.Contains(prompt, StringComparison.Ordinal), $"{translated.Exit} {interpreted.Exit}: {translated.Console.Output}");
        Assert.Equal(interpreted.Console.Output, translated.Console.Output);
        return translated.Cpu.State->Retired;
    }

    public void Dispose()
    {
        translated.Session.Dispose();
        interpreted.Session.Dispose();
    }

    Thread Start(Side side)
    {
        var thread = new Thread(() =>
        {
            side.Exit = side.Session.Run();
            over.Cancel();   // the other one, if it waits, has nobody to wait for
        }) { IsBackground = true };
        thread.Start();
        return thread;
    }

    // Both stand.
    void Compare()
    {
        CpuState* t = translated.Cpu.State, i = interpreted.Cpu.State;
        TakeFlagImages(t, i);
        // Flags that some instructions leave undefined differ between engines; wrong ones come out in what the guest does next.
        bool last = t->Retired >= most || translated.Console.Output.Contains(prompt, StringComparison.Ordinal);
        string? found = ProcessorDifference.Find(t, i, ~EflagsBits.Arithmetic);
        if (found is null && (last || t->Retired >= nextMemoryComparison))
        {
            nextMemoryComparison = t->Retired + BetweenMemoryComparisons;
            found = CompareMemory();
        }
        if (found is not null)
            difference = $"After {t->Retired} instructions, in the step that began at {lastEip:x}:\n{found}\n{ProcessorDifference.Disassemble(translated.Cpu, lastEip)}";
        lastEip = t->Eip;
        if (last || difference is not null)
            Finish();
    }

    string? CompareMemory()
    {
        ReadOnlySpan<uint> a = WordsOf(translated), b = WordsOf(interpreted);
        for (int at = a.CommonPrefixLength(b); at < a.Length; at += 1 + a[(at + 1)..].CommonPrefixLength(b[(at + 1)..]))
            if (!AreFlagImages(a[at], b[at]))
                return $"memory at physical {at * sizeof(uint):x}: {a[at]:x8} translated, {b[at]:x8} interpreted\n";
        return null;
    }

    static ReadOnlySpan<uint> WordsOf(Side side) => MemoryMarshal.Cast<byte, uint>(side.Session.Memory.Slice(0, side.Session.Memory.Size));

    // pushf brings undefined flags into registers and memory.
    static void TakeFlagImages(CpuState* t, CpuState* i)
    {
        for (int register = 0; register < 8; register++)
            if (AreFlagImages(t->R[register], i->R[register]))
                i->R[register] = t->R[register];
    }

    // Whether both look like EFLAGS, with its fixed bits, and only arithmetic flags differ.
    static bool AreFlagImages(uint a, uint b)
    {
        const uint Reserved = 0xFFC0802A, AlwaysSet = 2;
        return (a & Reserved) == AlwaysSet && (b & Reserved) == AlwaysSet && ((a ^ b) & ~EflagsBits.Arithmetic) == 0;
    }

    void Finish()
    {
        over.Cancel();
        translated.Session.Stop();
        interpreted.Session.Stop();
    }

    // False: it is over.
    bool Wait(SemaphoreSlim semaphore)
    {
        try
        {
            semaphore.Wait(over.Token);
            return !over.IsCancellationRequested;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    sealed class Side
    {
        public Side(GuestDefinition definition, IProcessorPace pace)
        {
            Session = GuestSession.Open(definition, Console, new RecordingLog { IsVerbose = false }, new GuestClock(new CountingClock()));
            Session.ServesOnNotify = true;
            Cpu.Pace = pace;
        }

        public SilentConsole Console { get; } = new();

        public GuestSession Session { get; }

        public Processor Cpu => Session.Processor;

        public GuestExit? Exit { get; set; }
    }

    sealed class Leader(BootLockStep pair) : IProcessorPace
    {
        public long Begin(Processor cpu, long instructions)
        {
            if (pair.Wait(pair.arrived))
                pair.Compare();
            return Math.Min(instructions, pair.random.Next(1, MostInstructions));
        }

        public void End(Processor cpu, bool reachedLimit)
        {
            (pair.place, pair.placeIsLimit) = (cpu.State->Retired, reachedLimit);
            pair.published.Release();
        }
    }

    sealed class Follower(BootLockStep pair) : IProcessorPace
    {
        public long Begin(Processor cpu, long instructions)
        {
            pair.arrived.Release();
            // What leaves the processor at the place itself must get its chance to.
            return pair.Wait(pair.published) ? pair.place - cpu.State->Retired + (pair.placeIsLimit ? 0 : 1) : 0;
        }

        public void End(Processor cpu, bool reachedLimit)
        {
            if (pair.over.IsCancellationRequested || reachedLimit == pair.placeIsLimit)
                return;
            pair.difference = $"After {cpu.State->Retired} instructions at {cpu.State->Eip:x} the interpreter {(reachedLimit ? "goes on" : "leaves")}, the translator {(reachedLimit ? "left" : "goes on")} at {pair.translated.Cpu.State->Eip:x}.\n"
                + ProcessorDifference.Disassemble(pair.translated.Cpu, pair.lastEip);
            pair.Finish();
        }
    }
}
