using LguestPS.Emulator.Cpu.Fpu;
using LguestPS.Emulator.Cpu.State;
using Xunit;

namespace LguestPS.Emulator.Tests.Cpu.Fpu;

/// <summary>Which exception an instruction raises when it is not to run, and that nothing has changed then.</summary>
public unsafe class FpuExceptionTests : IDisposable
{
    const uint Mp = 2, Em = 4, Ts = 8, Ne = 32, OsFxsr = 0x200, OsXmmExcpt = 0x400;
    const int None = -1, InvalidOpcode = 6, NotAvailable = 7, GeneralProtection = 13, FloatingPoint = 16, SimdError = 19;

    static readonly byte[] fld1 = [0xD9, 0xE8], fwait = [0x9B], paddb = [0x0F, 0xFC, 0xC1], addps = [0x0F, 0x58, 0xC1], fxsave = [0x0F, 0xAE, 0x06],
        fnstsw = [0xDF, 0xE0], fnclex = [0xDB, 0xE2], fninit = [0xDB, 0xE3], emms = [0x0F, 0x77], movaps = [0x0F, 0x28, 0x06], movups = [0x0F, 0x10, 0x06];

    readonly EmulatedFpu emulated = new();
    readonly CpuState* s;

    public FpuExceptionTests()
    {
        s = emulated.Cpu.State;
        s->Fpu.Initialize();
        s->R[Reg.Esi] = 0x4000;
    }

    public void Dispose() => emulated.Dispose();

    int Run(byte[] code)
    {
        emulated.Execute(code);
        return emulated.Vector;
    }

    /// <summary>Intel SDM vol. 3, tables 2-2, 13-1 and 14-1.</summary>
    [Theory]
    [InlineData(0, None, None, None, None)]
    [InlineData(Mp, None, None, None, None)]
    [InlineData(Ts, NotAvailable, None, NotAvailable, NotAvailable)]
    [InlineData(Ts | Mp, NotAvailable, NotAvailable, NotAvailable, NotAvailable)]
    [InlineData(Em, NotAvailable, None, InvalidOpcode, InvalidOpcode)]
    [InlineData(Em | Mp, NotAvailable, None, InvalidOpcode, InvalidOpcode)]
    [InlineData(Em | Ts, NotAvailable, None, InvalidOpcode, InvalidOpcode)]
    [InlineData(Em | Ts | Mp, NotAvailable, NotAvailable, InvalidOpcode, InvalidOpcode)]
    public void Availability(uint bits, int x87, int wait, int mmx, int sse)
    {
        s->Cr0 = s->Cr0 & ~(Mp | Em | Ts) | bits;
        Assert.Equal(x87, Run(fld1));
        Assert.Equal(x87, Run(fnstsw));
        Assert.Equal(x87, Run(fxsave));
        Assert.Equal(wait, Run(fwait));
        Assert.Equal(mmx, Run(paddb));
        Assert.Equal(mmx, Run(emms));
        Assert.Equal(sse, Run(addps));
    }

    [Fact]
    public void SseNeedsOsfxsr()
    {
        s->Cr4 = OsXmmExcpt;
        Assert.Equal(InvalidOpcode, Run(addps));
        Assert.Equal(InvalidOpcode, Run([0x66, 0x0F, 0xFC, 0xC1]));
        Assert.Equal(InvalidOpcode, Run([0x0F, 0xAE, 0x16]));
        Assert.Equal(None, Run(paddb));
        s->Cr0 |= Ts;
        Assert.Equal(InvalidOpcode, Run(addps));
    }

    [Fact]
    public void UnmaskedErrorWaitsForTheNextWaitingInstruction()
    {
        s->Fpu.Control = 0x37B;
        Assert.Equal(None, Run(fld1));
        Assert.Equal(None, Run([0xD9, 0xEE]));
        Assert.Equal(None, Run([0xDE, 0xF9]));
        // Zero divide: neither result nor pop.
        Assert.Equal(0x8084, s->Fpu.Status & 0x80FF);
        Assert.Equal(6, s->Fpu.Top);
        byte valid = s->Fpu.Valid;
        uint eip = s->Fpu.LastEip;

        Assert.Equal(FloatingPoint, Run(fld1));
        Assert.Equal(FloatingPoint, Run(fwait));
        Assert.Equal(FloatingPoint, Run(paddb));
        Assert.Equal((6, valid, eip), (s->Fpu.Top, s->Fpu.Valid, s->Fpu.LastEip));
        Assert.Equal(None, Run(fnstsw));
        Assert.Equal(s->Fpu.Status, (ushort)s->R[Reg.Eax]);
        Assert.Equal(None, Run(addps));
        Assert.Equal(None, Run(fnclex));
        Assert.Equal(None, Run(fwait));
    }

    [Fact]
    public void WithoutNumericErrorBitTheErrorPinIsAsserted()
    {
        s->Cr0 &= ~Ne;
        s->Fpu.Control = 0x37B;
        Run(fld1);
        Run([0xD9, 0xEE]);
        Run([0xDE, 0xF9]);
        Assert.False(emulated.ErrorPin);
        Assert.Equal(None, Run(fwait));
        Assert.True(emulated.ErrorPin);
        Assert.Equal(None, Run(fninit));
        Assert.False(emulated.ErrorPin);
    }

    /// <summary>Loading a control word can unmask an error that is already there (and masking takes it back).</summary>
    [Fact]
    public void UnmaskingMakesAnErrorPending()
    {
        s->Fpu.Status = 4;
        emulated.Cpu.Memory.Write<ushort>(0x4000, 0x37B);
        Assert.Equal(None, Run([0xD9, 0x2E]));
        Assert.Equal(FloatingPoint, Run(fwait));
    }

    /// <summary>Intel SDM vol. 1, 8.5.2: with denormal operands unmasked nothing is loaded and nothing computed.</summary>
    [Fact]
    public void UnmaskedDenormalLeavesTheStackAlone()
    {
        s->Fpu.Control = 0x37D;
        emulated.Cpu.Memory.Write<uint>(0x4000, 1);
        Assert.Equal(None, Run([0xD9, 0x06]));
        Assert.Equal(0x8082, s->Fpu.Status);
        Assert.Equal(0, s->Fpu.Valid);
    }

    [Theory]
    [InlineData(OsFxsr | OsXmmExcpt, SimdError)]
    [InlineData(OsFxsr, InvalidOpcode)]
    public void UnmaskedSimdError(uint cr4, int vector)
    {
        s->Cr4 = cr4;
        s->Fpu.Mxcsr = 0x1D80;
        *(uint*)s->Fpu.Xmm = 0x3F800000;
        Assert.Equal(vector, Run([0xF3, 0x0F, 0x5E, 0xC1]));
        Assert.Equal(0x1D84u, s->Fpu.Mxcsr);
        Assert.Equal(0x3F800000u, *(uint*)s->Fpu.Xmm);
    }

    [Fact]
    public void AlignedFormsNeedAlignment()
    {
        s->R[Reg.Esi] = 0x4004;
        Assert.Equal(GeneralProtection, Run(movaps));
        Assert.Equal(GeneralProtection, Run([0x0F, 0x58, 0x06]));
        Assert.Equal(GeneralProtection, Run([0x0F, 0x29, 0x06]));
        Assert.Equal(GeneralProtection, Run([0x66, 0x0F, 0xFC, 0x06]));
        Assert.Equal(GeneralProtection, Run(fxsave));
        Assert.Equal(None, Run(movups));
        Assert.Equal(None, Run([0xF3, 0x0F, 0x58, 0x06]));
        Assert.Equal(None, Run(paddb));
    }

    [Fact]
    public void ReservedMxcsrBitsAreRefused()
    {
        emulated.Cpu.Memory.Write<uint>(0x4000, 0x10000);
        Assert.Equal(GeneralProtection, Run([0x0F, 0xAE, 0x16]));
        emulated.Cpu.Memory.Write<uint>(0x4018, 0x10000);
        Assert.Equal(GeneralProtection, Run([0x0F, 0xAE, 0x0E]));
        Assert.Equal(0x1F80u, s->Fpu.Mxcsr);
    }

    /// <summary>A store that faults leaves flags, stack and pointers as they were.</summary>
    [Theory]
    [InlineData(new byte[] { 0xDD, 0x1E })]
    [InlineData(new byte[] { 0xDB, 0x3E })]
    [InlineData(new byte[] { 0xDF, 0x36 })]
    [InlineData(new byte[] { 0xDF, 0x3E })]
    [InlineData(new byte[] { 0xDD, 0x36 })]
    [InlineData(new byte[] { 0xDB, 0x2E })]
    public void FaultingAccessChangesNothing(byte[] code)
    {
        Run([0xD9, 0xEB]);
        FpuState before = s->Fpu;
        Segment ds = s->Ds;
        s->Ds.FlatRead = s->Ds.FlatWrite = 0;
        s->Ds.Limit = 0x4004;
        s->Ds.Attributes = (ushort)(s->Ds.Attributes & ~0x8000);
        Assert.Equal(GeneralProtection, Run(code));
        Assert.True(new ReadOnlySpan<byte>(&before, sizeof(FpuState)).SequenceEqual(new ReadOnlySpan<byte>(&s->Fpu, sizeof(FpuState))));
        s->Ds = ds;
        Assert.Equal(None, Run(code));
    }

    [Theory]
    [InlineData(new byte[] { 0x0F, 0xAE, 0xE8 })]
    [InlineData(new byte[] { 0x0F, 0xAE, 0xF0 })]
    [InlineData(new byte[] { 0x0F, 0xAE, 0xF8 })]
    [InlineData(new byte[] { 0x0F, 0x18, 0x0E })]
    public void FencesAndPrefetchesDoNothing(byte[] code)
    {
        s->Cr0 |= Ts;
        s->R[Reg.Esi] = 0xF0000000;
        Assert.Equal(None, Run(code));
    }
}
