using System.Diagnostics.CodeAnalysis;
using System.Numerics;

namespace LguestPS.Emulator.Devices;

/// <summary>The registers of a virtio device in its BAR (virtio 1.0, section 4.1.4) and the state that a driver takes it through, with every rule about that.</summary>
/// <remarks>
/// Layout: common configuration, 56 bytes; the notification word at 56; the interrupt status byte at 58; a byte of padding; the device's own configuration at 60.
/// Called on the guest's thread, but for what says otherwise, and <see cref="RaiseQueueInterrupt"/>, <see cref="Break"/> and <see cref="AcceptedFeatures"/>, which queue threads use.
/// </remarks>
sealed class VirtioTransport
{
    /// <summary>Bytes of the common configuration.</summary>
    public const uint CommonSize = 56;

    /// <summary>Where the notification word lies.</summary>
    public const uint NotifyOffset = 56;

    /// <summary>Where the interrupt status byte lies.</summary>
    public const uint IsrOffset = 58;

    /// <summary>Where the device's own configuration begins.</summary>
    public const uint ConfigurationOffset = 60;

    const uint PaddingOffset = 59;

    // Bits of the interrupt status (section 4.1.4.5), and what stands for no MSI-X vector (section 4.1.5.1.2).
    const int QueueInterrupt = 1, ConfigurationInterrupt = 2;
    const uint NoVector = 0xFFFF;

    // Offsets in the common configuration.
    const uint DeviceFeatureSelect = 0, DeviceFeature = 4, DriverFeatureSelect = 8, DriverFeature = 12, MsixConfig = 16, NumQueues = 18, StatusOffset = 20,
        ConfigGeneration = 21, QueueSelect = 22, QueueSize = 24, QueueMsixVector = 26, QueueEnable = 28, QueueNotifyOff = 30, QueueDescLow = 32,
        QueueDescHigh = 36, QueueAvailLow = 40, QueueAvailHigh = 44, QueueUsedLow = 48, QueueUsedHigh = 52;

    const DeviceStatus KnownStatus = DeviceStatus.Acknowledge | DeviceStatus.Driver | DeviceStatus.FeaturesOk | DeviceStatus.DriverOk | DeviceStatus.Failed;

    readonly VirtioDevice device;
    readonly IDeviceHost host;
    readonly Virtqueue[] queues;
    readonly ulong offered;

    uint deviceFeatureSelect, driverFeatureSelect;
    ushort queueSelect, lastNotified;
    int isr;
    DeviceStatus status;
    int needsReset;

    // Under the configuration's gate: the driver sees a change whole, or sees that the generation is another one.
    readonly Lock configurationGate = new();
    byte configurationGeneration;

    /// <summary>The driver has written FEATURES_OK and not read it back yet.</summary>
    bool featuresOkUnread;

    public VirtioTransport(VirtioDevice device, IDeviceHost host)
    {
        this.device = device;
        this.host = host;
        offered = device.Features | VirtioFeature.Version1;
        queues = [.. device.Queues.Select(service => new Virtqueue(device, this, host, service))];
    }

    public ulong AcceptedFeatures { get; private set; }

    /// <summary>The device status as the driver reads it.</summary>
    public DeviceStatus Status => NeedsReset ? status | DeviceStatus.NeedsReset : status;

    /// <summary>Whether the device stands still until its driver resets it.</summary>
    public bool NeedsReset => Volatile.Read(ref needsReset) != 0;

    /// <summary>What its queues have done.</summary>
    public IEnumerable<QueueActivity> Activity => queues.Select(queue => queue.Activity);

    /// <summary>Adds what its queues have done to sums of requests and bytes.</summary>
    public void AddActivity(ref long requests, ref long bytes)
    {
        foreach (Virtqueue queue in queues)
            queue.AddActivity(ref requests, ref bytes);
    }

    /// <summary>Says that a queue has something for the driver.</summary>
    public void RaiseQueueInterrupt() => RaiseInterrupt(QueueInterrupt);

    /// <summary>Changes the device's configuration as one, with a new generation (section 4.1.4.3.1). From any thread.</summary>
    public void ChangeConfiguration(Action change)
    {
        lock (configurationGate)
        {
            change();
            configurationGeneration++;
        }
    }

    /// <summary>Says that the configuration has changed, to a driver that is there to hear it. From any thread.</summary>
    public void RaiseConfigurationInterrupt()
    {
        if (Has(DeviceStatus.DriverOk))
            RaiseInterrupt(ConfigurationInterrupt);
    }

    /// <summary>The device gets into an error state: nothing is served until the driver resets it, and a driver that is at work is told (section 2.1.2).</summary>
    public void Break()
    {
        if (Interlocked.Exchange(ref needsReset, 1) != 0)
            return;
        foreach (Virtqueue queue in queues)
            queue.RequestStop();
        RaiseConfigurationInterrupt();
    }

    /// <summary>Sets a bit of the interrupt status, and only then raises the line (section 4.1.4.5.1).</summary>
    void RaiseInterrupt(int reason)
    {
        Interlocked.Or(ref isr, reason);
        host.RaiseInterrupt(device.Line);
    }

    public void StopQueues()
    {
        foreach (Virtqueue queue in queues)
            queue.Stop();
    }

    public void Reset()
    {
        if (host.IsVerbose)
            host.Verbose($"Resetting device {device.Name}");
        foreach (Virtqueue queue in queues)
            queue.Reset();
        AcceptedFeatures = 0;
        deviceFeatureSelect = driverFeatureSelect = 0;
        queueSelect = lastNotified = 0;
        featuresOkUnread = false;
        isr = 0;
        device.OnReset();
        Volatile.Write(ref needsReset, 0);
        status = DeviceStatus.None;   // last: the driver waits for it (section 4.1.4.3.1)
    }

    public uint Read(uint offset, uint mask)
    {
        switch (offset)
        {
            case <= DriverFeature + 3:
                if (!Has(DeviceStatus.Driver))
                    PassOver(DriverRule.FeatureReadAfterDriver, ("offset", offset), ("status", (byte)Status));
                RequireReadWidth(32, DeviceFeatureSelect, offset, mask);
                return offset switch
                {
                    DeviceFeatureSelect => deviceFeatureSelect,
                    DeviceFeature => FeatureWord(offered, deviceFeatureSelect),
                    DriverFeatureSelect => driverFeatureSelect,
                    _ => FeatureWord(AcceptedFeatures, driverFeatureSelect),
                };

            case MsixConfig or MsixConfig + 1:
                PassOver(DriverRule.NoMsixConfig, ("offset", offset));
                return NoVector;

            case NumQueues or NumQueues + 1:
                RequireReadWidth(16, NumQueues, offset, mask);
                return (uint)queues.Length;

            case StatusOffset:
                featuresOkUnread = false;
                RequireReadWidth(8, StatusOffset, offset, mask);
                return (byte)Status;

            case ConfigGeneration:
                RequireReadWidth(8, ConfigGeneration, offset, mask);
                lock (configurationGate)
                    return configurationGeneration;

            case < CommonSize:
                RequireDriver(offset);
                return ReadQueueRegister(offset, mask);

            case NotifyOffset or NotifyOffset + 1:
                if (!Has(DeviceStatus.DriverOk))
                    PassOver(DriverRule.NotifyAfterDriverOk, ("status", (byte)Status));
                RequireReadWidth(16, NotifyOffset, offset, mask);
                return lastNotified;

            case IsrOffset:
                if (mask != 0xFF)
                    PassOver(DriverRule.IsrReadWidth, ("offset", offset), ("mask", mask));
                return (uint)Interlocked.Exchange(ref isr, 0);

            case PaddingOffset:
                PassOver(DriverRule.PaddingUntouched, ("offset", offset));
                return 0;

            default:
                return ReadConfiguration(offset, mask);
        }
    }

    public void Write(uint offset, uint value, uint mask)
    {
        switch (offset)
        {
            case DeviceFeatureSelect:
                RequireFeatureWrite(offset, mask);
                deviceFeatureSelect = value;
                return;

            case DriverFeatureSelect:
                if (value > 1)
                    throw Violate(DriverRule.DriverFeatureSelectKnown, ("select", value));
                RequireFeatureWrite(offset, mask);
                driverFeatureSelect = value;
                return;

            case DriverFeature:
                AcceptFeatures(offset, value, mask);
                return;

            case StatusOffset:
                WriteStatus(offset, value, mask);
                return;

            case QueueSelect:
                RequireWriteWidth(16, offset, mask);
                queueSelect = (ushort)value;
                return;

            case QueueSize:
                WriteQueueSize(offset, value, mask);
                return;

            case QueueMsixVector:
                PassOver(DriverRule.NoMsixVector, ("vector", value));
                return;

            case QueueEnable:
                WriteQueueEnable(offset, value, mask);
                return;

            case QueueNotifyOff:
                PassOver(DriverRule.QueueNotifyOffReadOnly, ("value", value));
                return;

            case QueueDescLow or QueueDescHigh or QueueAvailLow or QueueAvailHigh or QueueUsedLow or QueueUsedHigh:
                WriteQueueAddress(offset, value, mask);
                return;

            case NotifyOffset:
                Notify(offset, value, mask);
                return;

            case IsrOffset:
                PassOver(DriverRule.IsrReadOnly, ("value", value));
                return;

            default:
                uint width = offset < ConfigurationOffset ? 0 : device.WritableWidth(offset - ConfigurationOffset);
                if (width == 0)
                {
                    PassOver(DriverRule.OffsetWritable, ("offset", offset), ("value", value));
                    return;
                }
                RequireWriteWidth(width, offset, mask);
                device.WriteConfiguration(offset - ConfigurationOffset, value);
                return;
        }
    }

    /// <summary>Makes the exception for a broken rule; the caller throws it.</summary>
    public DriverViolationException Violate(DriverRule rule, params ReadOnlySpan<(string Name, ulong Value)> values) => device.Violate(rule, null, values);

    /// <summary>A rule is broken that does no lasting harm: returns when the guest may go on.</summary>
    void PassOver(DriverRule rule, params ReadOnlySpan<(string Name, ulong Value)> values) => device.PassOver(rule, null, values);

    // Without the box that Enum.HasFlag makes until it is compiled to the end.
    bool Has(DeviceStatus bit) => (status & bit) != 0;

    Virtqueue? SelectedQueue => queueSelect < queues.Length ? queues[queueSelect] : null;

    bool TryGetSelectedQueue([NotNullWhen(true)] out Virtqueue? queue)
    {
        queue = SelectedQueue;
        if (queue is null)
            PassOver(DriverRule.SelectedQueueExists, ("queue", queueSelect));
        return queue is not null;
    }

    static uint FeatureWord(ulong features, uint select) => select switch
    {
        0 => (uint)features,
        1 => (uint)(features >> 32),
        _ => 0,
    };

    /// <summary>The access has the field's own width and begins at a field: fields of that width lie one after the other from <paramref name="firstField"/> on.</summary>
    void RequireReadWidth(uint width, uint firstField, uint offset, uint mask)
    {
        if (mask != WidthMask(width) || (offset - firstField) % (width / 8) != 0)
            PassOver(DriverRule.ReadWidth, ("width", width), ("offset", offset), ("mask", mask));
    }

    void RequireWriteWidth(uint width, uint offset, uint mask)
    {
        if (mask != WidthMask(width))
            throw Violate(DriverRule.WriteWidth, ("width", width), ("offset", offset), ("mask", mask));
    }

    static uint WidthMask(uint width) => uint.MaxValue >> (int)(32 - width);

    void RequireDriver(uint offset)
    {
        if (!Has(DeviceStatus.Driver))
            PassOver(DriverRule.ConfigurationReadAfterDriver, ("offset", offset), ("status", (byte)Status));
    }

    void RequireFeatureWrite(uint offset, uint mask)
    {
        if (!Has(DeviceStatus.Driver))
            throw Violate(DriverRule.FeatureWriteAfterDriver, ("offset", offset), ("status", (byte)Status));
        if (Has(DeviceStatus.FeaturesOk))
            throw Violate(DriverRule.FeatureWriteBeforeFeaturesOk, ("offset", offset), ("status", (byte)Status));
        RequireWriteWidth(32, offset, mask);
    }

    /// <summary>Queues are set up between FEATURES_OK, read back, and DRIVER_OK (section 3.1.1).</summary>
    void RequireQueueSetUp()
    {
        if (!Has(DeviceStatus.FeaturesOk))
            throw Violate(DriverRule.QueueSetUpAfterFeaturesOk, ("status", (byte)Status));
        if (featuresOkUnread)
            PassOver(DriverRule.FeaturesOkReadBackBeforeSetUp, ("status", (byte)Status));
    }

    uint ReadQueueRegister(uint offset, uint mask)
    {
        if (offset < QueueDescLow)
            RequireReadWidth(16, QueueSelect, offset, mask);
        else
            RequireReadWidth(32, QueueDescLow, offset, mask);
        if (offset == QueueSelect)
            return queueSelect;
        if (SelectedQueue is not { } queue)
            return 0;   // queue_size 0 says that there is none (section 4.1.4.3.1)
        return offset switch
        {
            QueueSize => queue.Size,
            QueueEnable => queue.Enabled ? 1u : 0,
            QueueDescLow => (uint)queue.DescriptorAddress,
            QueueDescHigh => (uint)(queue.DescriptorAddress >> 32),
            QueueAvailLow => (uint)queue.AvailableAddress,
            QueueAvailHigh => (uint)(queue.AvailableAddress >> 32),
            QueueUsedLow => (uint)queue.UsedAddress,
            QueueUsedHigh => (uint)(queue.UsedAddress >> 32),
            _ => 0,   // queue_msix_vector; queue_notify_off: all queues are notified at one address
        };
    }

    uint ReadConfiguration(uint offset, uint mask)
    {
        uint width = mask switch { 0xFF => 8, 0xFFFF => 16, _ => 32 };
        if ((ulong)offset + width / 8 > device.WindowSize)
        {
            PassOver(DriverRule.ReadInDevice, ("offset", offset), ("width", width), ("size", device.WindowSize));
            return uint.MaxValue & mask;
        }
        RequireDriver(offset);
        if (offset % (width / 8) != 0)
            PassOver(DriverRule.ConfigurationReadAligned, ("offset", offset), ("width", width));
        lock (configurationGate)
        {
            ReadOnlySpan<byte> field = device.Configuration.Slice((int)(offset - ConfigurationOffset), (int)(width / 8));
            uint value = 0;
            for (int i = field.Length - 1; i >= 0; i--)
                value = value << 8 | field[i];
            return value;
        }
    }

    void AcceptFeatures(uint offset, uint value, uint mask)
    {
        ulong accepted = driverFeatureSelect == 0
            ? AcceptedFeatures & ~(ulong)uint.MaxValue | value
            : AcceptedFeatures & uint.MaxValue | (ulong)value << 32;
        if ((accepted & ~offered) != 0)
            throw Violate(DriverRule.FeaturesOffered, ("accepted", accepted), ("offered", offered));
        RequireFeatureWrite(offset, mask);
        AcceptedFeatures = accepted;
    }

    void WriteStatus(uint offset, uint value, uint mask)
    {
        if (host.IsVerbose)
            host.Verbose($"{device.Name}: device status -> {CFormat.Hex(value)}");
        RequireWriteWidth(8, offset, mask);
        if (value == (uint)DeviceStatus.None)
        {
            Reset();
            return;
        }
        // A driver adds to what it has read, and may have read that the device needs a reset.
        DeviceStatus next = (DeviceStatus)value & (NeedsReset ? ~DeviceStatus.NeedsReset : (DeviceStatus)0xFF);
        (string, ulong) from = ("from", (byte)Status), to = ("to", value);
        if ((status & ~next) != 0)
            throw Violate(DriverRule.StatusBitsStay, from, to);
        if ((next & ~KnownStatus) != 0)
        {
            PassOver(DriverRule.StatusBitsKnown, from, to);
            next &= KnownStatus;
        }
        // A driver may give up at any point, and then says no more than that (section 2.1).
        DeviceStatus added = next & ~status & ~DeviceStatus.Failed;
        DeviceStatus? needed = added switch
        {
            DeviceStatus.None => status & ~DeviceStatus.Failed,
            DeviceStatus.Acknowledge => DeviceStatus.None,
            DeviceStatus.Driver => DeviceStatus.Acknowledge,
            DeviceStatus.FeaturesOk => DeviceStatus.Acknowledge | DeviceStatus.Driver,
            DeviceStatus.DriverOk => DeviceStatus.Acknowledge | DeviceStatus.Driver | DeviceStatus.FeaturesOk,
            _ => null,   // several at once
        };
        if (needed != (status & ~DeviceStatus.Failed))
            throw Violate(DriverRule.StatusInOrder, from, to);
        if (added == DeviceStatus.FeaturesOk)
        {
            CheckAcceptedFeatures();
            featuresOkUnread = true;
        }
        if (added == DeviceStatus.DriverOk && featuresOkUnread)
            PassOver(DriverRule.FeaturesOkReadBack, from, to);
        if (next.HasFlag(DeviceStatus.Failed) && !status.HasFlag(DeviceStatus.Failed))
            host.Warn($"{device.Name}: the guest's driver has given up the device");
        status = next;
        if (added == DeviceStatus.DriverOk)
            StartQueues();
    }

    void CheckAcceptedFeatures()
    {
        if ((AcceptedFeatures & VirtioFeature.Version1) == 0)
            throw Violate(DriverRule.VersionOneAccepted, ("accepted", AcceptedFeatures), ("offered", offered));
        foreach ((ulong feature, ulong needs) in device.FeatureNeeds)
        {
            if ((AcceptedFeatures & feature) != 0 && (AcceptedFeatures & needs) == 0)
                throw Violate(DriverRule.FeatureDependencies, ("feature", (ulong)BitOperations.TrailingZeroCount(feature)), ("accepted", AcceptedFeatures));
        }
    }

    void StartQueues()
    {
        device.OnReady();
        foreach (Virtqueue queue in queues)
        {
            if (queue.Enabled && !NeedsReset)
                queue.Start();
        }
    }

    void WriteQueueSize(uint offset, uint value, uint mask)
    {
        if (!TryGetSelectedQueue(out Virtqueue? queue))
            return;
        if (!BitOperations.IsPow2(value))
            throw Violate(DriverRule.QueueSizePowerOfTwo, ("size", value));
        if (value > Virtqueue.MaximumSize)
            throw Violate(DriverRule.QueueSizeInMaximum, ("size", value), ("maximum", Virtqueue.MaximumSize));
        if (queue.Enabled)
            throw Violate(DriverRule.QueueSizeOfLiveQueue, ("queue", queueSelect), ("size", value));
        RequireQueueSetUp();
        RequireWriteWidth(16, offset, mask);
        queue.Size = (ushort)value;
    }

    void WriteQueueEnable(uint offset, uint value, uint mask)
    {
        if (!TryGetSelectedQueue(out Virtqueue? queue))
            return;
        if (value != 1)
        {
            PassOver(DriverRule.QueueEnableIsOne, ("enable", value));
            return;
        }
        if (Has(DeviceStatus.DriverOk))
            throw Violate(DriverRule.QueueEnabledBeforeDriverOk, ("queue", queueSelect));
        RequireQueueSetUp();
        RequireWriteWidth(16, offset, mask);
        queue.Enable();
    }

    void WriteQueueAddress(uint offset, uint value, uint mask)
    {
        if (!TryGetSelectedQueue(out Virtqueue? queue))
            return;
        if (queue.Enabled)
            throw Violate(DriverRule.QueueAddressOfLiveQueue, ("queue", queueSelect), ("offset", offset));
        RequireQueueSetUp();
        RequireWriteWidth(32, offset, mask);
        switch (offset)
        {
            case QueueDescLow: queue.DescriptorAddress = Low(queue.DescriptorAddress, value); break;
            case QueueDescHigh: queue.DescriptorAddress = High(queue.DescriptorAddress, value); break;
            case QueueAvailLow: queue.AvailableAddress = Low(queue.AvailableAddress, value); break;
            case QueueAvailHigh: queue.AvailableAddress = High(queue.AvailableAddress, value); break;
            case QueueUsedLow: queue.UsedAddress = Low(queue.UsedAddress, value); break;
            default: queue.UsedAddress = High(queue.UsedAddress, value); break;
        }

        static ulong Low(ulong address, uint word) => address & ~(ulong)uint.MaxValue | word;
        static ulong High(ulong address, uint word) => address & uint.MaxValue | (ulong)word << 32;
    }

    void Notify(uint offset, uint value, uint mask)
    {
        if (value >= queues.Length)
        {
            PassOver(DriverRule.NotifiedQueueExists, ("queue", value));
            return;
        }
        if (!Has(DeviceStatus.DriverOk))
            PassOver(DriverRule.NotifyAfterDriverOk, ("queue", value), ("status", (byte)Status));
        RequireWriteWidth(16, offset, mask);
        lastNotified = (ushort)value;
        queues[value].Notify();
    }
}
