using LguestPS.Emulator.Devices;
using LguestPS.Emulator.Hypervisor;

namespace LguestPS.Emulator.Launcher;

/// <summary>Does the handful of instructions that a guest kernel still executes although it may not: port accesses, and an early <c>cli</c>.</summary>
sealed class InstructionEmulator(IGuestRegisters registers, PciBus bus, IMachineLog log)
{
    const uint GeneralProtection = 13;
    const uint KernelRing = 1;
    const byte Cli = 0xFA, OperandSizePrefix = 0x66;
    const byte InImmediate = 0xE4, OutImmediate = 0xE6, InDx = 0xEC, OutDx = 0xEE;
    const ushort KeyboardStatus = 0x64;
    const uint KeyboardReady = 1;

    /// <summary>Does one instruction, or hands the fault back to the guest.</summary>
    /// <exception cref="GuestFailedException">It can't be handed back.</exception>
    /// <exception cref="DriverViolationException">A port access through the configuration window breaks a rule of virtio.</exception>
    public void Emulate(in TrapRecord trap)
    {
        uint eip = registers.GetRegister(RegisterOffset.Eip);
        if (log.IsVerbose)
            log.Verbose($"Emulating instruction at {CFormat.Hex(eip)}");
        uint length = (registers.GetRegister(RegisterOffset.Cs) & 3) == KernelRing ? Execute(trap.Instruction) : 0;
        if (length == 0)
            Reinjection.Inject(registers, GeneralProtection);
        else
            registers.SetRegister(RegisterOffset.Eip, eip + length);
    }

    /// <summary>Returns the instruction's length; 0 when it can't be emulated.</summary>
    uint Execute(ReadOnlySpan<byte> code)
    {
        if (code[0] == Cli)
            return 1;   // from an early stand-in for cmpxchg8b that knows of no hypervisor; interrupts are off then anyway
        bool prefix = code[0] == OperandSizePrefix;
        int at = prefix ? 1 : 0;
        byte opcode = code[at];
        uint mask = (opcode & 1) == 0 ? 0xFF : prefix ? 0xFFFFu : 0xFFFFFFFF;
        switch ((byte)(opcode & 0xFE))
        {
            case InImmediate:
                In(code[at + 1], mask);
                return (uint)at + 2;
            case InDx:
                In((ushort)registers.GetRegister(RegisterOffset.Edx), mask);
                return (uint)at + 1;
            case OutImmediate:
                return Out(code[at + 1], mask) ? (uint)at + 2 : 0;
            case OutDx:
                return Out((ushort)registers.GetRegister(RegisterOffset.Edx), mask) ? (uint)at + 1 : 0;
            default:
                return 0;
        }
    }

    void In(ushort port, uint mask)
    {
        uint value = uint.MaxValue;   // nothing is there
        if (port == KeyboardStatus)
            value = KeyboardReady;
        else if (PciBus.IsConfigurationPort(port))
            value = bus.ReadPort(port, mask);
        uint eax = (registers.GetRegister(RegisterOffset.Eax) & ~mask) | (value & mask);
        registers.SetRegister(RegisterOffset.Eax, eax);
        Show("IN", mask, port, eax);
    }

    bool Out(ushort port, uint mask)
    {
        uint eax = registers.GetRegister(RegisterOffset.Eax);
        // Clock, serial and parallel ports and others: writes to what isn't there have no effect.
        if (PciBus.IsConfigurationPort(port) && !bus.WritePort(port, mask, eax))
        {
            log.Warn($"Attempt to write to port {port} ({CFormat.Hex(mask)} mask)");
            return false;
        }
        Show("OUT", mask, port, eax);
        return true;
    }

    void Show(string direction, uint mask, ushort port, uint eax)
    {
        if (log.IsVerbose)
            log.Verbose($"IO {direction} of {mask:x} to {port}: {CFormat.PaddedHex(eax)}");
    }
}
