using System.Buffers.Binary;
using System.Text;
using LguestPS.Emulator.Launcher;
using LguestPS.Emulator.Tests.Hypervisor;
using LguestPS.Emulator.Tests.Launcher;
using Xunit;

namespace LguestPS.Emulator.Tests.Platform;

/// <summary>Kernels of a few instructions, entered by each of the boot protocols of a plain PC. They look at what the protocol promises, print it on the serial port and end.</summary>
public sealed class PcBootTests : LauncherTest
{
    const uint Start = 0x100000;

    readonly SilentConsole console = new();

    [Fact]
    public void MultibootByAddressesTellsCommandLineAndModule()
    {
        Assembly code = new Assembly()
            .Raw("3d").Imm32(0x2BADB002).Raw("7402 0f0b")   // eax is the magic number, else ud2
            .Raw("8b7310").Print()                          // the command line
            .Raw("8b7318 8b36").Print()                     // the first module's content
            .DebugExit(42);
        string kernel = WriteFile([.. Words(0x1BADB002, 0x10003, unchecked(0u - 0x1BADB002 - 0x10003), Start, Start, 0, 0, Start + 32), .. code.Bytes()]);
        GuestExit exit = Run(kernel, GuestPlatform.Pc, " module"u8);
        Assert.Equal((GuestExitKind.PowerOff, "Debug exit 42"), (exit.Kind, exit.Message));
        Assert.Equal($"{Path.GetFileName(kernel)} one two module", console.Output);
    }

    [Fact]
    public void MultibootInAnElfFileTellsItsMemory()
    {
        Assembly code = new Assembly()
            .Raw("81 7b 04").Imm32(PcMemoryMap.LowEnd / 1024).Raw("7402 0f0b")
            .Raw("81 7b 08").Imm32(7 * 1024).Raw("7402 0f0b")
            .Raw("8b4b30")                              // the memory map: its last entry starts at 1 MB and is RAM
            .Raw("81 79 4c").Imm32(0x100000).Raw("7402 0f0b")
            .Raw("83 79 5c 01").Raw("7402 0f0b")
            .DebugExit(1);
        byte[] image = ElfImage.Make(Start + 12, (Start, [.. Words(0x1BADB002, 2, unchecked(0u - 0x1BADB002 - 2)), .. code.Bytes()], 0x1000));
        Assert.Equal("Debug exit 1", Run(WriteFile(image), GuestPlatform.Auto).Message);
    }

    [Fact]
    public void MultibootWishesThatCannotBeMetAreRefused()
    {
        byte[] image = ElfImage.Make(Start, (Start, Words(0x1BADB002, 4, unchecked(0u - 0x1BADB002 - 4)), 0x1000));   // a video mode
        AssertFails("KernelNotBootable", () => Run(WriteFile(image), GuestPlatform.Pc));
    }

    [Fact]
    public void AnEntryGivenByItsMappedAddressIsEnteredAtThePhysicalOne()
    {
        byte[] image = ElfImage.Make(0xC0000000 + Start + 12, (Start, [.. Words(0x1BADB002, 0, unchecked(0u - 0x1BADB002)), .. new Assembly().DebugExit(5).Bytes()], 0x1000));
        Assert.Equal("Debug exit 5", Run(WriteFile(image), GuestPlatform.Pc).Message);
    }

    [Fact]
    public void AMultibootKernelFindsTheTimerAsFirmwareLeavesIt()
    {
        const uint table = 0x3000, tableOperand = 0x2F00;
        // The interrupt controller gets other vectors, and keeps the masks that it has.
        Assembly code = new Assembly()
            .Mov(4, 0x9000)
            .Store(table + 0x20 * 8, 0x00100000 | ((Start + 0x200) & 0xFFFF)).Store(table + 0x20 * 8 + 4, (Start & 0xFFFF0000) | 0x8E00)
            .Store(tableOperand, 0x7FF | table << 16).Store(tableOperand + 4, table >> 16).Raw("0f011d").Imm32(tableOperand)
            .Raw("e421 88c3 b011 e620 b020 e621 b004 e621 b001 e621 88d8 e621")
            .Raw("fb f4 ebfd");
        byte[] content = new byte[0x300];
        Words(0x1BADB002, 0, unchecked(0u - 0x1BADB002)).CopyTo(content, 0);
        code.Bytes().CopyTo(content, 12);
        new Assembly().DebugExit(6).Bytes().CopyTo(content, 0x200);
        Assert.Equal("Debug exit 6", Run(WriteFile(ElfImage.Make(Start + 12, (Start, content, 0x1000))), GuestPlatform.Pc).Message);
    }

    [Fact]
    public void ARealModeInterruptOfFirmwareEndsItself()
    {
        // The table's entry for the timer is a far address; its code is push ax; mov al, 20h; out 20h, al; pop ax; iret.
        Assembly code = new Assembly()
            .Raw("0fb71d").Imm32(0x20).Raw("0fb705").Imm32(0x22).Raw("c1e004 01c3")
            .Raw("813b").Imm32(0xE620B050).Raw("7402 0f0b").Raw("817b03").Imm32(0xCF5820E6).Raw("7402 0f0b")
            .DebugExit(7);
        byte[] image = ElfImage.Make(Start + 12, (Start, [.. Words(0x1BADB002, 0, unchecked(0u - 0x1BADB002)), .. code.Bytes()], 0x1000));
        Assert.Equal("Debug exit 7", Run(WriteFile(image), GuestPlatform.Pc).Message);
    }

    [Fact]
    public void PvhEntersByItsNoteWithTheStartInfo()
    {
        Assembly entry = new Assembly()
            .Raw("813b").Imm32(0x336EC578).Raw("7402 0f0b")
            .Raw("8b7318").Print()
            .Raw("8b7310 8b36").Print()                 // the module list, and the module
            .Halt();
        byte[] note = [.. Words(4, 4, 18), .. "Xen\0"u8, .. Words(Start + 16)];
        // What the ELF header calls the start is a trap for those who do not see the note.
        byte[] image = ElfImage.Make(Start, (Start, [0x0F, 0x0B, .. new byte[14], .. entry.Bytes()], 0x1000), (0, note, (uint)note.Length));
        BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(52 + 32), 4);   // PT_NOTE
        GuestExit exit = Run(WriteFile(image), GuestPlatform.Auto, " initrd"u8);
        Assert.Equal((GuestExitKind.PowerOff, "Halted with interrupts disabled", "one two initrd"), (exit.Kind, exit.Message, console.Output));
    }

    [Fact]
    public void LinuxInAnElfFileGetsABootPage()
    {
        byte[] image = ElfImage.Make(Start, (Start, LinuxCode().Bytes(), 0x1000));
        GuestExit exit = Run(WriteFile(image), GuestPlatform.Pc, " initrd"u8);
        Assert.Equal(("Halted with interrupts disabled", "one two initrd"), (exit.Message, console.Output));
    }

    [Fact]
    public void LinuxAsABzImageGetsABootPageToo()
    {
        GuestExit exit = Run(WriteFile(BzImage.Make("6.1.0-test", LinuxCode().Bytes())), GuestPlatform.Auto, " initrd"u8);
        Assert.Equal(("Halted with interrupts disabled", "one two initrd"), (exit.Message, console.Output));
    }

    [Fact]
    public void ACommandLineThatIsTooLongForTheKernelIsRefused()
    {
        string kernel = WriteFile(BzImage.Make("6.1.0-test", LinuxCode().Bytes()));
        AssertFails("CommandLineTooLong", () => Run(kernel, GuestPlatform.Auto, commandLine: new string('x', 256)));
    }

    [Theory]
    [InlineData("b0fe e664 ebfe")]            // the keyboard controller
    [InlineData("b003 e692 ebfe")]            // system control port A
    [InlineData("66baf90c b006 ee ebfe")]     // the reset control register
    public void AResetStartsTheKernelAnew(string reset)
    {
        string path = Kernel(new Assembly().Raw(reset));
        byte[] second = ElfImage.Make(Start, (Start, new Assembly().DebugExit(2).Bytes(), 0x1000));
        using Machine machine = new(Definition(path, GuestPlatform.Pc), console, new RestartLog(() => File.WriteAllBytes(path, second)));
        Assert.Equal(("Debug exit 2", 1), (Run(machine).Message, machine.Counters.Restarts));
    }

    [Fact]
    public void AKernelThatEmptiesTheKeyboardControllerComesToAnEnd()
    {
        Assembly code = new Assembly().Raw("e464 a801 7404 e460 ebf6").DebugExit(8);
        Assert.Equal("Debug exit 8", Run(Kernel(code), GuestPlatform.Pc).Message);
    }

    [Fact]
    public void AFaultWithoutHandlersIsATripleFault()
    {
        GuestExit exit = Run(Kernel(new Assembly().Raw("90 0f0b")), GuestPlatform.Pc);
        Assert.Equal((GuestExitKind.Crash, $"Triple fault at 0x{Start + 1:x}"), (exit.Kind, exit.Message));
    }

    [Fact]
    public void AHaltSleepsUntilTheTimerInterrupts()
    {
        const uint table = 0x3000, tableOperand = 0x2F00;
        Assembly handler = new Assembly().Raw("66baf803 b054 ee b020 e620 cf");   // T on the serial port, end of interrupt, iret
        Assembly code = new Assembly()
            .Mov(4, 0x9000)
            .Store(table + 0x20 * 8, 0x00100000 | ((Start + 0x200) & 0xFFFF)).Store(table + 0x20 * 8 + 4, (Start & 0xFFFF0000) | 0x8E00)
            .Store(tableOperand, 0x7FF | table << 16).Store(tableOperand + 4, table >> 16).Raw("0f011d").Imm32(tableOperand)
            .Raw("b011 e620 b020 e621 b004 e621 b001 e621 b0fe e621")   // interrupt controller: vectors from 0x20, only the timer's line
            .Raw("b034 e643 b000 e640 b040 e640")                       // timer: every 14 ms
            .Raw("fb f4 f4 f4").DebugExit(3);
        byte[] content = new byte[0x300];
        code.Bytes().CopyTo(content, 0);
        handler.Bytes().CopyTo(content, 0x200);
        using Machine machine = new(Definition(WriteFile(ElfImage.Make(Start, (Start, content, 0x1000))), GuestPlatform.Pc), console, Log);
        Assert.Equal(("Debug exit 3", "TTT"), (Run(machine).Message, console.Output));
        Assert.InRange(machine.Counters.Instructions, 30, 100);   // it did not run in circles meanwhile
    }

    [Fact]
    public void AHaltedGuestCanBeStopped()
    {
        using Machine machine = new(Definition(Kernel(new Assembly().Raw("fb f4 ebfd")), GuestPlatform.Pc), console, Log);
        using Timer timer = new(_ => machine.Stop(), null, 100, Timeout.Infinite);
        Assert.Equal(GuestExitKind.Stopped, Run(machine).Kind);
    }

    // Looks at the boot page: its magic number and the memory map's length; prints the command line and the initial RAM disk.
    static Assembly LinuxCode() => new Assembly()
        .Raw("89f3")                                                        // mov ebx, esi
        .Raw("81bb").Imm32(0x202).Imm32(0x53726448).Raw("7402 0f0b")        // HdrS
        .Raw("80bb").Imm32(0x1E8).Raw("04 7402 0f0b")
        .Raw("8bb3").Imm32(0x228).Print()
        .Raw("8bb3").Imm32(0x218).Print()
        .Halt();

    string Kernel(Assembly code) => WriteFile(ElfImage.Make(Start, (Start, code.Bytes(), 0x1000)));

    static byte[] Words(params uint[] words)
    {
        byte[] bytes = new byte[words.Length * 4];
        for (int i = 0; i < words.Length; i++)
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(i * 4), words[i]);
        return bytes;
    }

    static GuestDefinition Definition(string kernel, GuestPlatform platform) => new() { Name = "test", MemoryMB = 8, KernelPath = kernel, Platform = platform };

    GuestExit Run(string kernel, GuestPlatform platform, ReadOnlySpan<byte> initrd = default, string commandLine = "one two")
    {
        GuestDefinition definition = Definition(kernel, platform);
        definition.CommandLine = commandLine;
        if (!initrd.IsEmpty)
            definition.InitrdPath = WriteFile(initrd);
        using Machine machine = new(definition, console, Log);
        return Run(machine);
    }

    static GuestExit Run(Machine machine)
    {
        using Timer watchdog = new(_ => machine.Stop(), null, 20_000, Timeout.Infinite);
        return machine.Run();
    }
}

/// <summary>What the kernels of these tests are put together from.</summary>
static class PcAssembly
{
    /// <summary>Sends the text at esi, up to a zero, to the first serial port.</summary>
    public static Assembly Print(this Assembly code) => code.Raw("66baf803 ac 84c0 7403 ee ebf8");

    /// <summary>Ends the guest by the debug-exit port.</summary>
    public static Assembly DebugExit(this Assembly code, byte value) => code.Raw($"b0{value:x2} e6f4 ebfe");

    /// <summary>Ends the guest by a halt that nothing can wake.</summary>
    public static Assembly Halt(this Assembly code) => code.Raw("fa f4");
}

/// <summary>Makes small bzImages: a boot sector, one setup sector with the version's text, and the kernel.</summary>
static class BzImage
{
    const int KernelAt = 0x400, VersionAt = 0x300;

    public static byte[] Make(string version, byte[] kernel, byte[]? payload = null)
    {
        int payloadAt = (kernel.Length + 15) & ~15, end = (payloadAt + (payload?.Length ?? 0) + 15) & ~15;
        byte[] image = new byte[KernelAt + end];
        image[0x1F1] = 1;
        image[0x201] = 0x66;
        "HdrS"u8.CopyTo(image.AsSpan(0x202));
        Put(0x1F4, (uint)end / 16);
        BinaryPrimitives.WriteUInt16LittleEndian(image.AsSpan(0x206), 0x20F);
        BinaryPrimitives.WriteUInt16LittleEndian(image.AsSpan(0x20E), VersionAt - 0x200);
        Put(0x214, 0x100000);
        Put(0x22C, 0x37FFFFFF);
        Put(0x238, 255);
        Put(0x248, (uint)payloadAt);
        Put(0x24C, (uint)(payload?.Length ?? 0));
        Encoding.ASCII.GetBytes(version + " (somebody)\0").CopyTo(image, VersionAt);
        kernel.CopyTo(image, KernelAt);
        payload?.CopyTo(image, KernelAt + payloadAt);
        return image;

        void Put(int at, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(at), value);
    }
}
