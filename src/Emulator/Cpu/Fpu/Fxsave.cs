using LguestPS.Emulator.Cpu.Control;
using LguestPS.Emulator.Cpu.Decode;
using LguestPS.Emulator.Cpu.Interpret;
using LguestPS.Emulator.Cpu.Mmu;
using LguestPS.Emulator.Cpu.State;

namespace LguestPS.Emulator.Cpu.Fpu;

/// <summary>fxsave and fxrstor, and their 512-byte image (Intel SDM vol. 1, table 10-2).</summary>
internal static unsafe class Fxsave
{
    /// <summary>Bytes in an image.</summary>
    public const int ImageSize = 512;

    /// <summary>The bits of MXCSR that exist: all exceptions, masks, rounding, FTZ and DAZ.</summary>
    public const uint MxcsrMask = 0xFFFF;

    // Where the image's parts lie; what follows the registers is left alone.
    const int RegistersAt = 32, XmmAt = 160, XmmEnd = 288;

    /// <summary>Enters the instructions.</summary>
    public static void Define(InstructionTable table)
    {
        table.Add(new InstructionDefinition(0x0FAE, "fxsave", OperandForm.ModRM) { Digit = 0, Prefix = 0, Traits = InstructionTraits.MemoryOnly, Memory = &Save });
        table.Add(new InstructionDefinition(0x0FAE, "fxrstor", OperandForm.ModRM) { Digit = 1, Prefix = 0, Traits = InstructionTraits.MemoryOnly, Memory = &Restore });
    }

    static void Save(CpuState* s, Op* op)
    {
        X87.CheckAvailable(s);
        uint linear = Operand.WriteAddress(s, op->Segment, AlignedOffset(s, op), ImageSize);
        LinearMemory.ProbeWrite(s, linear, ImageSize);
        byte* image = stackalloc byte[ImageSize];
        WriteImage(&s->Fpu, image);
        int end = (s->Cr4 & Cr4.FxSave) != 0 ? XmmEnd : XmmAt;
        for (int i = 0; i < end; i += 8)
            LinearMemory.Write(s, linear + (uint)i, *(ulong*)(image + i));
    }

    static void Restore(CpuState* s, Op* op)
    {
        X87.CheckAvailable(s);
        uint linear = Operand.ReadAddress(s, op->Segment, AlignedOffset(s, op), ImageSize);
        byte* image = stackalloc byte[ImageSize];
        int end = (s->Cr4 & Cr4.FxSave) != 0 ? XmmEnd : XmmAt;
        WriteImage(&s->Fpu, image);
        for (int i = 0; i < end; i += 8)
            *(ulong*)(image + i) = LinearMemory.Read<ulong>(s, linear + (uint)i);
        if ((*(uint*)(image + 24) & ~MxcsrMask) != 0)
            throw CpuFault.GeneralProtection(0);
        ReadImage(&s->Fpu, image);
    }

    static uint AlignedOffset(CpuState* s, Op* op)
    {
        uint offset = Operand.Offset(s, op);
        if (((CpuState.SegmentAt(s, op->Segment)->Base + offset) & 15) != 0)
            throw CpuFault.GeneralProtection(0);
        return offset;
    }

    /// <summary>Writes the first 288 bytes of an image.</summary>
    public static void WriteImage(FpuState* f, byte* image)
    {
        new Span<byte>(image, XmmEnd).Clear();
        *(ushort*)image = f->Control;
        *(ushort*)(image + 2) = f->Status;
        image[4] = f->Valid;
        *(ushort*)(image + 6) = f->LastOpcode;
        *(uint*)(image + 8) = f->LastEip;
        *(ushort*)(image + 12) = f->LastCs;
        *(uint*)(image + 16) = f->LastDataOffset;
        *(ushort*)(image + 20) = f->LastDs;
        *(uint*)(image + 24) = f->Mxcsr;
        *(uint*)(image + 28) = MxcsrMask;
        for (int i = 0; i < 8; i++)
        {
            Soft.Float80 value = X87.Get(f, i);
            *(ulong*)(image + RegistersAt + i * 16) = value.Significand;
            *(ushort*)(image + RegistersAt + i * 16 + 8) = value.SignExponent;
        }
        new ReadOnlySpan<byte>(f->Xmm, XmmEnd - XmmAt).CopyTo(new Span<byte>(image + XmmAt, XmmEnd - XmmAt));
    }

    /// <summary>Takes the state from an image.</summary>
    public static void ReadImage(FpuState* f, byte* image)
    {
        f->Status = *(ushort*)(image + 2);
        X87Control.SetControl(f, *(ushort*)image);
        f->LastOpcode = (ushort)(*(ushort*)(image + 6) & 0x7FF);
        f->LastEip = *(uint*)(image + 8);
        f->LastCs = *(ushort*)(image + 12);
        f->LastDataOffset = *(uint*)(image + 16);
        f->LastDs = *(ushort*)(image + 20);
        f->Mxcsr = *(uint*)(image + 24);
        for (int i = 0; i < 8; i++)
            X87.Set(f, i, new Soft.Float80(*(ulong*)(image + RegistersAt + i * 16), *(ushort*)(image + RegistersAt + i * 16 + 8)));
        f->Valid = image[4];
        new ReadOnlySpan<byte>(image + XmmAt, XmmEnd - XmmAt).CopyTo(new Span<byte>(f->Xmm, XmmEnd - XmmAt));
    }
}
