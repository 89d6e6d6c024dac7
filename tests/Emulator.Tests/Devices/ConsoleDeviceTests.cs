using LguestPS.Emulator.Devices;
using Xunit;

namespace LguestPS.Emulator.Tests.Devices;

/// <summary>The console device over its in-memory other end.</summary>
public sealed class ConsoleDeviceTests : IDisposable
{
    const uint Data = 0x100000;
    const uint Generation = 21, InterruptStatus = 58, Columns = 60, Rows = 62, EmergencyWrite = 68;
    const ulong SizeFeature = 1;
    const uint ConfigurationInterrupt = 2;

    readonly TestMachine machine = new();
    readonly ConsoleBuffer console = new();
    readonly ManualClock clock = new();
    readonly TestDriver driver;
    readonly TestQueue input, output;

    public ConsoleDeviceTests()
    {
        driver = new TestDriver(machine, new ConsoleDevice(console, clock)).Negotiate();
        input = driver.SetUp(0);
        output = driver.SetUp(1);
        driver.Ready();
    }

    public void Dispose() => machine.Dispose();

    string Printed()
    {
        long position = 0;
        return console.ReadText(ref position);
    }

    /// <summary>Types bytes and takes them as the guest would.</summary>
    byte[] Type(params byte[] keys)
    {
        ushort before = input.UsedIndex;
        input.Add((Data, 64, true));
        input.Notify();
        console.Send(keys);
        machine.WaitFor(() => input.UsedIndex != before, "input");
        return machine.Memory.Slice(Data, input.UsedElement(before).Length).ToArray();
    }

    [Fact]
    public void Output_is_printed_in_order()
    {
        "Hello "u8.CopyTo(machine.Memory.Slice(Data, 6));
        "world\n"u8.CopyTo(machine.Memory.Slice(Data + 100, 6));
        Assert.Equal(0u, output.Do((Data, 6, false), (Data + 100, 6, false)));
        Assert.Equal("Hello world\n", Printed());
    }

    [Fact]
    public void Input_arrives_with_an_interrupt()
    {
        Assert.Equal("ls\n"u8, Type([.. "ls\n"u8]));
        machine.WaitFor(() => machine.InterruptsOf(driver.Device) == 1, "an interrupt");
    }

    [Fact]
    public void Input_typed_before_there_is_a_buffer_waits()
    {
        console.Send("a"u8);
        console.Send("b"u8);
        Assert.Equal("a"u8, Type((byte)'c'));
        Assert.Equal("b"u8, Type((byte)'d'));
        Assert.Equal("c"u8, Type((byte)'e'));
    }

    [Fact]
    public void Emergency_writes_print_before_there_is_a_driver()
    {
        driver.SetStatus(0);
        foreach (byte c in "early"u8)
            driver.Write32(EmergencyWrite, c);
        Assert.Equal("early", Printed());
    }

    [Theory]
    [InlineData(60u, 0xFFFFu, DriverRule.OffsetWritable)]
    [InlineData(EmergencyWrite, 0xFFu, DriverRule.WriteWidth)]
    public void Other_writes_to_the_configuration_break_a_rule(uint offset, uint mask, DriverRule rule)
    {
        var broken = Assert.Throws<DriverViolationException>(() => driver.Device.WriteWindow(offset, 'x', mask));
        Assert.Equal(rule, broken.Violation.Rule);
        Assert.Equal("", Printed());
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(400, true)]
    [InlineData(1100, false)]
    public void Three_interrupt_keys_within_a_second_abort(int millisecondsBetween, bool expected)
    {
        int aborted = 0;
        console.Aborted += () => Interlocked.Increment(ref aborted);
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal([3], Type(3));
            clock.Advance(TimeSpan.FromMilliseconds(millisecondsBetween));
        }
        Type((byte)'x');   // by then the third was counted
        Assert.Equal(expected ? 1 : 0, aborted);
    }

    [Fact]
    public void Another_key_between_starts_the_count_anew()
    {
        int aborted = 0;
        console.Aborted += () => Interlocked.Increment(ref aborted);
        Type(3);
        Type(3);
        Type((byte)'x');
        Type(3);
        Type(3);
        Type(3, 3);   // two in one buffer are none
        Type((byte)'x');
        Assert.Equal(0, aborted);
    }

    [Fact]
    public void The_end_of_input_is_warned_of_and_leaves_output_alone()
    {
        input.Add((Data, 1, true));
        input.Notify();
        console.Close();
        machine.WaitFor(() => machine.Warnings.Length == 1, "a warning");
        "!"u8.CopyTo(machine.Memory.Slice(Data + 8, 1));
        output.Do((Data + 8, 1, false));
        Assert.Equal("!", Printed());
        driver.SetStatus(0);
        Assert.Null(machine.Failure);
    }

    [Fact]
    public void Without_a_size_there_is_neither_feature_nor_field()
    {
        Assert.Equal(0ul, driver.Device.Features & SizeFeature);
        console.Resize(new(132, 43));
        Assert.Equal(0u, driver.Read16(Columns));
        Assert.Equal(0u, driver.Read16(Rows));
        Assert.Equal(0u, driver.Read8(Generation));
        Assert.Equal(0, machine.InterruptsOf(driver.Device));
    }

    [Fact]
    public void A_resize_is_a_new_generation_of_the_configuration_and_an_interrupt()
    {
        TestDriver sized = NegotiateSize();
        Assert.Equal((80u, 25u), (sized.Read16(Columns), sized.Read16(Rows)));
        uint generation = sized.Read8(Generation);
        console.Resize(new(132, 43));
        Assert.Equal(1, machine.InterruptsOf(sized.Device));
        Assert.Equal(ConfigurationInterrupt, sized.Read8(InterruptStatus));
        Assert.Equal((132u, 43u), (sized.Read16(Columns), sized.Read16(Rows)));
        Assert.NotEqual(generation, sized.Read8(Generation));
    }

    [Fact]
    public void A_resize_before_there_is_a_driver_is_seen_by_it_and_does_not_interrupt()
    {
        TestDriver sized = NegotiateSize(ready: false);
        console.Resize(new(132, 43));
        Assert.Equal(0, machine.InterruptsOf(sized.Device));
        Assert.Equal((132u, 43u), (sized.Read16(Columns), sized.Read16(Rows)));
    }

    [Fact]
    public void The_first_key_brings_the_size_to_a_driver_that_waits_to_be_told()
    {
        TestDriver sized = NegotiateSize(ready: false);
        TestQueue keys = sized.SetUp(0);
        sized.Ready();
        keys.Add((Data, 1, true));
        keys.Notify();
        console.Send("a"u8);
        machine.WaitFor(() => machine.InterruptsOf(sized.Device) == 2, "both interrupts");
        Assert.Equal(ConfigurationInterrupt | 1u, sized.Read8(InterruptStatus));
    }

    [Fact]
    public void A_console_that_is_gone_does_not_hear_of_its_window()
    {
        TestDriver sized = NegotiateSize();
        sized.Device.Dispose();
        console.Resize(new(132, 43));
        Assert.Equal(0, machine.InterruptsOf(sized.Device));
    }

    TestDriver NegotiateSize(bool ready = true)
    {
        TestDriver sized = new TestDriver(machine, new ConsoleDevice(console, clock, hasSize: true)).Negotiate(SizeFeature);
        if (ready)
            sized.Ready();
        return sized;
    }

    [Fact]
    public void Reset_ends_a_wait_for_input()
    {
        input.Add((Data, 1, true));
        input.Notify();
        Thread.Sleep(20);
        driver.SetStatus(0);
        Assert.Equal(0, driver.Status);
        Assert.Null(machine.Failure);
    }
}
