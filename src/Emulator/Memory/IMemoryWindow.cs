namespace LguestPS.Emulator.Memory;

/// <summary>4 GB of the host's address space in which pages of a guest's RAM can be seen at their linear addresses.</summary>
public unsafe interface IMemoryWindow : IDisposable
{
    /// <summary>Where linear address 0 is.</summary>
    byte* Base { get; }

    /// <summary>Shows a piece of RAM at a linear address in place of what was there. False: the host won't, and nobody knows what is there now.</summary>
    /// <param name="linear">Where; a multiple of the page size.</param>
    /// <param name="physical">What, by guest-physical address; likewise.</param>
    /// <param name="length">Bytes, likewise.</param>
    /// <param name="writable">Whether it can be written there.</param>
    bool TryShow(uint linear, uint physical, uint length, bool writable = true);

    /// <summary>Shows nothing at a linear address. False: the host won't, and what was there may still be.</summary>
    bool TryHide(uint linear, uint length);

    /// <summary>Empties it. False: the host won't.</summary>
    bool TryClear();
}
