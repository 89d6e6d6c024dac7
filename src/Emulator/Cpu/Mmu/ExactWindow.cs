using System.Runtime.InteropServices;
using LguestPS.Emulator.Memory;

namespace LguestPS.Emulator.Cpu.Mmu;

/// <summary>Pages of RAM at the guest's linear addresses as one privilege may access them, and nothing else: translated code that reaches memory here need not look whether it may.</summary>
/// <remarks>
/// A page comes in when the TLB has it and code has run into its absence, which costs as much as thousands of instructions; it goes whenever the TLB would have to forget it.
/// Pages that hold decoded code can't be written. Like a TLB it may keep a page that the guest has unmapped until the guest says so.
/// </remarks>
sealed unsafe class ExactWindow : IDisposable
{
    // A process can have 65,530 mappings, and may run many guests.
    const int MostPages = 2048;

    const uint Present = 1, Writable = 2, Global = 4;

    readonly IMemoryWindow window;
    readonly uint* shown = (uint*)NativeMemory.AllocZeroed(1 << 20, sizeof(uint));
    readonly List<uint> pages = [];
    int globalPages;

    /// <summary>Takes over a window that shows nothing.</summary>
    public ExactWindow(IMemoryWindow window) => this.window = window;

    /// <summary>Where linear address 0 is.</summary>
    public byte* Base => window.Base;

    /// <summary>Whether a page is there as it should be.</summary>
    public bool Shows(uint linear, uint physical, bool writable) => (shown[linear >> 12] & ~Global) == Mark(physical, writable);

    /// <summary>Lets a page be accessed in place of what was there.</summary>
    public void Show(uint linear, uint physical, bool writable, bool isGlobal)
    {
        Hide(linear);
        if (pages.Count >= MostPages)
            HideAll();
        if (!window.TryShow(linear & ~0xFFFu, physical, GuestMemory.PageSize, writable))
        {
            Remove(linear);   // nobody knows what is there
            return;
        }
        shown[linear >> 12] = Mark(physical, writable) | (isGlobal ? Global : 0);
        pages.Add(linear >> 12);
        globalPages += isGlobal ? 1 : 0;
    }

    /// <summary>The TLB has a page now: what is shown of another one there is out of date.</summary>
    public void Replace(uint linear, uint physical)
    {
        if (((shown[linear >> 12] ^ physical) & ~0xFFFu) != 0)
            Hide(linear);
    }

    /// <summary>Lets a page no longer be accessed.</summary>
    public void Hide(uint linear)
    {
        if (shown[linear >> 12] == 0)
            return;
        globalPages -= (shown[linear >> 12] & Global) != 0 ? 1 : 0;
        shown[linear >> 12] = 0;
        pages.Remove(linear >> 12);
        Remove(linear);
    }

    /// <summary>The same for all pages, or all that are not global.</summary>
    public void HideAll(bool includeGlobal)
    {
        if (pages.Count == (includeGlobal ? 0 : globalPages))
            return;
        bool refused = false;
        if (!includeGlobal && globalPages > 0)
            pages.RemoveAll(page =>
            {
                if ((shown[page] & Global) != 0)
                    return false;
                shown[page] = 0;
                refused |= !window.TryHide(page << 12, GuestMemory.PageSize);
                return true;
            });
        if (includeGlobal || globalPages == 0 || refused)
            HideAll();
    }

    /// <summary>Makes the next write of a page of RAM one that is noticed, wherever it is shown.</summary>
    public void ForbidWrites(uint physical)
    {
        uint writable = Mark(physical, writable: true);
        foreach (uint page in pages.FindAll(page => (shown[page] & ~Global) == writable))
            Hide(page << 12);
    }

    public void Dispose()
    {
        window.Dispose();
        NativeMemory.Free(shown);
    }

    static uint Mark(uint physical, bool writable) => (physical & ~0xFFFu) | Present | (writable ? Writable : 0);

    void HideAll()
    {
        if (!window.TryClear())
            throw new InvalidOperationException("The host does not take back what a guest may access.");
        foreach (uint page in pages)
            shown[page] = 0;
        pages.Clear();
        globalPages = 0;
    }

    // The host may refuse to cut a mapping in two, when it has too many, but not to take all of them.
    void Remove(uint linear)
    {
        if (!window.TryHide(linear & ~0xFFFu, GuestMemory.PageSize))
            HideAll();
    }
}
