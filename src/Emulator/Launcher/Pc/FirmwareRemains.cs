using LguestPS.Emulator.Memory;
using LguestPS.Emulator.Platform;

namespace LguestPS.Emulator.Launcher;

/// <summary>What PC firmware leaves to a kernel that a boot loader starts: a timer that ticks, interrupt controllers that let it through, and real mode's interrupt table, whose handlers do no more than end the interrupt.</summary>
static class FirmwareRemains
{
    const uint Segment = 0xF000, Base = Segment << 4;
    const int FirstLine = 8, FirstLineOfSecond = 0x70, Lines = 8, Vectors = 256;

    // Where IBM's BIOS had an empty handler; and the ones for hardware interrupts before it.
    const uint Return = 0xFF53, EndInterrupt = 0xFF40, EndSecondInterrupt = 0xFF48;

    /// <summary>Puts it into memory and devices.</summary>
    public static void Leave(PcPlatform pc, GuestMemory memory)
    {
        Write(Return, [0xCF]);                                                              // iret
        Write(EndInterrupt, [0x50, 0xB0, 0x20, 0xE6, 0x20, 0x58, 0xCF]);                    // push ax; mov al, 20h; out 20h, al; pop ax; iret
        Write(EndSecondInterrupt, [0x50, 0xB0, 0x20, 0xE6, 0xA0, 0xE6, 0x20, 0x58, 0xCF]);  // for both controllers
        for (uint vector = 0; vector < Vectors; vector++)
            memory.Write(vector * 4, Segment << 16 | vector switch
            {
                >= FirstLine and < FirstLine + Lines => EndInterrupt,
                >= FirstLineOfSecond and < FirstLineOfSecond + Lines => EndSecondInterrupt,
                _ => Return,
            });
        pc.LeaveAsFirmware();

        void Write(uint offset, ReadOnlySpan<byte> code) => code.CopyTo(memory.Slice(Base + offset, (uint)code.Length));
    }
}
