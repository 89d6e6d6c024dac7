using LguestPS.Emulator.Cpu.Control;
using LguestPS.Emulator.Cpu.Decode;
using LguestPS.Emulator.Cpu.Interpret;
using LguestPS.Emulator.Cpu.State;
using static LguestPS.Emulator.Cpu.Fpu.X87;

namespace LguestPS.Emulator.Cpu.Fpu;

/// <summary>Control instructions of the x87 that touch one word: control and status word, stack pointer, tags, fwait.</summary>
internal static unsafe class X87Control
{
    /// <summary>Enters the instructions.</summary>
    public static void Define(InstructionTable table)
    {
        table.Add(new InstructionDefinition(0x9B, "fwait", OperandForm.None) { Register = &Wait });
        DefineMemory(table, 0xD9, 5, "fldcw", &LoadControl);
        DefineMemory(table, 0xD9, 7, "fnstcw", &StoreControl);
        DefineMemory(table, 0xDD, 7, "fnstsw", &StoreStatus);
        DefineWhole(table, 0xDF, 0xE0, "fnstsw", &StoreStatusToAx);
        DefineWhole(table, 0xDB, 0xE2, "fnclex", &ClearExceptions);
        DefineWhole(table, 0xDB, 0xE3, "fninit", &Initialize);
        // Instructions of the 8087 and 80287 that do nothing since the 387.
        DefineWhole(table, 0xDB, 0xE0, "fneni", &NoOperationControl);
        DefineWhole(table, 0xDB, 0xE1, "fndisi", &NoOperationControl);
        DefineWhole(table, 0xDB, 0xE4, "fnsetpm", &NoOperationControl);
        DefineWhole(table, 0xD9, 0xD0, "fnop", &NoOperation);
        DefineWhole(table, 0xD9, 0xF6, "fdecstp", &DecrementTop);
        DefineWhole(table, 0xD9, 0xF7, "fincstp", &IncrementTop);
        DefineRegister(table, 0xDD, 0, "ffree", &FreeRegister);
        // Undocumented, but every processor has it and compilers once used it.
        DefineRegister(table, 0xDF, 0, "ffreep", &FreeRegisterPop);
    }

    /// <summary>fwait: #NM only with both TS and MP (Intel SDM vol. 3, table 2-2).</summary>
    static void Wait(CpuState* s, Op* op)
    {
        if ((s->Cr0 & (Cr0.MonitorCoprocessor | Cr0.TaskSwitched)) == (Cr0.MonitorCoprocessor | Cr0.TaskSwitched))
            throw CpuFault.DeviceNotAvailable();
        if ((s->Fpu.Status & ErrorSummary) != 0)
            ReportPending(s);
    }

    static void LoadControl(CpuState* s, Op* op)
    {
        Begin(s);
        SetControl(&s->Fpu, Operand.Load<ushort>(s, op));
    }

    /// <summary>Writes the control word: bit 6 always reads 1, bits 7 and 13 to 15 as 0.</summary>
    public static void SetControl(FpuState* f, ushort value)
    {
        f->Control = (ushort)((value & 0x1F7F) | 0x40);
        UpdateSummary(f);
    }

    static void StoreControl(CpuState* s, Op* op)
    {
        CheckAvailable(s);
        Operand.Store(s, op, s->Fpu.Control);
    }

    static void StoreStatus(CpuState* s, Op* op)
    {
        CheckAvailable(s);
        Operand.Store(s, op, s->Fpu.Status);
    }

    static void StoreStatusToAx(CpuState* s, Op* op)
    {
        CheckAvailable(s);
        s->R[Reg.Eax] = (s->R[Reg.Eax] & 0xFFFF0000) | s->Fpu.Status;
    }

    static void ClearExceptions(CpuState* s, Op* op)
    {
        CheckAvailable(s);
        s->Fpu.Status &= 0x7F00;
    }

    static void Initialize(CpuState* s, Op* op)
    {
        CheckAvailable(s);
        s->Fpu.Initialize();
    }

    static void NoOperationControl(CpuState* s, Op* op) => CheckAvailable(s);

    static void NoOperation(CpuState* s, Op* op)
    {
        Begin(s);
        Track(s, op);
    }

    static void DecrementTop(CpuState* s, Op* op) => MoveTop(s, op, -1);

    static void IncrementTop(CpuState* s, Op* op) => MoveTop(s, op, 1);

    static void MoveTop(CpuState* s, Op* op, int step)
    {
        Begin(s);
        Track(s, op);
        s->Fpu.Status &= unchecked((ushort)~C1);
        s->Fpu.Top += step;
    }

    static void FreeRegister(CpuState* s, Op* op)
    {
        Begin(s);
        Track(s, op);
        s->Fpu.Status &= unchecked((ushort)~C1);
        Free(&s->Fpu, op->Rm);
    }

    static void FreeRegisterPop(CpuState* s, Op* op)
    {
        FreeRegister(s, op);
        Pop(&s->Fpu);
    }
}
