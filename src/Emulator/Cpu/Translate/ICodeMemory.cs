namespace LguestPS.Emulator.Cpu.Translate;

/// <summary>Memory for machine code: the same pages seen at two addresses, at one of which they can be written and at the other run, never both.</summary>
public unsafe interface ICodeMemory : IDisposable
{
    /// <summary>Where to write.</summary>
    byte* Writable { get; }

    /// <summary>Where to run.</summary>
    byte* Executable { get; }

    /// <summary>Bytes.</summary>
    int Size { get; }

    /// <summary>Whether machine code may set the bases of FS and GS by instructions of its own.</summary>
    bool AllowsSegmentBases => false;

    /// <summary>Lets machine code go on elsewhere when it has touched memory that is not there, until it is disposed. False: the host can't.</summary>
    bool TryCatchFaults(in FaultExit exit) => false;
}

/// <summary>What becomes of a fault of machine code on memory.</summary>
/// <param name="Target">The offset of the code that goes on, all registers being as the fault found them.</param>
/// <param name="Register">The host register, r8 or a later one, that points at a record.</param>
/// <param name="SiteField">The record's field, by its offset, that gets the address of the instruction.</param>
/// <param name="AddressField">The same for the address that it touched.</param>
public readonly record struct FaultExit(int Target, int Register, int SiteField, int AddressField);
