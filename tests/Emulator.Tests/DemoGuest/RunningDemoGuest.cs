using System.Text;
using LguestPS.Emulator.Devices;
using LguestPS.Emulator.Launcher;
using LguestPS.Emulator.Tests.Launcher;
using Xunit;

namespace LguestPS.Emulator.Tests.DemoGuest;

/// <summary>A demo guest on a thread of its own, and the hands that type at its console.</summary>
sealed class RunningDemoGuest : IDisposable
{
    const string Prompt = "demo> ";

    /// <summary>Far longer than anything takes, even on a busy machine.</summary>
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    readonly Machine machine;
    readonly ConsoleBuffer console = new();
    readonly Thread thread;
    GuestExit? exit;
    long position;

    RunningDemoGuest(GuestDefinition definition, bool verbose)
    {
        Log = new RecordingLog { IsVerbose = verbose };
        machine = new Machine(definition, console, Log);
        thread = new Thread(Run) { IsBackground = true, Name = "demo guest" };
        thread.Start();
    }

    /// <summary>Where the checked-in image lies beside the tests.</summary>
    public static string ImagePath => Path.Combine(SourceFolder, "demo-guest.elf");

    /// <summary>The guest's sources and image, as they were copied beside the tests.</summary>
    public static string SourceFolder => Path.Combine(AppContext.BaseDirectory, "DemoGuest");

    public RecordingLog Log { get; }

    public MachineCounters Counters => machine.Counters;

    /// <summary>Starts a guest and waits for its first prompt.</summary>
    public static RunningDemoGuest Boot(params DeviceSettings[] devices) => Boot("quiet", devices: devices);

    /// <summary>Starts a guest and waits for its first prompt.</summary>
    public static RunningDemoGuest Boot(string commandLine, int memoryMB = 16, string? image = null, string? initrd = null, bool verbose = false, params DeviceSettings[] devices)
    {
        RunningDemoGuest guest = Start(commandLine, memoryMB, image, initrd, verbose, devices);
        try
        {
            guest.WaitFor(Prompt);
            return guest;
        }
        catch
        {
            guest.Dispose();
            throw;
        }
    }

    /// <summary>Starts a guest that may never come to its prompt.</summary>
    public static RunningDemoGuest Start(string commandLine, int memoryMB = 16, string? image = null, string? initrd = null, bool verbose = false, params DeviceSettings[] devices)
    {
        var definition = new GuestDefinition { Name = "demo", MemoryMB = memoryMB, KernelPath = image ?? ImagePath, InitrdPath = initrd, CommandLine = commandLine };
        foreach (DeviceSettings device in devices)
            definition.Devices.Add(device);
        return new RunningDemoGuest(definition, verbose);
    }

    /// <summary>All that was printed so far, with plain line ends.</summary>
    public string Transcript
    {
        get
        {
            long start = 0;
            return Plain(console.ReadText(ref start));
        }
    }

    /// <summary>Types as on a keyboard, without an end of line.</summary>
    public void Type(string keys) => console.Send(Encoding.ASCII.GetBytes(keys));

    /// <summary>Types a command and returns what it prints until the next prompt.</summary>
    public string Ask(string command)
    {
        Type(command + "\n");
        string text = WaitFor(Prompt);
        Assert.StartsWith(command + "\n", text);   // the echo
        return text[(command.Length + 1)..^Prompt.Length];
    }

    /// <summary>Waits for a text and returns all output from the last such place to its end.</summary>
    public string WaitFor(string text)
    {
        if (console.WaitForText(text, position, Patience) is not { } match)
            throw new InvalidOperationException($"'{text}' was not printed. Exit: {exit}. Console:\n{Transcript}");
        var output = new byte[match.End - position];
        console.ReadBytes(ref position, output);
        return Plain(Encoding.ASCII.GetString(output));
    }

    /// <summary>Types a command that the guest does not survive.</summary>
    public GuestExit Last(string command)
    {
        Type(command + "\n");
        return WaitForExit();
    }

    /// <summary>Waits for the guest's end.</summary>
    public GuestExit WaitForExit()
    {
        Assert.True(thread.Join(Patience), $"The guest is still running. Console:\n{Transcript}");
        return exit!;
    }

    /// <summary>Pulls the plug.</summary>
    public void Stop() => machine.Stop();

    public void Dispose()
    {
        machine.Dispose();
        thread.Join();
    }

    void Run()
    {
        exit = machine.Run();
        console.Close();
    }

    static string Plain(string text) => text.Replace("\r\n", "\n", StringComparison.Ordinal);
}
