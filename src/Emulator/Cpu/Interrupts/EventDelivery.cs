using LguestPS.Emulator.Cpu.State;

namespace LguestPS.Emulator.Cpu.Interrupts;

/// <summary>The ways in which an instruction hands an event to the owner.</summary>
public static unsafe class EventDelivery
{
    /// <summary>A fault that did not come from the instruction itself but from the state it changed to: EIP is the new state's.</summary>
    public static void Raise(CpuState* s, CpuFault fault)
    {
        s->PendingDebug &= ~DebugEvents.SingleStepBit;   // the handler is entered with TF clear, the trap is lost
        Processor cpu = s->Processor;
        cpu.Owner.Deliver(cpu, ToEvent(fault, s->Eip));
    }

    /// <summary>A software interrupt; EIP goes past the instruction.</summary>
    public static void Interrupt(CpuState* s, byte vector, uint instructionEip, uint nextEip)
    {
        s->Eip = nextEip;
        s->PendingDebug &= ~DebugEvents.SingleStepBit;   // the handler is entered with TF clear, the trap is lost
        Processor cpu = s->Processor;
        cpu.Owner.Deliver(cpu, new(CpuEventKind.SoftwareInterrupt, vector, false, 0, 0, instructionEip));
    }

    /// <summary>A fault as an event.</summary>
    public static CpuEvent ToEvent(CpuFault fault, uint eip) =>
        new(CpuEventKind.Exception, fault.Vector, fault.HasErrorCode, fault.ErrorCode, fault.LinearAddress, eip);
}
