using LguestPS.Emulator.Cpu.Decode;
using LguestPS.Emulator.Cpu.State;

namespace LguestPS.Emulator.Cpu.Control;

/// <summary>Model-specific registers and the time-stamp counter.</summary>
public static unsafe class ModelSpecificRegisters
{
    const uint TimeStampCounter = 0x10, PlatformId = 0x17, ApicBase = 0x1B, TimeStampAdjust = 0x3B, BiosSignature = 0x8B, SysenterCs = 0x174, SysenterEsp = 0x175, SysenterEip = 0x176,
        MiscEnable = 0x1A0, PageAttributes = 0x277, ExtendedFeatures = 0xC0000080;

    /// <summary>IA32_PAT after reset: WB, WT, UC-, UC, twice (Intel SDM vol. 3, 11.12.4).</summary>
    public const ulong InitialPat = 0x0007040600070406;

    /// <summary>IA32_MISC_ENABLE as this processor starts: fast strings.</summary>
    public const ulong InitialMiscEnable = 1;

    /// <summary>Enters the instructions.</summary>
    public static void Define(InstructionTable table)
    {
        const InstructionTraits Privileged = InstructionTraits.Privileged | InstructionTraits.EndsBlock;
        table.Add(new(0x0F30, "wrmsr", OperandForm.None) { Traits = Privileged, Register = &Write });
        table.Add(new(0x0F31, "rdtsc", OperandForm.None) { Traits = InstructionTraits.EndsBlock, Register = &ReadTimeStamp });
        table.Add(new(0x0F32, "rdmsr", OperandForm.None) { Traits = Privileged, Register = &Read });
        table.Add(new(0x0F33, "rdpmc", OperandForm.None) { Register = &ReadPerformanceCounter });
    }

    static ulong TimeStamp(CpuState* s)
    {
        Processor cpu = s->Processor;
        return cpu.Owner.ReadTimeStamp(cpu) - s->TscOffset;
    }

    static void SetPair(CpuState* s, ulong value)
    {
        s->R[Reg.Eax] = (uint)value;
        s->R[Reg.Edx] = (uint)(value >> 32);
    }

    static void ReadTimeStamp(CpuState* s, Op* op)
    {
        if (s->Cpl != 0 && (s->Cr4 & Cr4.TimeStampDisable) != 0)
            throw CpuFault.GeneralProtection(0);
        SetPair(s, TimeStamp(s));
    }

    // There are no performance counters, so that every index is a wrong one.
    static void ReadPerformanceCounter(CpuState* s, Op* op) => throw CpuFault.GeneralProtection(0);

    static void Read(CpuState* s, Op* op) => SetPair(s, s->R[Reg.Ecx] switch
    {
        TimeStampCounter => TimeStamp(s),
        TimeStampAdjust => 0 - s->TscOffset,
        ApicBase => s->ApicBase,
        PlatformId or BiosSignature => 0,
        SysenterCs => s->SysenterCs,
        SysenterEsp => s->SysenterEsp,
        SysenterEip => s->SysenterEip,
        MiscEnable => s->MiscEnable,
        PageAttributes => s->Pat,
        ExtendedFeatures => s->Efer,
        _ => throw CpuFault.GeneralProtection(0),
    });

    static void Write(CpuState* s, Op* op)
    {
        ulong value = ((ulong)s->R[Reg.Edx] << 32) | s->R[Reg.Eax];
        switch (s->R[Reg.Ecx])
        {
            case TimeStampCounter:
                Processor cpu = s->Processor;
                s->TscOffset = cpu.Owner.ReadTimeStamp(cpu) - value;
                break;
            case TimeStampAdjust:
                s->TscOffset = 0 - value;
                break;
            case ApicBase:
                s->ApicBase = value;
                break;
            case BiosSignature:
                break;   // asks for a microcode revision, of which there is none
            case SysenterCs:
                s->SysenterCs = (uint)value;
                break;
            case SysenterEsp:
                s->SysenterEsp = (uint)value;
                break;
            case SysenterEip:
                s->SysenterEip = (uint)value;
                break;
            case MiscEnable:
                s->MiscEnable = value;
                break;
            case PageAttributes:
                CheckPat(value);
                s->Pat = value;
                break;
            case ExtendedFeatures:
                SetEfer(s, value);
                break;
            default:
                throw CpuFault.GeneralProtection(0);
        }
    }

    static void CheckPat(ulong value)
    {
        // Each byte is a memory type; 2, 3 and those above 7 do not exist.
        for (int i = 0; i < 8; i++)
        {
            var type = (byte)(value >> (i * 8));
            if (type is 2 or 3 or > 7)
                throw CpuFault.GeneralProtection(0);
        }
    }

    static void SetEfer(CpuState* s, ulong value)
    {
        if ((value & ~Efer.NoExecute) != 0)
            throw CpuFault.GeneralProtection(0);
        bool changes = value != s->Efer;
        s->Efer = value;
        if (changes)
            s->Processor.FlushTlb(includeGlobal: true);
    }
}
