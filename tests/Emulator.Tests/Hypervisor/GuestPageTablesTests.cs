using LguestPS.Emulator.Cpu;
using LguestPS.Emulator.Hypervisor;
using LguestPS.Emulator.Memory;
using Xunit;

namespace LguestPS.Emulator.Tests.Hypervisor;

public sealed class GuestPageTablesTests : IDisposable
{
    const uint PageLimit = 0x100, DeviceLimit = 0x202;   // 1 MB of RAM, devices up to 0x202000
    const uint Directory = 0x1000, Table = 0x2000, Linear = 0xC0005123;
    const uint PresentWritableUser = 7, Accessed = 0x20, Dirty = 0x40;

    readonly GuestMemory memory = new(new HeapMemoryBacking(PageLimit << 12));
    readonly GuestPageTables tables;

    public GuestPageTablesTests() => tables = new(memory, PageLimit, DeviceLimit);

    public void Dispose() => memory.Dispose();

    [Theory]
    [InlineData(0x5123u, PageKind.Ram)]
    [InlineData(0xFFFFFu, PageKind.Ram)]
    [InlineData(0x100000u, PageKind.Device)]
    [InlineData(0x201FFFu, PageKind.Device)]
    [InlineData(0x202000u, PageKind.BadTableEntry)]
    [InlineData(0xFFFDFFFFu, PageKind.BadTableEntry)]
    [InlineData(0xFFFE0000u, PageKind.Fault)]
    public void StartsWithLinearAsPhysical(uint linear, object expected)
    {
        PageKind kind = tables.Translate(linear, MemoryAccess.Write, out uint page, out bool writable, out _);
        Assert.Equal((PageKind)expected, kind);
        if (kind == PageKind.Ram)
        {
            Assert.Equal(linear & 0xFFFFF000, page);
            Assert.True(writable);
        }
    }

    [Fact]
    public void LinearStartIsNotForRing3()
    {
        Assert.Equal(PageKind.Fault, tables.Translate(0x5000, MemoryAccess.User, out _, out _, out uint errorCode));
        Assert.Equal(5u, errorCode);
    }

    [Fact]
    public void ReadSetsAccessedAndLeavesTheFirstWriteToBeSeen()
    {
        Map(0x7000 | PresentWritableUser);
        Assert.Equal(PageKind.Ram, tables.Translate(Linear, MemoryAccess.Read, out uint page, out bool writable, out _));
        Assert.Equal(0x7000u, page);
        Assert.False(writable);
        Assert.Equal(0x7000 | PresentWritableUser | Accessed, Entry);
        Assert.Equal(Table | PresentWritableUser | Accessed, memory.Read<uint>(Directory + 0x300 * 4));
    }

    [Fact]
    public void WriteSetsDirty()
    {
        Map(0x7000 | PresentWritableUser);
        Assert.Equal(PageKind.Ram, tables.Translate(Linear, MemoryAccess.Write, out _, out bool writable, out _));
        Assert.True(writable);
        Assert.Equal(0x7000 | PresentWritableUser | Accessed | Dirty, Entry);
    }

    [Theory]
    [InlineData(0x7000u, MemoryAccess.Read, 0u)]                              // not present
    [InlineData(0x7000u, MemoryAccess.Write | MemoryAccess.User, 6u)]
    [InlineData(0x7005u, MemoryAccess.Write, 3u)]                             // read-only, for the kernel too
    [InlineData(0x7005u, MemoryAccess.Write | MemoryAccess.User, 7u)]
    [InlineData(0x7003u, MemoryAccess.Read | MemoryAccess.User, 5u)]          // the kernel's
    public void RefusesWhatTheEntryForbids(uint entry, MemoryAccess access, uint expectedErrorCode)
    {
        Map(entry);
        Assert.Equal(PageKind.Fault, tables.Translate(Linear, access, out _, out _, out uint errorCode));
        Assert.Equal(expectedErrorCode, errorCode);
        Assert.Equal(entry, Entry);
    }

    [Fact]
    public void RightsOfTheDirectoryEntryCountToo()
    {
        Map(0x7000 | PresentWritableUser, directoryFlags: 5);
        Assert.Equal(PageKind.Fault, tables.Translate(Linear, MemoryAccess.Write, out _, out _, out uint errorCode));
        Assert.Equal(3u, errorCode);
    }

    [Theory]
    [InlineData(0x00100007u, PageKind.Device)]
    [InlineData(0x00202007u, PageKind.BadTableEntry)]
    [InlineData(0x00007087u, PageKind.BadTableEntry)]
    public void TellsDevicesFromBadEntries(uint entry, object expected)
    {
        Map(entry);
        Assert.Equal((PageKind)expected, tables.Translate(Linear, MemoryAccess.Read, out _, out _, out _));
    }

    [Theory]
    [InlineData(0x2087u)]
    [InlineData(0x2107u)]
    [InlineData(0x100007u)]
    public void RefusesBadDirectoryEntries(uint entry)
    {
        tables.Directory = Directory;
        memory.Write(Directory + 0x300 * 4, entry);
        Assert.Equal(PageKind.BadDirectoryEntry, tables.Translate(Linear, MemoryAccess.Read, out _, out _, out _));
    }

    [Fact]
    public void ADirectoryOutsideMemoryIsNoDirectory()
    {
        tables.Directory = 0x200000;
        Assert.Equal(PageKind.BadDirectory, tables.Translate(Linear, MemoryAccess.Read, out _, out _, out _));
    }

    [Fact]
    public void CopiesAcrossPagesAndStopsAtTheUnmapped()
    {
        Map(0x7005);   // read-only: no hindrance
        memory.Write(Table + 6 * 4, 0x9007u);
        byte[] bytes = [1, 2, 3, 4, 5, 6];
        Assert.Equal(6, tables.Write(0xC0005FFD, bytes));
        Assert.Equal([1, 2, 3], memory.Slice(0x7FFD, 3).ToArray());
        Assert.Equal([4, 5, 6], memory.Slice(0x9000, 3).ToArray());
        Assert.Equal(0x7005u, Entry);

        byte[] back = new byte[8];
        Assert.Equal(3, tables.Read(0xC0006FFD, back));
        Assert.Equal(2, tables.Write(0xC0006FFE, bytes));
    }

    uint Entry => memory.Read<uint>(Table + 5 * 4);

    void Map(uint entry, uint directoryFlags = PresentWritableUser)
    {
        tables.Directory = Directory;
        memory.Write(Directory + 0x300 * 4, Table | directoryFlags);
        memory.Write(Table + 5 * 4, entry);
    }
}
