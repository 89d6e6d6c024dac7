using LguestPS.Emulator.Devices;
using Xunit;

namespace LguestPS.Emulator.Tests.Devices;

/// <summary>A device whose driver broke a rule and whose guest goes on (virtio 1.0, section 2.1.2): it stands still, says so, and a reset gets it going again.</summary>
public sealed class ErrorStateTests : IDisposable
{
    const uint Buffer = 0x100000, InterruptStatus = 58;
    const byte NeedsReset = 0x40, ConfigurationInterrupt = 2;

    readonly TestMachine machine = new() { GoesOn = true };
    readonly TestDriver driver;

    public ErrorStateTests() => driver = new(machine, new RngDevice(new ConstantEntropy(7)));

    public void Dispose() => machine.Dispose();

    [Fact]
    public void Driver_at_work_is_told_by_a_configuration_interrupt()
    {
        TestQueue queue = StartQueue();
        int interrupts = machine.InterruptsOf(driver.Device);

        Break(queue);

        machine.WaitFor(() => machine.InterruptsOf(driver.Device) > interrupts, "the interrupt");
        Assert.Equal(0xF | NeedsReset, driver.Status);
        Assert.Equal(ConfigurationInterrupt, (byte)driver.Read8(InterruptStatus) & ConfigurationInterrupt);
    }

    [Fact]
    public void Driver_that_is_not_ready_is_not_interrupted()
    {
        driver.Negotiate();
        driver.SetStatus(0x3);   // takes FEATURES_OK back

        Assert.Equal(0xB | NeedsReset, driver.Status);
        Assert.Equal(0, machine.InterruptsOf(driver.Device));
    }

    [Fact]
    public void Nothing_is_served_until_the_reset_and_everything_after()
    {
        TestQueue queue = StartQueue();
        Break(queue);
        machine.WaitFor(() => driver.Device.Status.HasFlag(DeviceStatus.NeedsReset), "the error state");

        queue.Add((Buffer, 4, true));
        queue.Notify();
        ushort used = queue.UsedIndex;
        queue = StartQueue();

        Assert.Equal(0, used);
        Assert.Equal(4u, queue.Do((Buffer, 4, true)));
        Assert.Equal(0xF, driver.Status);
        Assert.Equal(7, machine.Memory.Read<byte>(Buffer + 3));
    }

    [Fact]
    public void Driver_adds_to_the_status_that_it_has_read()
    {
        driver.Negotiate();
        driver.SetStatus(0x3);
        driver.SetStatus(driver.Status | 0x80u);

        Assert.Equal(0xB | NeedsReset | 0x80, driver.Status);
        Assert.Single(machine.Violations);
    }

    [Fact]
    public void Device_that_broke_while_it_was_set_up_does_not_start()
    {
        TestQueue queue = driver.Negotiate().SetUp(0);
        driver.SetStatus(0x3);
        driver.Ready();
        queue.Add((Buffer, 4, true));
        queue.Notify();

        Assert.Equal(0xF | NeedsReset, driver.Status);
        Assert.Equal(0, driver.Device.Activity.Queues.Sum(one => one.Requests));
    }

    [Fact]
    public void Passed_over_rule_leaves_the_queue_at_work()
    {
        TestQueue queue = StartQueue();
        driver.Write8(InterruptStatus, 1);
        driver.Notify(99);

        Assert.Equal([DriverRule.IsrReadOnly, DriverRule.NotifiedQueueExists], machine.Violations.Select(found => found.Rule));
        Assert.Equal(4u, queue.Do((Buffer, 4, true)));
    }

    [Fact]
    public void Unknown_status_bit_does_not_stick()
    {
        driver.Find().SetStatus(0x13);

        Assert.Equal(DriverRule.StatusBitsKnown, Assert.Single(machine.Violations).Rule);
        Assert.Equal(0x3, driver.Status);
    }

    [Fact]
    public void Registers_answer_a_driver_that_asks_too_early()
    {
        const uint queueSize = 24;
        Assert.Equal(256u, driver.Read16(queueSize));
        Assert.Equal(DriverRule.ConfigurationReadAfterDriver, Assert.Single(machine.Violations).Rule);
        Assert.Equal(0, driver.Status);
    }

    [Fact]
    public void Activity_counts_requests_and_bytes_over_resets()
    {
        StartQueue().Do((Buffer, 4, true));
        StartQueue().Do((Buffer, 16, true));

        QueueActivity activity = Assert.Single(driver.Device.Activity.Queues);
        Assert.Equal(("input", 2, 0, 20, 2), (activity.Name, activity.Requests, activity.BytesFromGuest, activity.BytesToGuest, activity.Notifications));
        Assert.InRange(activity.Interrupts, 1, 2);
        long requests = 0, bytes = 0;
        driver.Device.AddActivity(ref requests, ref bytes);
        Assert.Equal((2, 20), (requests, bytes));
    }

    TestQueue StartQueue()
    {
        TestQueue queue = driver.Negotiate().SetUp(0);
        driver.Ready();
        return queue;
    }

    static void Break(TestQueue queue)
    {
        queue.Offer(256);
        queue.Notify();
    }
}
