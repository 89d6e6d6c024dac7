using System.Runtime.Intrinsics.X86;
using Iced.Intel;
using LguestPS.Emulator.Cpu;
using LguestPS.Emulator.Cpu.Control;
using LguestPS.Emulator.Cpu.Fpu;
using LguestPS.Emulator.Cpu.State;
using LguestPS.Emulator.Linux;
using LguestPS.Emulator.Tests.Hardware;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace LguestPS.Emulator.Tests.Translate;

/// <summary>The guest's floating-point registers in the host's: what C# finds then, and who runs what when they can't be there.</summary>
public sealed unsafe class NativeFpuTests : IDisposable
{
    const int CodeMemoryBytes = 1 << 20;
    const uint Masked = 0x37F, TowardsZeroSingle = 0xC7F, FlushToZero = 0x9F80, DivideUnmasked = 0x1D80;

    readonly CodeMemoryFile probe = new(4096);
    readonly HardwareRig rig = new(new CodeMemoryFile(CodeMemoryBytes));

    public NativeFpuTests()
    {
        rig.S->Cr0 |= Cr0.NumericError | Cr0.MonitorCoprocessor;
        rig.S->Cr4 |= Cr4.FxSave | Cr4.SimdExceptions;
        rig.S->Fpu.Initialize();   // a reset leaves all exceptions unmasked
    }

    public void Dispose()
    {
        rig.Dispose();
        probe.Dispose();
    }

    /// <summary>Control word, tags (all empty: FFFF) and MXCSR's control bits of the host.</summary>
    (ushort Control, ushort Tags, uint Mxcsr) HostControls()
    {
        // fnstenv [rdi]; fldenv [rdi]; stmxcsr [rdi+28]; ret
        ReadOnlySpan<byte> code = [0xD9, 0x37, 0xD9, 0x27, 0x0F, 0xAE, 0x5F, 0x1C, 0xC3];
        code.CopyTo(new Span<byte>(probe.Writable, code.Length));
        uint* image = stackalloc uint[8];
        ((delegate* unmanaged[Cdecl]<uint*, void>)probe.Executable)(image);
        return ((ushort)image[0], (ushort)image[2], image[7] & ~0x3Fu);
    }

    /// <summary>A guest that rounds in its own ways does so, and C# called from its block does not.</summary>
    [Fact]
    public void ControlWordsAreTheHostsInCallOuts()
    {
        (ushort, ushort, uint) before = HostControls();
        (ushort, ushort, uint) within = default;
        rig.PortWritten = () => within = HostControls();
        rig.Memory.Write(HardwareRig.Data, TowardsZeroSingle);
        rig.Memory.Write(HardwareRig.Data + 4, FlushToZero);
        rig.Run0(a =>
        {
            a.fldcw(__word_ptr[HardwareRig.Data]);
            a.ldmxcsr(__dword_ptr[HardwareRig.Data + 4]);
            a.fld1();
            a.fldpi();
            a.@out(0x80, al);
            a.fdivp(st1, st0);
            a.fstp(__qword_ptr[HardwareRig.Data + 8]);
            a.hlt();
        });
        Assert.Equal(before, within);
        Assert.Equal(before, HostControls());
        // 1/pi, in 24 bits, rounded towards zero.
        Assert.Equal(BitConverter.DoubleToUInt64Bits((float)(1 / Math.PI)) - (1ul << 29) * (((float)(1 / Math.PI)) > 1 / Math.PI ? 1ul : 0), rig.Read<ulong>(HardwareRig.Data + 8));
        Assert.Equal((TowardsZeroSingle, FlushToZero), ((uint)rig.S->Fpu.Control, rig.S->Fpu.Mxcsr));
    }

    /// <summary>An unmasked exception is the guest's: #XM at the instruction, nothing changed by it.</summary>
    [Fact]
    public void UnmaskedExceptionIsTheGuests()
    {
        rig.Memory.Write(HardwareRig.Data, DivideUnmasked);
        Stop stop = rig.Run0(a =>
        {
            a.mov(eax, 1);
            a.cvtsi2sd(xmm0, eax);
            a.xorps(xmm1, xmm1);
            a.ldmxcsr(__dword_ptr[HardwareRig.Data]);
            a.addsd(xmm0, xmm0);
            a.divsd(xmm0, xmm1);
            a.hlt();
        });
        Assert.Equal(19, stop.Vector);
        Assert.Equal(2.0, *(double*)rig.S->Fpu.Xmm);
        Assert.Equal(DivideUnmasked | 4, rig.S->Fpu.Mxcsr);
    }

    /// <summary>A pending x87 error comes up at the next waiting instruction.</summary>
    [Fact]
    public void PendingErrorIsTheGuests()
    {
        rig.Memory.Write<ushort>(HardwareRig.Data, 0x37B);
        Stop stop = rig.Run0(a =>
        {
            a.fld1();
            a.fldz();
            a.fldcw(__word_ptr[HardwareRig.Data]);
            a.fdivp(st1, st0);
            a.nop();
            a.wait();
            a.hlt();
        });
        Assert.Equal(16, stop.Vector);
        Assert.Equal(6, rig.S->Fpu.Top);
    }

    /// <summary>Two programs share the registers by CR0.TS, as a lazy kernel has them do.</summary>
    [Fact]
    public void TaskSwitchedTrapsTheNextUse()
    {
        Stop stop = rig.Run0(a =>
        {
            a.fld1();
            a.movd(xmm0, esp);
            a.mov(eax, cr0);
            a.or(eax, (int)Cr0.TaskSwitched);
            a.mov(cr0, eax);
            a.fldpi();
            a.hlt();
        });
        Assert.Equal(7, stop.Vector);
        Assert.Equal(HardwareRig.Stack0, *(uint*)rig.S->Fpu.Xmm);
        Assert.Equal(7, rig.S->Fpu.Top);
    }

    /// <summary>Machine code does run them: approximations are those of the host's tables, which the interpreter does not know.</summary>
    [Fact]
    public void ReciprocalsAreTheHosts()
    {
        const uint Three = 0x40400000;
        rig.Memory.Write(HardwareRig.Data, Three);
        rig.Run0(a =>
        {
            a.movss(xmm2, __dword_ptr[HardwareRig.Data]);
            a.rcpss(xmm0, xmm2);
            a.rsqrtss(xmm1, xmm2);
            a.hlt();
        });
        var three = System.Runtime.Intrinsics.Vector128.CreateScalar(3f);
        Assert.Equal(Sse.ReciprocalScalar(three)[0], *(float*)rig.S->Fpu.Xmm);
        Assert.Equal(Sse.ReciprocalSqrtScalar(three)[0], *(float*)(rig.S->Fpu.Xmm + 16));
    }

    /// <summary>Operands that must be aligned and are not, in a page that is known.</summary>
    [Fact]
    public void MisalignedOperandIsTheGuestsFault()
    {
        Stop stop = rig.Run0(a =>
        {
            a.mov(esi, HardwareRig.Data);
            a.movaps(xmm0, __xmmword_ptr[esi]);
            a.movups(xmm1, __xmmword_ptr[esi + 4]);
            a.addps(xmm0, __xmmword_ptr[esi + 4]);
            a.hlt();
        });
        Assert.Equal(13, stop.Vector);
    }
}
