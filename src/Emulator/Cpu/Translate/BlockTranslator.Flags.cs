namespace LguestPS.Emulator.Cpu.Translate;

/// <summary>Where the guest's arithmetic flags are. Between blocks they are saved in <see cref="HostRegister.Flags"/>; within one they stay in the host's until something destroys them.</summary>
sealed unsafe partial class BlockTranslator
{
    bool flagsNative, flagsSaved;

    void FlagsAreSaved()
    {
        flagsNative = false;
        flagsSaved = true;
    }

    // The instruction just written has set all of the host's flags as the guest's.
    void FlagsAreNative()
    {
        flagsNative = true;
        flagsSaved = false;
    }

    // What follows destroys the host's flags.
    void SaveFlags()
    {
        if (!flagsSaved)
            EmitSaveFlags();
        flagsSaved = true;
    }

    // Before an instruction that reads them, or changes only some.
    void LoadFlags()
    {
        if (!flagsNative)
            EmitLoadFlags();
        flagsNative = true;
    }

    // For instructions that read or keep CF and overwrite all others.
    void LoadCarry()
    {
        if (flagsNative)
            return;
        emit.Registers(4, 0xFBA, 4, HostRegister.Flags);
        emit.Byte(HostFlags.CarryBit);
    }

    void EmitSaveFlags()
    {
        emit.Move(HostRegister.Temp2, HostRegister.Rax);
        emit.Byte(0x9F);                                        // lahf
        emit.Registers(1, 0xF90, 0, HostRegister.Rax);          // seto al
        emit.Move(HostRegister.Flags, HostRegister.Rax);
        emit.Move(HostRegister.Rax, HostRegister.Temp2);
    }

    // al of 0 or 1 plus 0x7F overflows when it is 1.
    void EmitLoadFlags()
    {
        emit.Move(HostRegister.Temp2, HostRegister.Rax);
        emit.Move(HostRegister.Rax, HostRegister.Flags);
        emit.Byte(0x04);
        emit.Byte(0x7F);
        emit.Byte(0x9E);                                        // sahf
        emit.Move(HostRegister.Rax, HostRegister.Temp2);
    }
}
