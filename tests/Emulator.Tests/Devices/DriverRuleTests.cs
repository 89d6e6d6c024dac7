using LguestPS.Emulator.Devices;
using Xunit;

namespace LguestPS.Emulator.Tests.Devices;

/// <summary>Each rule is broken once; what is reported of it must be the rule, its section and its text.</summary>
public sealed class DriverRuleTests
{
    const uint Buffer = 0x100000;

    /// <summary>How a rule is broken, and what is to be reported.</summary>
    sealed record Crime(string? Section, string Message, Func<TestMachine, VirtioDevice> Device, Action<TestMachine, TestDriver> Commit, uint RamBytes = TestMachine.RamBytes);

    static VirtioDevice Rng(TestMachine machine) => new RngDevice(new ConstantEntropy(7));

    static VirtioDevice Block(TestMachine machine) => new BlockDevice(new MemoryDisk(8), readOnly: false, "disk");

    static VirtioDevice Console(TestMachine machine) => new ConsoleDevice(new ConsoleBuffer(), new ManualClock());

    static VirtioDevice Net(TestMachine machine) => new NetDevice(new TestWire(), null, "test wire");

    /// <summary>Breaks a rule by registers: nothing was done to the device before.</summary>
    static Crime Register(string? section, string text, Action<TestDriver> commit) => new(section, $"rng: bad driver: {text}", Rng, (_, driver) => commit(driver));

    /// <summary>Breaks a rule of queues with a chain that a test writes into the entropy device's queue.</summary>
    static Crime RngQueue(string? section, string message, Action<TestQueue> commit, uint ramBytes = TestMachine.RamBytes)
        => new(section, message, Rng, (_, driver) => Queue(driver, 0, 0, commit), ramBytes);

    static Crime NetQueue(string? section, string text, ulong features, Action<TestQueue> commit)
        => new(section, $"net vq tx: bad driver: {text}", Net, (_, driver) => Queue(driver, 1, features, commit));

    static Crime Request(Func<TestMachine, VirtioDevice> device, ushort queue, string? section, string message, Action<TestMachine, TestQueue> commit)
        => new(section, message, device, (machine, driver) => Queue(driver, queue, 0, q => commit(machine, q)));

    static void Queue(TestDriver driver, ushort number, ulong features, Action<TestQueue> commit)
    {
        TestQueue queue = driver.Negotiate(features).SetUp(number);
        driver.Ready();
        commit(queue);
        queue.Notify();
    }

    static void OneDescriptor(TestQueue queue, ulong address, uint length, ushort flags, ushort next = 0)
    {
        queue.SetDescriptor(0, address, length, flags, next);
        queue.Offer(0);
    }

    /// <summary>An indirect table with one descriptor.</summary>
    static void IndirectTable(TestQueue queue, uint tableLength, ushort outerFlags, ushort innerFlags)
    {
        queue.SetTableDescriptor(Buffer, 0, Buffer + 0x2000, 16, innerFlags);
        OneDescriptor(queue, Buffer, tableLength, (ushort)(TestQueue.IndirectTable | outerFlags));
    }

    /// <summary>A block request: header, data for the device to read or write, status byte.</summary>
    static void BlockRequest(TestMachine machine, TestQueue queue, uint type, ulong sector, uint dataLength, bool deviceWrites)
    {
        machine.Memory.Write(Buffer, type);
        machine.Memory.Write(Buffer + 8, sector);
        queue.Add((Buffer, 16, false), (Buffer + 0x1000, dataLength, deviceWrites), (Buffer + 0x800, 1, true));
    }

    static readonly Dictionary<DriverRule, Crime> Crimes = new()
    {
        [DriverRule.RequestTooShort] = Request(Block, 0, null, "block: bad driver: iovec too short!", (_, q) => q.Add((Buffer, 15, false), (Buffer + 16, 1, true))),
        [DriverRule.AddressInMemory] = RngQueue(null, "rng: bad driver: AddressInMemory: Invalid address 0x3fffff", q => OneDescriptor(q, TestMachine.RamBytes - 1, 2, TestQueue.Writable)),
        [DriverRule.NextInTable] = RngQueue("2.4.5", "rng: bad driver: Desc next is 256", q => OneDescriptor(q, Buffer, 1, TestQueue.Writable | TestQueue.Next, next: 256)),
        [DriverRule.AvailableFlagsKnown] = RngQueue("2.4.7.1", "rng vq input: bad driver: avail->flags = 2", q =>
        {
            q.AvailableFlags = 2;
            q.Add((Buffer, 1, true));
        }),
        [DriverRule.AvailableIndexInRange] = RngQueue("2.4.6", "rng vq input: bad driver: Guest moved used index from 0 to 257", q => q.SetAvailableIndex(257)),
        [DriverRule.HeadInQueue] = RngQueue(null, "rng vq input: bad driver: Guest says index 256 is available", q => q.Offer(256)),
        [DriverRule.IndirectNegotiated] = NetQueue("2.4.5.3.1", "vq indirect not negotiated", 0, q => IndirectTable(q, 16, 0, 0)),
        [DriverRule.IndirectNotNested] = NetQueue("2.4.5.3.1", "Indirect within indirect", TestDriver.Indirect, q => IndirectTable(q, 16, 0, TestQueue.IndirectTable)),
        [DriverRule.IndirectNotChained] = NetQueue("2.4.5.3.1", "indirect and next together", TestDriver.Indirect, q => IndirectTable(q, 16, TestQueue.Next, 0)),
        [DriverRule.IndirectSizeWhole] = NetQueue(null, "Invalid size for indirect table", TestDriver.Indirect, q => IndirectTable(q, 17, 0, 0)),
        [DriverRule.IndirectFitsQueue] = NetQueue("2.4.5.3.1", "indirect has too many entries", TestDriver.Indirect, q => IndirectTable(q, 257 * 16, 0, 0)),
        [DriverRule.ReadableBeforeWritable] = RngQueue("2.4.4.2", "rng vq input: bad driver: Descriptor has out after in", q => q.Add((Buffer, 1, true), (Buffer, 1, false))),
        [DriverRule.ChainNotLooped] = RngQueue(null, "rng vq input: bad driver: Looped descriptor", q => OneDescriptor(q, Buffer, 1, TestQueue.Writable | TestQueue.Next, next: 0)),
        [DriverRule.ConsoleInputIsWritable] = Request(Console, 0, "5.3.6.1", "console vq input: bad driver: Output buffers in console in queue?", (_, q) => q.Add((Buffer, 1, false))),
        [DriverRule.ConsoleOutputIsReadable] = Request(Console, 1, "5.3.6.1", "console vq output: bad driver: Input buffers in console output queue?", (_, q) => q.Add((Buffer, 1, true))),
        [DriverRule.NetTransmitIsReadable] = NetQueue(null, "Input buffers in net output queue?", 0, q => q.Add((Buffer, 12, false), (Buffer, 1, true))),
        [DriverRule.NetReceiveIsWritable] = Request(Net, 0, null, "net vq rx: bad driver: Output buffers in net input queue?", (_, q) => q.Add((Buffer, 1, false))),
        [DriverRule.BlockStatusHasRoom] = Request(Block, 0, null, "block vq request: bad driver: Bad virtblk cmd with no room for status", (_, q) => q.Add((Buffer, 16, false), (Buffer + 16, 0, true))),
        [DriverRule.BlockWriteInCapacity] = Request(Block, 0, "5.2.6.1", "block vq request: bad driver: Write past end 3584+1024", (m, q) => BlockRequest(m, q, type: 1, sector: 7, 1024, deviceWrites: false)),
        [DriverRule.EntropyBuffersAreWritable] = RngQueue("5.4.6.1", "rng vq input: bad driver: Output buffers in rng?", q => q.Add((Buffer, 1, false))),
        [DriverRule.WindowReadInRegion] = new("4.1.4.7.2", "rng: bad driver: Invalid cfg_access to bar0, offset 60 len 4", Rng, (machine, driver) =>
        {
            SetWindow(machine, offset: 60, length: 4);
            ReadConfiguration(machine, 0x94);
        }),
        [DriverRule.QueueAddressIs32Bit] = Register("4.1.4.3.2", "", d =>
        {
            d.Negotiate().Place(0);
            d.Write32(36, 1);
            d.Enable();
        }) with { Message = "rng vq input: bad driver: invalid 64-bit queue address" },
        [DriverRule.QueueAddressAligned] = Register("2.4.1", "", d =>
        {
            d.Negotiate().Place(0);
            d.Write32(48, 0x20002);
            d.Enable();
        }) with { Message = "rng vq input: bad driver: invalid alignment in queue addresses" },
        [DriverRule.UsedFlagsStartZero] = new("2.4.9.1", "rng vq input: bad driver: invalid initial used.flags 0x8000", Rng, (machine, driver) =>
        {
            TestQueue queue = driver.Negotiate().Place(0);
            machine.Memory.Write<ushort>(queue.Used, 0x8000);
            driver.Enable();
        }),
        [DriverRule.DriverFeatureSelectKnown] = Register("4.1.4.3.1", "Unexpected driver select 2", d => d.Find().Write32(8, 2)),
        [DriverRule.FeaturesOffered] = Register("2.2.1", "over-accepted features 0x100000001 of 0x100000000", d => d.Find().Accept(TestDriver.Version1).Accept(1 | TestDriver.Version1)),
        [DriverRule.StatusBitsStay] = Register("2.1.1", "unset of device status bit 0x3 -> 0x2", d => d.Find().SetStatus(2)),
        [DriverRule.StatusBitsKnown] = Register("3.1.1", "unknown device status bit 0x1 -> 0x11", d =>
        {
            d.SetStatus(1);
            d.SetStatus(0x11);
        }),
        [DriverRule.StatusInOrder] = Register("3.1.1", "unexpected status transition 0x1 -> 0x9", d =>
        {
            d.SetStatus(1);
            d.SetStatus(9);
        }),
        [DriverRule.FeaturesOkReadBack] = Register("3.1.1", "did not re-read FEATURES_OK", d =>
        {
            d.Find().Accept(TestDriver.Version1).SetStatus(0xB);
            d.SetStatus(0xF);
        }),
        [DriverRule.QueueSizePowerOfTwo] = Register("4.1.4.3.2", "invalid queue size 24", d => d.Negotiate().Write16(24, 24)),
        [DriverRule.QueueSizeOfLiveQueue] = Register("4.1.4.3.2", "changing queue size on live device", d =>
        {
            d.Negotiate().SetUp(0);
            d.Write16(24, 128);
        }),
        [DriverRule.NoMsixVector] = Register(null, "attempt to set MSIX vector to 5", d => d.Negotiate().Write16(26, 5)),
        [DriverRule.QueueEnableIsOne] = Register("4.1.4.3.2", "setting queue_enable to 0", d => d.Negotiate().Write16(28, 0)),
        [DriverRule.QueueEnabledBeforeDriverOk] = Register("3.1.1", "enabling vq after DRIVER_OK", d =>
        {
            d.Negotiate().Place(0);
            d.Ready();
            d.Enable();
        }),
        [DriverRule.QueueNotifyOffReadOnly] = Register("4.1.4.3.2", "attempt to write to queue_notify_off", d => d.Negotiate().Write16(30, 0)),
        [DriverRule.QueueAddressOfLiveQueue] = Register("4.1.4.3.2", "changing queue on live device", d =>
        {
            d.Negotiate().SetUp(0);
            d.Write32(32, Buffer);
        }),
        [DriverRule.QueueSetUpAfterFeaturesOk] = Register("3.1.1", "setting up vq before FEATURES_OK", d => d.Find().Write32(32, Buffer)),
        [DriverRule.FeaturesOkReadBackBeforeSetUp] = Register("3.1.1", "didn't re-read FEATURES_OK before setup", d =>
        {
            d.Find().Accept(TestDriver.Version1).SetStatus(0xB);
            d.Write32(32, Buffer);
        }),
        [DriverRule.NotifiedQueueExists] = Register(null, "Invalid vq notification on 1", d =>
        {
            d.Negotiate().Ready();
            d.Notify(1);
        }),
        [DriverRule.IsrReadOnly] = Register(null, "Unexpected write to isr", d => d.Write8(58, 0)),
        [DriverRule.OffsetWritable] = Register("4.1.4.3.2", "Unexpected write to offset 18", d => d.Write16(18, 1)),
        [DriverRule.FeatureWriteAfterDriver] = Register("3.1.1", "feature write before VIRTIO_CONFIG_S_DRIVER", d => d.Write32(0, 0)),
        [DriverRule.FeatureWriteBeforeFeaturesOk] = Register("3.1.1", "feature write after VIRTIO_CONFIG_S_FEATURES_OK", d => d.Negotiate().Write32(8, 0)),
        [DriverRule.WriteWidth] = Register("4.1.3.1", "non-32-bit write to offset 0 (0xc0de)", d => d.Find().Write16(0, 0)),
        [DriverRule.FeatureReadAfterDriver] = Register("3.1.1", "feature read before VIRTIO_CONFIG_S_DRIVER", d => d.Read32(4)),
        [DriverRule.NoMsixConfig] = Register(null, "read of msix_config", d => d.Read16(16)),
        [DriverRule.NotifyAfterDriverOk] = Register("3.1.1", "notify before VIRTIO_CONFIG_S_DRIVER_OK", d =>
        {
            d.Negotiate().SetUp(0);
            d.Notify(0);
        }),
        [DriverRule.IsrReadWidth] = Register("4.1.3.1", "non-8-bit read from offset 58 (0xc0de)", d => d.Read16(58)),
        [DriverRule.PaddingUntouched] = Register(null, "read from padding (0xc0de)", d => d.Read8(59)),
        [DriverRule.ReadInDevice] = Register(null, "read past end (0xc0de)", d => d.Find().Read8(60)),
        [DriverRule.ConfigurationReadAfterDriver] = new("3.1.1", "block: bad driver: config read before VIRTIO_CONFIG_S_DRIVER", Block, (_, driver) => driver.Read32(60)),
        [DriverRule.ReadWidth] = Register("4.1.3.1", "non-16-bit read to offset 18 (0xc0de)", d => d.Read8(18)),
        [DriverRule.VersionOneAccepted] = Register("6.1", "VIRTIO_F_VERSION_1 not accepted in 0", d => d.Find().Accept(0).SetStatus(0xB)),
        [DriverRule.FeatureDependencies] = new("2.2.1", "net: bad driver: feature 11 accepted without what it needs in 0x100000800", Net,
            (_, driver) => driver.Find().Accept(TestDriver.Version1 | 1 << 11).SetStatus(0xB)),
        [DriverRule.QueueSizeInMaximum] = Register("4.1.4.3", "queue size 512 above the maximum of 256", d => d.Negotiate().Write16(24, 512)),
        [DriverRule.SelectedQueueExists] = Register("4.1.4.3.2", "setting up vq 3, which does not exist", d =>
        {
            d.Negotiate().Write16(22, 3);
            d.Enable();
        }),
        [DriverRule.ConfigurationReadAligned] = new("4.1.3.1", "block: bad driver: unaligned read of 32 bits from offset 62 (0xc0de)", Block, (_, driver) => driver.Find().Read32(62)),
        [DriverRule.ChainBytesInRange] = RngQueue("2.4.5", "rng vq input: bad driver: chain longer than 2^32 bytes", q =>
        {
            for (ushort i = 0; i < 129; i++)
                q.SetDescriptor(i, 0, 32 << 20, TestQueue.Writable | TestQueue.Next, (ushort)(i + 1));
            q.SetDescriptor(129, 0, 1, TestQueue.Writable);
            q.Offer(0);
        }, ramBytes: 32 << 20),
        [DriverRule.BlockFlushSectorZero] = Request(Block, 0, "5.2.6.1", "block vq request: bad driver: flush of sector 3", (m, q) => BlockRequest(m, q, type: 4, sector: 3, 0, deviceWrites: true)),
        [DriverRule.BlockDataWholeSectors] = Request(Block, 0, "5.2.6", "block vq request: bad driver: 100 bytes of data are not whole sectors", (m, q) => BlockRequest(m, q, type: 0, sector: 0, 100, deviceWrites: true)),
        [DriverRule.NetChecksumNegotiated] = Request(Net, 1, "5.1.6.2.1", "net vq tx: bad driver: checksum asked for without VIRTIO_NET_F_CSUM: flags 0x1", (m, q) =>
        {
            m.Memory.Write<byte>(Buffer, 1);
            q.Add((Buffer, 60, false));
        }),
        [DriverRule.NetSegmentationNegotiated] = Request(Net, 1, "5.1.6.2.1", "net vq tx: bad driver: gso_type 0x1 not negotiated", (m, q) =>
        {
            m.Memory.Write<byte>(Buffer + 1, 1);
            q.Add((Buffer, 60, false));
        }),
    };

    public static TheoryData<DriverRule> DeadlyRules => [.. DriverRules.All.Where(rule => rule.EndsGuest).Select(rule => rule.Rule)];

    [Theory, MemberData(nameof(DeadlyRules))]
    public void Broken_rule_is_reported(DriverRule rule)
    {
        Crime crime = Crimes[rule];
        using var machine = new TestMachine(crime.RamBytes);
        var driver = new TestDriver(machine, crime.Device(machine));

        DriverViolation violation = Commit(machine, driver, crime);

        Assert.Equal(rule, violation.Rule);
        Assert.Equal(crime.Section, violation.Section);
        Assert.Equal(crime.Message, violation.Message);
        Assert.Equal(driver.Device.Name, violation.Device);
        Assert.Equal(1, violation.Slot);
        Assert.Equal(TestMachine.Eip, violation.GuestEip);
    }

    [Theory, MemberData(nameof(DeadlyRules))]
    public void Guest_may_go_on(DriverRule rule)
    {
        Crime crime = Crimes[rule];
        using var machine = new TestMachine(crime.RamBytes) { GoesOn = true };
        var driver = new TestDriver(machine, crime.Device(machine));

        crime.Commit(machine, driver);

        machine.WaitFor(() => machine.Violations.Any(found => found.Rule == rule), "the violation");
        Assert.Equal(crime.Message, machine.Violations[0].Message);
        if (DriverRules.Describe(rule).Recoverable)
            Assert.False(driver.Device.Status.HasFlag(DeviceStatus.NeedsReset));
        else
            machine.WaitFor(() => driver.Device.Status.HasFlag(DeviceStatus.NeedsReset), "the error state");

        // A reset brings it back, whatever was wrong.
        Assert.Equal(0xB, driver.Negotiate().Status);
        Assert.Null(machine.Failure);
    }

    [Fact]
    public void Table_lists_the_rules_in_order()
        => Assert.Equal(Enum.GetValues<DriverRule>(), DriverRules.All.Select(rule => rule.Rule));

    [Fact]
    public void Only_a_refused_configuration_write_leaves_the_guest_alive()
        => Assert.Equal([DriverRule.CapabilityWriteAllowed], DriverRules.All.Where(rule => !rule.EndsGuest).Select(rule => rule.Rule));

    [Fact]
    public void Offending_values_have_names()
    {
        using var machine = new TestMachine();
        var driver = new TestDriver(machine, Rng(machine));
        DriverViolation violation = Commit(machine, driver, Crimes[DriverRule.StatusBitsStay]);
        Assert.Equal(3ul, violation.Values["from"]);
        Assert.Equal(2ul, violation.Values["to"]);
        Assert.Null(violation.Queue);

        using var other = new TestMachine();
        var otherDriver = new TestDriver(other, Rng(other));
        violation = Commit(other, otherDriver, Crimes[DriverRule.HeadInQueue]);
        Assert.Equal(256ul, violation.Values["index"]);
        Assert.Equal("input", violation.Queue);
    }

    static DriverViolation Commit(TestMachine machine, TestDriver driver, Crime crime)
    {
        try
        {
            crime.Commit(machine, driver);
        }
        catch (DriverViolationException broken)
        {
            return broken.Violation;   // found on the guest's thread
        }
        return machine.WaitForViolation();   // found on a queue's
    }

    static void SetWindow(TestMachine machine, uint offset, uint length)
    {
        Assert.True(WriteConfiguration(machine, 0x88, 0));
        Assert.True(WriteConfiguration(machine, 0x8C, offset));
        Assert.True(WriteConfiguration(machine, 0x90, length));
    }

    static bool WriteConfiguration(TestMachine machine, uint register, uint value)
        => machine.Bus.WritePort(0xCF8, uint.MaxValue, 0x8000_0800 | register) && machine.Bus.WritePort(0xCFC, uint.MaxValue, value);

    static uint ReadConfiguration(TestMachine machine, uint register)
    {
        machine.Bus.WritePort(0xCF8, uint.MaxValue, 0x8000_0800 | register);
        return machine.Bus.ReadPort(0xCFC, uint.MaxValue);
    }
}
