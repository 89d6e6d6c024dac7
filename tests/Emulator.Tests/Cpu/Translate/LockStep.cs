using LguestPS.Emulator.Cpu.Control;
using LguestPS.Emulator.Cpu.State;
using LguestPS.Emulator.Linux;
using LguestPS.Emulator.Tests.Hardware;
using Xunit;

namespace LguestPS.Emulator.Tests.Translate;

/// <summary>The same guest on two processors. The translator goes first, in steps of random length; the interpreter follows to the same number of instructions, and all that they leave behind is compared.</summary>
sealed unsafe class LockStep : IDisposable
{
    const int CodeMemoryBytes = 1 << 20;

    readonly HardwareRig translated;
    readonly HardwareRig interpreted = new(codeMemory: null);
    readonly byte[] code;

    /// <summary>Puts code, and what it finds at its data, into both.</summary>
    public LockStep(byte[] code, ReadOnlySpan<byte> data = default, int codeMemoryBytes = CodeMemoryBytes, bool direct = false)
    {
        translated = new(new CodeMemoryFile(codeMemoryBytes));
        if (translated.Cpu.Hot is { } hot)
            hot.TakesAll = direct;
        this.code = code;
        foreach (HardwareRig rig in (HardwareRig[])[translated, interpreted])
        {
            code.CopyTo(rig.Memory.Slice(HardwareRig.Code0Start, (uint)code.Length));
            data.CopyTo(rig.Memory.Slice(HardwareRig.Data, (uint)data.Length));
            rig.S->Cr0 |= Cr0.NumericError | Cr0.MonitorCoprocessor;
            rig.S->Cr4 |= Cr4.FxSave | Cr4.SimdExceptions;
            rig.S->Fpu.Initialize();
            for (int i = 0; i < 8; i++)
                rig.S->R[i] = 0x01020304u * (uint)(i + 1);
            rig.S->R[Reg.Esp] = HardwareRig.Stack0;
            rig.S->R[RandomProgram.DataRegister] = HardwareRig.Data;
            rig.S->R[RandomProgram.CountRegister] = RandomProgram.Rounds;
        }
    }

    /// <summary>Runs to the program's end (a hlt), or that many instructions.</summary>
    public void Run(long instructions, Random random)
    {
        while (translated.S->Retired < instructions && !translated.HasHalted)
        {
            long bytes = translated.Cpu.CodeBytes;
            translated.Cpu.Run(random.Next(1, 500));
            if (translated.Cpu.CodeBytes < bytes)
                Evictions++;
            long behind = translated.S->Retired - interpreted.S->Retired;
            if (behind > 0)
                interpreted.Cpu.Run(behind);
            Compare();
        }
        Assert.True(interpreted.Memory.Slice(0, interpreted.Memory.Size).SequenceEqual(translated.Memory.Slice(0, translated.Memory.Size)), Report("memory differs"));
    }

    /// <summary>Instructions that each has run.</summary>
    public long Instructions => translated.S->Retired;

    /// <summary>How often all machine code was given up.</summary>
    public int Evictions { get; private set; }

    /// <summary>A general register at the end.</summary>
    public uint Register(int number) => translated.S->R[number];

    public void Dispose()
    {
        translated.Dispose();
        interpreted.Dispose();
    }

    // AF is undefined after most logic; nothing in the programs reads it.
    void Compare()
    {
        string? difference = ProcessorDifference.Find(translated.S, interpreted.S, ~EflagsBits.Auxiliary);
        Assert.True(difference is null, Report(difference ?? ""));
    }

    string Report(string difference) =>
        $"{difference}; after {translated.S->Retired} instructions at {translated.S->Eip:x} of {Convert.ToHexString(code)}";
}
