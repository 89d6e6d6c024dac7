using System.Collections.Frozen;
using System.Globalization;
using System.Text;

namespace LguestPS.Emulator.Devices;

/// <summary>What there is to know of a rule.</summary>
/// <param name="Rule">The rule's id.</param>
/// <param name="Section">The section of virtio 1.0 that states it; null where none does.</param>
/// <param name="Text">What is printed when it is broken: <c>{name}</c> stands for a value in decimal, <c>{name:x}</c> in hexadecimal as C's <c>%#x</c> has it.</param>
/// <param name="AboutQueue">Whether the message names the queue as well as the device.</param>
/// <param name="EndsGuest">Whether breaking it ends the guest; otherwise the access is refused.</param>
/// <param name="Recoverable">Whether a device whose guest may go on needs no reset: what was written is ignored, what was read is answered, and nothing lasting has gone wrong.</param>
public sealed record DriverRuleInfo(DriverRule Rule, string? Section, string Text, bool AboutQueue = false, bool EndsGuest = true, bool Recoverable = false);

/// <summary>The table of the rules: the one place that has their texts and sections.</summary>
public static class DriverRules
{
    /// <summary>Every rule, in the order of <see cref="DriverRule"/>. The first 54 are the founding launcher's.</summary>
    public static IReadOnlyList<DriverRuleInfo> All { get; } =
    [
        new(DriverRule.RequestTooShort, null, "iovec too short!"),
        new(DriverRule.AddressInMemory, null, "AddressInMemory: Invalid address {address:x}"),
        new(DriverRule.NextInTable, "2.4.5", "Desc next is {next}"),
        new(DriverRule.AvailableFlagsKnown, "2.4.7.1", "avail->flags = {flags}", AboutQueue: true, Recoverable: true),
        new(DriverRule.AvailableIndexInRange, "2.4.6", "Guest moved used index from {from} to {to}", AboutQueue: true),
        new(DriverRule.HeadInQueue, null, "Guest says index {index} is available", AboutQueue: true),
        new(DriverRule.IndirectNegotiated, "2.4.5.3.1", "vq indirect not negotiated", AboutQueue: true),
        new(DriverRule.IndirectNotNested, "2.4.5.3.1", "Indirect within indirect", AboutQueue: true),
        new(DriverRule.IndirectNotChained, "2.4.5.3.1", "indirect and next together", AboutQueue: true),
        new(DriverRule.IndirectSizeWhole, null, "Invalid size for indirect table", AboutQueue: true),
        new(DriverRule.IndirectFitsQueue, "2.4.5.3.1", "indirect has too many entries", AboutQueue: true),
        new(DriverRule.ReadableBeforeWritable, "2.4.4.2", "Descriptor has out after in", AboutQueue: true),
        new(DriverRule.ChainNotLooped, null, "Looped descriptor", AboutQueue: true),
        new(DriverRule.ConsoleInputIsWritable, "5.3.6.1", "Output buffers in console in queue?", AboutQueue: true),
        new(DriverRule.ConsoleOutputIsReadable, "5.3.6.1", "Input buffers in console output queue?", AboutQueue: true),
        new(DriverRule.NetTransmitIsReadable, null, "Input buffers in net output queue?", AboutQueue: true),
        new(DriverRule.NetReceiveIsWritable, null, "Output buffers in net input queue?", AboutQueue: true),
        new(DriverRule.BlockStatusHasRoom, null, "Bad virtblk cmd with no room for status", AboutQueue: true),
        new(DriverRule.BlockWriteInCapacity, "5.2.6.1", "Write past end {offset}+{length}", AboutQueue: true),
        new(DriverRule.EntropyBuffersAreWritable, "5.4.6.1", "Output buffers in rng?", AboutQueue: true),
        new(DriverRule.WindowReadInRegion, "4.1.4.7.2", "Invalid cfg_access to bar{bar}, offset {offset} len {length}", Recoverable: true),
        new(DriverRule.CapabilityWriteAllowed, "4.1.4.1", "Invalid write to configuration offset {offset}", EndsGuest: false),
        new(DriverRule.QueueAddressIs32Bit, "4.1.4.3.2", "invalid 64-bit queue address", AboutQueue: true),
        new(DriverRule.QueueAddressAligned, "2.4.1", "invalid alignment in queue addresses", AboutQueue: true),
        new(DriverRule.UsedFlagsStartZero, "2.4.9.1", "invalid initial used.flags {flags:x}", AboutQueue: true, Recoverable: true),
        new(DriverRule.DriverFeatureSelectKnown, "4.1.4.3.1", "Unexpected driver select {select}"),
        new(DriverRule.FeaturesOffered, "2.2.1", "over-accepted features {accepted:x} of {offered:x}"),
        new(DriverRule.StatusBitsStay, "2.1.1", "unset of device status bit {from:x} -> {to:x}"),
        new(DriverRule.StatusBitsKnown, "3.1.1", "unknown device status bit {from:x} -> {to:x}", Recoverable: true),
        new(DriverRule.StatusInOrder, "3.1.1", "unexpected status transition {from:x} -> {to:x}"),
        new(DriverRule.FeaturesOkReadBack, "3.1.1", "did not re-read FEATURES_OK", Recoverable: true),
        new(DriverRule.QueueSizePowerOfTwo, "4.1.4.3.2", "invalid queue size {size}"),
        new(DriverRule.QueueSizeOfLiveQueue, "4.1.4.3.2", "changing queue size on live device"),
        new(DriverRule.NoMsixVector, null, "attempt to set MSIX vector to {vector}", Recoverable: true),
        new(DriverRule.QueueEnableIsOne, "4.1.4.3.2", "setting queue_enable to {enable}", Recoverable: true),
        new(DriverRule.QueueEnabledBeforeDriverOk, "3.1.1", "enabling vq after DRIVER_OK"),
        new(DriverRule.QueueNotifyOffReadOnly, "4.1.4.3.2", "attempt to write to queue_notify_off", Recoverable: true),
        new(DriverRule.QueueAddressOfLiveQueue, "4.1.4.3.2", "changing queue on live device"),
        new(DriverRule.QueueSetUpAfterFeaturesOk, "3.1.1", "setting up vq before FEATURES_OK"),
        new(DriverRule.FeaturesOkReadBackBeforeSetUp, "3.1.1", "didn't re-read FEATURES_OK before setup", Recoverable: true),
        new(DriverRule.NotifiedQueueExists, null, "Invalid vq notification on {queue}", Recoverable: true),
        new(DriverRule.IsrReadOnly, null, "Unexpected write to isr", Recoverable: true),
        new(DriverRule.OffsetWritable, "4.1.4.3.2", "Unexpected write to offset {offset}", Recoverable: true),
        new(DriverRule.FeatureWriteAfterDriver, "3.1.1", "feature write before VIRTIO_CONFIG_S_DRIVER"),
        new(DriverRule.FeatureWriteBeforeFeaturesOk, "3.1.1", "feature write after VIRTIO_CONFIG_S_FEATURES_OK"),
        new(DriverRule.WriteWidth, "4.1.3.1", "non-{width}-bit write to offset {offset} ({eip:x})"),
        new(DriverRule.FeatureReadAfterDriver, "3.1.1", "feature read before VIRTIO_CONFIG_S_DRIVER", Recoverable: true),
        new(DriverRule.NoMsixConfig, null, "read of msix_config", Recoverable: true),
        new(DriverRule.NotifyAfterDriverOk, "3.1.1", "notify before VIRTIO_CONFIG_S_DRIVER_OK", Recoverable: true),
        new(DriverRule.IsrReadWidth, "4.1.3.1", "non-8-bit read from offset {offset} ({eip:x})", Recoverable: true),
        new(DriverRule.PaddingUntouched, null, "read from padding ({eip:x})", Recoverable: true),
        new(DriverRule.ReadInDevice, null, "read past end ({eip:x})", Recoverable: true),
        new(DriverRule.ConfigurationReadAfterDriver, "3.1.1", "config read before VIRTIO_CONFIG_S_DRIVER", Recoverable: true),
        new(DriverRule.ReadWidth, "4.1.3.1", "non-{width}-bit read to offset {offset} ({eip:x})", Recoverable: true),

        new(DriverRule.VersionOneAccepted, "6.1", "VIRTIO_F_VERSION_1 not accepted in {accepted:x}"),
        new(DriverRule.FeatureDependencies, "2.2.1", "feature {feature} accepted without what it needs in {accepted:x}"),
        new(DriverRule.QueueSizeInMaximum, "4.1.4.3", "queue size {size} above the maximum of {maximum}"),
        new(DriverRule.SelectedQueueExists, "4.1.4.3.2", "setting up vq {queue}, which does not exist", Recoverable: true),
        new(DriverRule.ConfigurationReadAligned, "4.1.3.1", "unaligned read of {width} bits from offset {offset} ({eip:x})", Recoverable: true),
        new(DriverRule.ChainBytesInRange, "2.4.5", "chain longer than 2^32 bytes", AboutQueue: true),
        new(DriverRule.BlockFlushSectorZero, "5.2.6.1", "flush of sector {sector}", AboutQueue: true, Recoverable: true),
        new(DriverRule.BlockDataWholeSectors, "5.2.6", "{length} bytes of data are not whole sectors", AboutQueue: true),
        new(DriverRule.NetChecksumNegotiated, "5.1.6.2.1", "checksum asked for without VIRTIO_NET_F_CSUM: flags {flags:x}", AboutQueue: true),
        new(DriverRule.NetSegmentationNegotiated, "5.1.6.2.1", "gso_type {type:x} not negotiated", AboutQueue: true),
    ];

    /// <summary>A rule's entry.</summary>
    public static DriverRuleInfo Describe(DriverRule rule) => All[(int)rule];

    /// <summary>Makes the object that says how a rule was broken.</summary>
    /// <param name="rule">The rule.</param>
    /// <param name="device">The device's name.</param>
    /// <param name="slot">Its PCI slot.</param>
    /// <param name="queue">The queue's name, where one is known.</param>
    /// <param name="eip">The guest's instruction pointer.</param>
    /// <param name="values">The offending values, by the names that the rule's text has.</param>
    internal static DriverViolation Violate(DriverRule rule, string device, int slot, string? queue, uint eip, params ReadOnlySpan<(string Name, ulong Value)> values)
    {
        DriverRuleInfo info = Describe(rule);
        var byName = new Dictionary<string, ulong>(values.Length);
        foreach ((string name, ulong value) in values)
            byName.Add(name, value);
        var message = new StringBuilder(device);
        if (info.AboutQueue && queue is not null)
            message.Append(" vq ").Append(queue);
        message.Append(": bad driver: ");
        AppendText(message, info.Text, byName, eip);
        return new(device, slot, queue, rule, info.Section, message.ToString(), byName.ToFrozenDictionary(), eip);
    }

    static void AppendText(StringBuilder message, string text, Dictionary<string, ulong> values, uint eip)
    {
        for (int at = 0; at < text.Length;)
        {
            int open = text.IndexOf('{', at);
            if (open < 0)
            {
                message.Append(text, at, text.Length - at);
                return;
            }
            int close = text.IndexOf('}', open);
            message.Append(text, at, open - at);
            string name = text[(open + 1)..close];
            bool hexadecimal = name.EndsWith(":x", StringComparison.Ordinal);
            if (hexadecimal)
                name = name[..^2];
            ulong value = name == "eip" ? eip : values[name];
            message.Append(hexadecimal ? CFormat.Hex(value) : value.ToString(CultureInfo.InvariantCulture));
            at = close + 1;
        }
    }
}
