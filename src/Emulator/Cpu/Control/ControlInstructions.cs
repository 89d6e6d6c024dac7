using LguestPS.Emulator.Cpu.Decode;
using LguestPS.Emulator.Cpu.Interpret;
using LguestPS.Emulator.Cpu.Interrupts;
using LguestPS.Emulator.Cpu.Segmentation;
using LguestPS.Emulator.Cpu.State;

namespace LguestPS.Emulator.Cpu.Control;

/// <summary>Control and debug registers, halt, cache and TLB control.</summary>
public static unsafe class ControlInstructions
{
    const InstructionTraits MoveRegister = InstructionTraits.Privileged | InstructionTraits.IgnoresMod;

    /// <summary>Enters the instructions.</summary>
    public static void Define(InstructionTable table)
    {
        // Registers that don't exist are invalid opcodes before privilege matters.
        foreach (int register in (ReadOnlySpan<int>)[0, 2, 3, 4])
        {
            table.Add(new(0x0F20, "mov", OperandForm.ModRM) { Digit = register, Traits = MoveRegister, Undefined = EflagsBits.Arithmetic, Register = &ReadControl });
            table.Add(new(0x0F22, "mov", OperandForm.ModRM)
            {
                Digit = register, Traits = MoveRegister | InstructionTraits.EndsBlock, Undefined = EflagsBits.Arithmetic, Register = &WriteControl,
            });
        }
        table.Add(new(0x0F21, "mov", OperandForm.ModRM) { Traits = MoveRegister, Undefined = EflagsBits.Arithmetic, Register = &ReadDebug });
        table.Add(new(0x0F23, "mov", OperandForm.ModRM) { Traits = MoveRegister | InstructionTraits.EndsBlock, Undefined = EflagsBits.Arithmetic, Register = &WriteDebug });

        table.Add(new(0x0F01, "smsw", OperandForm.ModRM) { Digit = 4, Register = &StoreStatusWord, Register16 = &StoreStatusWord16, Memory = &StoreStatusWordMemory });
        table.Add(new(0x0F01, "lmsw", OperandForm.ModRM) { Digit = 6, Traits = InstructionTraits.Privileged | InstructionTraits.EndsBlock, Register = &LoadStatusWord });
        table.Add(new(0x0F01, "invlpg", OperandForm.ModRM)
        {
            Digit = 7, Traits = InstructionTraits.Privileged | InstructionTraits.MemoryOnly | InstructionTraits.EndsBlock, Register = &InvalidatePage,
        });
        table.Add(new(0x0F06, "clts", OperandForm.None) { Traits = InstructionTraits.Privileged | InstructionTraits.EndsBlock, Register = &ClearTaskSwitched });
        table.Add(new(0x0F08, "invd", OperandForm.None) { Traits = InstructionTraits.Privileged, Register = &Nothing });
        table.Add(new(0x0F09, "wbinvd", OperandForm.None) { Traits = InstructionTraits.Privileged, Register = &Nothing });
        table.Add(new(0xF4, "hlt", OperandForm.None) { Traits = InstructionTraits.Privileged | InstructionTraits.Branch, Register = &Halt });
    }

    static void ReadControl(CpuState* s, Op* op) => s->R[op->Rm] = op->Register switch
    {
        0 => s->Cr0,
        2 => s->Cr2,
        3 => s->Cr3,
        _ => s->Cr4,
    };

    static void WriteControl(CpuState* s, Op* op)
    {
        uint value = s->R[op->Rm];
        switch (op->Register)
        {
            case 0:
                ControlRegisters.SetCr0(s, value);
                break;
            case 2:
                s->Cr2 = value;
                break;
            case 3:
                ControlRegisters.SetCr3(s, value);
                break;
            default:
                ControlRegisters.SetCr4(s, value);
                break;
        }
    }

    static void ReadDebug(CpuState* s, Op* op) => s->R[op->Rm] = s->Dr[DebugRegister(s, op)];

    static void WriteDebug(CpuState* s, Op* op)
    {
        int register = DebugRegister(s, op);
        uint value = s->R[op->Rm];
        s->Dr[register] = register switch
        {
            6 => DebugEvents.StatusBits(value),
            7 => DebugEvents.ControlBits(value),
            _ => value,
        };
        s->Processor.UpdateMode();
    }

    static int DebugRegister(CpuState* s, Op* op)
    {
        int register = op->Register;
        if (register is 4 or 5)
        {
            if ((s->Cr4 & Cr4.DebuggingExtensions) != 0)
                throw CpuFault.InvalidOpcode();
            register += 2;
        }
        DebugEvents.CheckGeneralDetect(s);
        return register;
    }

    static void StoreStatusWord(CpuState* s, Op* op) => s->R[op->Rm] = s->Cr0;
    static void StoreStatusWord16(CpuState* s, Op* op) => Operand.Set<ushort>(s, op->Rm, (ushort)s->Cr0);
    static void StoreStatusWordMemory(CpuState* s, Op* op) => Operand.Store(s, op, (ushort)s->Cr0);

    static void LoadStatusWord(CpuState* s, Op* op)
    {
        const uint StatusBits = Cr0.ProtectionEnable | Cr0.MonitorCoprocessor | Cr0.Emulation | Cr0.TaskSwitched;
        ushort value = (op->Flags & OpFlags.Memory) != 0 ? Operand.Load<ushort>(s, op) : (ushort)s->R[op->Rm];
        uint stays = s->Cr0 & Cr0.ProtectionEnable;   // lmsw enters protected mode, it can't leave it
        ControlRegisters.SetCr0(s, (s->Cr0 & ~StatusBits) | (value & StatusBits) | stays);
    }

    static void InvalidatePage(CpuState* s, Op* op) =>
        s->Processor.FlushTlbPage(CpuState.SegmentAt(s, op->Segment)->Base + Operand.Offset(s, op));

    static void ClearTaskSwitched(CpuState* s, Op* op) => s->Cr0 &= ~Cr0.TaskSwitched;

    // Caches are not modelled.
    static void Nothing(CpuState* s, Op* op)
    {
    }

    static void Halt(CpuState* s, Op* op)
    {
        s->Eip = Operand.NextEip(s, op);
        Processor cpu = s->Processor;
        cpu.Owner.Halt(cpu);
    }
}
