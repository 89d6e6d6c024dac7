using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using LguestPS.Emulator.Cpu.Blocks;
using LguestPS.Emulator.Cpu.State;

namespace LguestPS.Emulator.Cpu.Translate;

/// <summary>What machine code calls. No exception leaves these functions: there is nobody above who could unwind machine code.</summary>
static unsafe class CallOuts
{
    /// <summary>Runs one instruction in the interpreter. Returns 0 to go on, or <see cref="Thunks.Settled"/>: the block was left, and an exception may be waiting for the run loop.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static int Execute(CpuState* s, Op* op, Block* block)
    {
        NativeFpu.TakeSaved(s);
        s->Retired = s->Native.Limit - s->Native.Remaining;
        HostFlags.Put(s, s->Native.Flags);
        s->CurrentBlock = block;
        s->BlockEip = block->Physical + s->Native.Slide;
        s->CurrentOp = op;
        uint missed = s->Native.MissedAccess;
        s->Native.MissedAccess = 0;
        try
        {
            if (missed != 0 && s->Processor.SetsAsideFaultOf(s->Native.MissedAddress, missed == NativeState.MissedWrite))
            {
                s->Native.FaultAddress = null;
                return Thunks.Settled;
            }
            op->Execute(s, op);
        }
        catch (Exception e)
        {
            s->Native.FaultAddress = null;
            s->Processor.SetAside(e);
            return Thunks.Settled;
        }
        if (s->Native.FaultAddress != null)
            s->Processor.ShowTouched();
        if (s->BlockEnd == null)
        {
            Processor.LeftEarly(s, block, op + 1);
            return Thunks.Settled;
        }
        s->Native.Flags = HostFlags.Take(s);
        s->Native.Remaining = s->Native.Limit - s->Retired;   // an instruction that raises a fault by itself takes itself back
        return Thunks.Continue;
    }

    /// <summary>Says where machine code goes on after a direct access that has faulted.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static void FindColdPath(CpuState* s)
    {
        try
        {
            s->Processor.FindColdPath();
        }
        catch (Exception e)
        {
            Environment.FailFast("A fault of translated code can't be led anywhere.", e);
        }
    }
}
