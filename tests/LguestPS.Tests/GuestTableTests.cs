using LguestPS.Emulator.Launcher;

namespace LguestPS.Tests;

/// <summary>The process's guests by name, while they change their names.</summary>
public sealed class GuestTableTests
{
    [Fact]
    public async Task ARenamedGuestIsFoundUnderOneNameAtAnyTime()
    {
        LguestGuest guest = new(new GuestDefinition { Name = "rename-a", MemoryMB = 4, KernelPath = "/dev/null" });
        Assert.True(GuestTable.Process.TryAdd(guest));
        try
        {
            Task renaming = Task.Run(() =>
            {
                for (int i = 0; i < 20_000; i++)
                    Assert.True(GuestTable.Process.TryRename(guest, i % 2 == 0 ? "rename-b" : "rename-a"));
            });
            while (!renaming.IsCompleted)
                Assert.Same(guest, Assert.Single(GuestTable.Process.Find("rename-*")));
            await renaming;
            Assert.Equal("rename-a", guest.Name);
        }
        finally
        {
            GuestTable.Process.Remove(guest);
        }
        Assert.Empty(GuestTable.Process.Find("rename-*"));
    }

    [Fact]
    public void ARemovedGuestDoesNotComeBackByItsNewName()
    {
        LguestGuest guest = new(new GuestDefinition { Name = "removed-a", MemoryMB = 4, KernelPath = "/dev/null" });
        Assert.True(GuestTable.Process.TryAdd(guest));
        GuestTable.Process.Remove(guest);
        Assert.True(GuestTable.Process.TryRename(guest, "removed-b"));
        Assert.Empty(GuestTable.Process.Find("removed-*"));
    }
}
