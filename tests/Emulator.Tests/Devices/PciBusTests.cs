using System.IO.Compression;
using System.Text;
using LguestPS.Emulator.Devices;
using Xunit;

namespace LguestPS.Emulator.Tests.Devices;

/// <summary>Configuration space, against a recorded boot of a Linux guest under the founding launcher and piece by piece.</summary>
public sealed class PciBusTests : IDisposable
{
    const uint Byte = 0xFF, Half = 0xFFFF, Word = uint.MaxValue;

    readonly TestMachine machine = new();

    public void Dispose() => machine.Dispose();

    /// <summary>The guest of the record had 64 MB, a console, a disk of 16384 sectors, entropy and a network card.</summary>
    [Fact]
    public void A_recorded_boot_reads_the_same_values()
    {
        using var recorded = new TestMachine(64 << 20) { IsVerbose = false };
        var console = new ConsoleBuffer();
        recorded.Bus.Add(new ConsoleDevice(console));
        recorded.Bus.Add(new BlockDevice(new MemoryDisk(16384), readOnly: false, "disk.ext2"));
        recorded.Bus.Add(new RngDevice(new HostEntropy()));
        recorded.Bus.Add(new NetDevice(new TestWire(), null, "test wire"));

        int reads = 0, line = 0;
        foreach (string access in RecordedAccesses())
        {
            line++;
            string[] parts = access.Split(' ');
            ushort port = Convert.ToUInt16(parts[1], 16);
            uint mask = Convert.ToUInt32(parts[2], 16), value = Convert.ToUInt32(parts[3], 16);
            if (parts[0] == "W")
            {
                Assert.True(recorded.Bus.WritePort(port, mask, value), $"line {line}: {access} was refused");
                continue;
            }
            reads++;
            uint got = recorded.Bus.ReadPort(port, mask);
            Assert.True(value == got, $"line {line}: {access} gave {got:x}");
        }

        Assert.Equal(740, reads);
        long position = 0;
        string printed = console.ReadText(ref position);
        Assert.StartsWith("Reserving virtual address space above 0xfffe0000 (rounded to 0xffc00000)\r\nLinux version 4.1.18-lguest", printed);
        Assert.EndsWith("Serial: 8250/16550 driver, 4 ports, IRQ sharing disabled\r\n", printed);
    }

    [Fact]
    public void Windows_lie_above_ram_in_powers_of_two()
    {
        VirtioDevice[] devices = [new ConsoleDevice(new ConsoleBuffer()), new BlockDevice(new MemoryDisk(1), false, ""), new RngDevice(new HostEntropy()), new NetDevice(new TestWire(), null, "")];
        foreach (VirtioDevice device in devices)
            machine.Bus.Add(device);

        const uint first = TestMachine.RamBytes + 256 * 4096;
        Assert.Equal([first, first + 0x80, first + 0x100, first + 0x140], devices.Select(device => device.WindowAddress));
        Assert.Equal(first + 0x1C0, machine.Bus.WindowEnd);
        Assert.Equal([72u, 96, 60, 70], devices.Select(device => device.WindowSize));
        Assert.Equal([1, 2, 3, 4], devices.Select(device => device.Slot));
        Assert.Equal([1, 2, 3, 4], devices.Select(device => (int)device.Line));

        Assert.True(machine.Bus.TryFindDevice(first + 71, out VirtioDevice? found, out uint offset));
        Assert.Same(devices[0], found);
        Assert.Equal(71u, offset);
        Assert.False(machine.Bus.TryFindDevice(first + 72, out _, out _));
        Assert.False(machine.Bus.TryFindDevice(first - 1, out _, out _));
    }

    [Fact]
    public void Verbose_lines_name_the_devices()
    {
        machine.Bus.Add(new ConsoleDevice(new ConsoleBuffer()));
        machine.Bus.Add(new BlockDevice(new MemoryDisk(9), false, ""));
        machine.Bus.Add(new RngDevice(new HostEntropy()));
        machine.Bus.Add(new NetDevice(new TestWire(), null, "tun tap0: 192.168.19.1"));
        Assert.Equal(["device 1: console", "device 2: virtblock 9 sectors", "device 3: rng", "device 4: tun tap0: 192.168.19.1"], machine.VerboseLines);
    }

    [Fact]
    public void A_32nd_device_is_refused()
    {
        for (int i = 1; i <= 31; i++)
            machine.Bus.Add(new RngDevice(new HostEntropy()));
        using var oneMore = new RngDevice(new HostEntropy());
        var error = Assert.Throws<HostResourceException>(() => machine.Bus.Add(oneMore));
        Assert.Equal("TooManyDevices", error.ErrorId);
        Assert.Equal(31, machine.Bus.Devices.Count);
    }

    [Theory]
    [InlineData(0u)]           // disabled
    [InlineData(0x8000_0800u)] // an empty slot
    [InlineData(0x8000_0100u)] // another function
    [InlineData(0x8001_0000u)] // another bus
    [InlineData(0x8000_0098u)] // above what there is
    public void What_is_absent_reads_as_ones_and_takes_no_writes(uint address)
    {
        machine.Bus.WritePort(0xCF8, Word, address);
        Assert.Equal(Word, machine.Bus.ReadPort(0xCFC, Word));
        Assert.Equal(Half, machine.Bus.ReadPort(0xCFE, Half));
        Assert.Equal(Byte, machine.Bus.ReadPort(0xCFD, Byte));
        Assert.False(machine.Bus.WritePort(0xCFC, Word, 0));
    }

    [Fact]
    public void The_host_bridge_is_a_class_and_nothing_else()
    {
        for (uint register = 0; register < 0x98; register += 4)
            Assert.Equal(register == 8 ? 0x0600_0000u : 0, Read(0, register, Word));
        Assert.False(Write(0, 0x90, Word, 1));
        Assert.False(Write(0, 0x94, Word, 1));
    }

    [Fact]
    public void The_address_port_takes_bytes_and_is_read_back()
    {
        machine.Bus.WritePort(0xCF8, Word, 0x8000_0894);
        machine.Bus.WritePort(0xCFB, Byte, 0x201);
        Assert.Equal(0x0100_0894u, machine.Bus.ReadPort(0xCF8, Word));
        Assert.Equal(0x08u, machine.Bus.ReadPort(0xCF9, Byte));
        Assert.Equal(
            ["PCI: 0x80000894/ffffffff: bus 0 dev 1 func 0 reg 37", "PCI DISABLED: 0x201/ff: bus 0 dev 1 func 0 reg 37"],
            machine.VerboseLines);
    }

    [Theory]
    [InlineData(0xCF7, false)]
    [InlineData(0xCF8, true)]
    [InlineData(0xCFF, true)]
    [InlineData(0xD00, false)]
    public void Eight_ports_are_the_bus(ushort port, bool expected) => Assert.Equal(expected, PciBus.IsConfigurationPort(port));

    [Fact]
    public void Headers_and_bars_take_the_writes_that_they_should()
    {
        machine.Bus.Add(new RngDevice(new HostEntropy()));
        uint bar = Read(1, 0x10, Word);
        Assert.True(Write(1, 0x10, Word, Word));
        Assert.Equal(0xFFFF_FFC0u, Read(1, 0x10, Word));
        Assert.True(Write(1, 0x10, Word, bar));
        Assert.True(Write(1, 0x14, Word, 0x1234_5678));
        Assert.Equal(0x1234_5678u, Read(1, 0x14, Word));
        Assert.True(Write(1, 0x28, Word, 1));        // cardbus pointer
        Assert.True(Write(1, 0x30, Word, 2));        // expansion ROM
        Assert.True(Write(1, 0x0C, Half, 0x4010));   // latency, cache line
        Assert.Equal(0x4010u, Read(1, 0x0C, Half));
        Assert.False(Write(1, 0x0C, Word, 0));
        Assert.True(Write(1, 0x04, Half, 7));        // command: ignored
        Assert.Equal(0u, Read(1, 0x04, Half));
        Assert.False(Write(1, 0x04, Word, 7));
        Assert.False(Write(1, 0x2C, Word, 0));       // subsystem
        Assert.False(Write(1, 0x3C, Byte, 5));       // interrupt line
        Assert.Equal(1u, Read(1, 0x3C, Byte));
    }

    [Fact]
    public void Capabilities_are_chained_to_the_device_configuration()
    {
        machine.Bus.Add(new ConsoleDevice(new ConsoleBuffer()));
        machine.Bus.Add(new RngDevice(new HostEntropy()));
        Assert.Equal([(0x40u, 1u, 16u, 0u, 56u), (0x50, 2, 20, 56, 2), (0x64, 3, 16, 58, 1), (0x84, 5, 20, 0, 0), (0x74, 4, 16, 60, 12)], Capabilities(1));
        Assert.Equal([(0x40u, 1u, 16u, 0u, 56u), (0x50, 2, 20, 56, 2), (0x64, 3, 16, 58, 1), (0x84, 5, 20, 0, 0)], Capabilities(2));
        Assert.Equal(0u, Read(1, 0x60, Word));   // notify_off_multiplier: all queues share one word
    }

    [Fact]
    public void Capability_fields_other_than_the_access_window_are_not_writable()
    {
        machine.Bus.Add(new RngDevice(new HostEntropy()));
        foreach (uint register in new uint[] { 0x40, 0x44, 0x48, 0x4C, 0x50, 0x60, 0x64, 0x74, 0x84 })
            Assert.False(Write(1, register, Word, 0), $"register {register:x}");
    }

    [Fact]
    public void The_access_window_works_both_ways()
    {
        machine.Bus.Add(new RngDevice(new HostEntropy()));
        Window(bar: 0, offset: 20, length: 1);
        Assert.True(Write(1, 0x94, Byte, 1));
        Assert.Equal(1u, Read(1, 0x94, Byte));
        Assert.Equal(DeviceStatus.Acknowledge, machine.Bus.Devices[0].Status);
        Assert.Contains("Window writing 0x1/0xff to bar 0, offset 20 len 1", machine.VerboseLines);
        Assert.Contains("Window read 0x1/0xff from bar 0, offset 20 len 1", machine.VerboseLines);
        Window(bar: 0, offset: 18, length: 2);
        Assert.Equal(1u, Read(1, 0x94, Word));   // num_queues, by the capability's width
    }

    [Theory]
    [InlineData(1u, 20u, 1u)]
    [InlineData(0u, 60u, 1u)]
    [InlineData(0u, 57u, 4u)]
    [InlineData(0u, 20u, 3u)]
    [InlineData(0u, 20u, 0u)]
    [InlineData(0u, 19u, 2u)]
    [InlineData(0u, 4u, 0xFFFF_FFFCu)]
    public void A_write_through_an_invalid_window_is_refused(uint bar, uint offset, uint length)
    {
        machine.Bus.Add(new RngDevice(new HostEntropy()));
        Window(bar, offset, length);
        Assert.False(Write(1, 0x94, Word, 1));
        Assert.Throws<DriverViolationException>(() => Read(1, 0x94, Word));
    }

    static IEnumerable<string> RecordedAccesses()
    {
        using Stream packed = typeof(PciBusTests).Assembly.GetManifestResourceStream("pci-accesses.txt.gz")!;
        using var reader = new StreamReader(new GZipStream(packed, CompressionMode.Decompress), Encoding.ASCII);
        while (reader.ReadLine() is string line)
            yield return line;
    }

    IEnumerable<(uint At, uint Type, uint Length, uint Offset, uint Bytes)> Capabilities(uint slot)
    {
        for (uint at = Read(slot, 0x34, Byte); at != 0; at = Read(slot, at, Word) >> 8 & 0xFF)
        {
            uint head = Read(slot, at, Word);
            Assert.Equal(9u, head & 0xFF);
            yield return (at, head >> 24, head >> 16 & 0xFF, Read(slot, at + 8, Word), Read(slot, at + 12, Word));
        }
    }

    void Window(uint bar, uint offset, uint length)
    {
        Assert.True(Write(1, 0x88, Word, bar));
        Assert.True(Write(1, 0x8C, Word, offset));
        Assert.True(Write(1, 0x90, Word, length));
    }

    uint Read(uint slot, uint register, uint mask)
    {
        machine.Bus.WritePort(0xCF8, Word, 0x8000_0000 | slot << 11 | register & 0xFC);
        return machine.Bus.ReadPort((ushort)(0xCFC + (register & 3)), mask);
    }

    bool Write(uint slot, uint register, uint mask, uint value)
    {
        machine.Bus.WritePort(0xCF8, Word, 0x8000_0000 | slot << 11 | register & 0xFC);
        return machine.Bus.WritePort((ushort)(0xCFC + (register & 3)), mask, value);
    }
}
