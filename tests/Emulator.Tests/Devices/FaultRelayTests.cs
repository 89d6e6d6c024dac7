using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using LguestPS.Emulator.Linux;
using Xunit;

namespace LguestPS.Emulator.Tests.Devices;

/// <summary>Segmentation faults: those of registered machine code go where it wants, all others where they went before.</summary>
public sealed unsafe class FaultRelayTests
{
    const int Register = 15;

    // push r15; mov r15, rdi; mov eax, [rsi]; pop r15; ret. The record is site and address; at 16 is what follows a fault: mov eax, -1; pop r15; ret.
    static CodeMemoryFile Load()
    {
        var code = new CodeMemoryFile(4096);
        ReadOnlySpan<byte> program = [0x41, 0x57, 0x49, 0x89, 0xFF, 0x8B, 0x06, 0x41, 0x5F, 0xC3];
        ReadOnlySpan<byte> afterwards = [0xB8, 0xFF, 0xFF, 0xFF, 0xFF, 0x41, 0x5F, 0xC3];
        program.CopyTo(new Span<byte>(code.Writable, 16));
        afterwards.CopyTo(new Span<byte>(code.Writable + 16, 16));
        return code;
    }

    static int Run(CodeMemoryFile code, nint* record, void* address) => ((delegate* unmanaged[Cdecl]<nint*, void*, int>)code.Executable)(record, address);

    [RelayFact]
    public void AFaultGoesOnWhereTheCodeWantsAndTellsWhereItWas()
    {
        nint* record = stackalloc nint[2];
        int value = 42;
        using CodeMemoryFile code = Load(), other = Load();
        Assert.True(other.TryCatchFaults(new(0, Register, 0, sizeof(nint))));
        Assert.True(code.TryCatchFaults(new(16, Register, 0, sizeof(nint))));
        other.Dispose();

        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(42, Run(code, record, &value));
            Assert.Equal(-1, Run(code, record, (void*)0x1234));
            Assert.Equal(((nint)code.Executable + 5, 0x1234), (record[0], record[1]));
        }
    }

    [RelayFact]
    public void TheRuntimeStillHasItsOwn()
    {
        using CodeMemoryFile code = Load();
        Assert.True(code.TryCatchFaults(new(16, Register, 0, sizeof(nint))));
        for (int i = 0; i < 100; i++)
            Assert.Throws<NullReferenceException>(() => LengthOf(null!));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    static int LengthOf(string text) => text.Length;

    sealed class RelayFactAttribute : FactAttribute
    {
        public RelayFactAttribute() =>
            Skip = OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture == Architecture.X64 ? null : "The relay is for x86-64 Linux.";
    }
}
