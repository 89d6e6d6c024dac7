using LguestPS.Emulator.Devices;
using Xunit;

namespace LguestPS.Emulator.Tests.Devices;

/// <summary>The console device over its in-memory other end.</summary>
public sealed class ConsoleDeviceTests : IDisposable
{
    const uint Data = 0x100000;
    const uint EmergencyWrite = 68;

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
