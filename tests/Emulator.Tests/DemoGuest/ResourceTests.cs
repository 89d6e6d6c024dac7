using LguestPS.Emulator.Devices;
using LguestPS.Emulator.Launcher;
using LguestPS.Emulator.Tests.Launcher;
using Xunit;

namespace LguestPS.Emulator.Tests.DemoGuest;

/// <summary>What a guest takes of the host, and that it gives it back.</summary>
public sealed class ResourceTests
{
    // Short enough for the 15 characters that Linux shows of a thread's name.
    const string Name = "leaky";

    [Fact]
    public void AnEndedGuestLeavesNoMappingThreadOrFile()
    {
        string disk = Path.GetTempFileName();
        File.WriteAllBytes(disk, new byte[64 * 512]);
        try
        {
            for (int run = 0; run < 3; run++)
            {
                ConsoleBuffer console = new();
                GuestDefinition definition = new() { Name = Name, MemoryMB = 16, KernelPath = RunningDemoGuest.ImagePath, CommandLine = "quiet" };
                definition.Devices.Add(BlockDeviceSettings.Open(disk, readOnly: false, snapshot: false));
                Machine machine = new(definition, console, new RecordingLog());
                Thread runner = new(() => machine.Run());
                runner.Start();
                console.WaitForText("demo> ", 0, TimeSpan.FromSeconds(60));
                Assert.NotEqual((0, 0, 0), Held(disk));
                machine.Dispose();
                runner.Join();
                Assert.Equal((0, 0, 0), Held(disk));
            }
        }
        finally
        {
            File.Delete(disk);
        }
    }

    // Mappings of guest memory (its RAM and, where code is translated, the window on it), threads of queues, open files of the disk.
    static (int Mappings, int Threads, int Files) Held(string disk) =>
        (File.ReadLines("/proc/self/maps").Count(line => line.Contains($"lguest {Name}")),
         Directory.GetDirectories("/proc/self/task").Count(task => ReadName(task).StartsWith(Name, StringComparison.Ordinal)),
         Directory.GetFiles("/proc/self/fd").Count(file => LinkTarget(file) == disk));

    static string ReadName(string task)
    {
        try
        {
            return File.ReadAllText(Path.Combine(task, "comm"));
        }
        catch (IOException)
        {
            return "";   // it has just ended
        }
    }

    static string? LinkTarget(string file)
    {
        try
        {
            return new FileInfo(file).LinkTarget;
        }
        catch (IOException)
        {
            return null;
        }
    }
}
