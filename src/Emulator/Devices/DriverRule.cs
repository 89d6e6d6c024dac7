namespace LguestPS.Emulator.Devices;

/// <summary>The rules that devices check, in the order of <see cref="DriverRules.All"/>, which has each rule's text and section.</summary>
public enum DriverRule
{
    /// <summary>A request is shorter than its header.</summary>
    RequestTooShort,
    /// <summary>An address plus a length leaves guest memory or wraps.</summary>
    AddressInMemory,
    /// <summary>A descriptor's next is outside its table.</summary>
    NextInTable,
    /// <summary>The available ring's flags are 0 or 1.</summary>
    AvailableFlagsKnown,
    /// <summary>No more new available entries than the queue holds.</summary>
    AvailableIndexInRange,
    /// <summary>An available head is inside the queue.</summary>
    HeadInQueue,
    /// <summary>Indirect descriptors need their feature.</summary>
    IndirectNegotiated,
    /// <summary>No indirect descriptor within an indirect table.</summary>
    IndirectNotNested,
    /// <summary>A descriptor is not both indirect and chained.</summary>
    IndirectNotChained,
    /// <summary>An indirect table is one or more whole descriptors.</summary>
    IndirectSizeWhole,
    /// <summary>A chain, with its indirect table, is no longer than the queue.</summary>
    IndirectFitsQueue,
    /// <summary>Readable descriptors come before writable ones.</summary>
    ReadableBeforeWritable,
    /// <summary>A chain is no longer than its table.</summary>
    ChainNotLooped,
    /// <summary>The console's input queue has writable buffers only.</summary>
    ConsoleInputIsWritable,
    /// <summary>The console's output queue has readable buffers only.</summary>
    ConsoleOutputIsReadable,
    /// <summary>A network transmit queue has readable buffers only.</summary>
    NetTransmitIsReadable,
    /// <summary>A network receive queue has writable buffers only.</summary>
    NetReceiveIsWritable,
    /// <summary>A block request has room for its status byte.</summary>
    BlockStatusHasRoom,
    /// <summary>A block write ends at or before the disk's end.</summary>
    BlockWriteInCapacity,
    /// <summary>The entropy queue has writable buffers only.</summary>
    EntropyBuffersAreWritable,
    /// <summary>pci_cfg_data is read with the capability naming 1, 2 or 4 aligned bytes of the device's region.</summary>
    WindowReadInRegion,
    /// <summary>Only the PCI configuration access capability is written, and pci_cfg_data only with a valid region. Such a write is refused; the guest lives.</summary>
    CapabilityWriteAllowed,
    /// <summary>Queue addresses are below 4 GB.</summary>
    QueueAddressIs32Bit,
    /// <summary>Queue parts are aligned to 16, 2 and 4 bytes.</summary>
    QueueAddressAligned,
    /// <summary>The used ring's flags are 0 when the queue is enabled.</summary>
    UsedFlagsStartZero,
    /// <summary>driver_feature_select is 0 or 1.</summary>
    DriverFeatureSelectKnown,
    /// <summary>No feature is accepted that was not offered.</summary>
    FeaturesOffered,
    /// <summary>Status bits are cleared by reset only.</summary>
    StatusBitsStay,
    /// <summary>Status bits exist.</summary>
    StatusBitsKnown,
    /// <summary>Status bits are set one by one and in order.</summary>
    StatusInOrder,
    /// <summary>FEATURES_OK is read back before DRIVER_OK.</summary>
    FeaturesOkReadBack,
    /// <summary>A queue size is a power of two.</summary>
    QueueSizePowerOfTwo,
    /// <summary>An enabled queue keeps its size.</summary>
    QueueSizeOfLiveQueue,
    /// <summary>No MSI-X vector is set: there is no such capability.</summary>
    NoMsixVector,
    /// <summary>queue_enable is only ever set to 1.</summary>
    QueueEnableIsOne,
    /// <summary>Queues are enabled before DRIVER_OK.</summary>
    QueueEnabledBeforeDriverOk,
    /// <summary>queue_notify_off is read only.</summary>
    QueueNotifyOffReadOnly,
    /// <summary>An enabled queue keeps its addresses.</summary>
    QueueAddressOfLiveQueue,
    /// <summary>Queues are set up after FEATURES_OK.</summary>
    QueueSetUpAfterFeaturesOk,
    /// <summary>FEATURES_OK is read back before queues are set up.</summary>
    FeaturesOkReadBackBeforeSetUp,
    /// <summary>A notification names a queue that exists.</summary>
    NotifiedQueueExists,
    /// <summary>The interrupt status is read only.</summary>
    IsrReadOnly,
    /// <summary>Read-only fields are not written.</summary>
    OffsetWritable,
    /// <summary>Features are written after DRIVER.</summary>
    FeatureWriteAfterDriver,
    /// <summary>Features are written before FEATURES_OK.</summary>
    FeatureWriteBeforeFeaturesOk,
    /// <summary>A field is written with its own width.</summary>
    WriteWidth,
    /// <summary>Features are read after DRIVER.</summary>
    FeatureReadAfterDriver,
    /// <summary>msix_config is not read: there is no such capability.</summary>
    NoMsixConfig,
    /// <summary>Notifications come after DRIVER_OK.</summary>
    NotifyAfterDriverOk,
    /// <summary>The interrupt status is read as a byte.</summary>
    IsrReadWidth,
    /// <summary>The padding byte is not read.</summary>
    PaddingUntouched,
    /// <summary>Reads end at or before the device's end.</summary>
    ReadInDevice,
    /// <summary>Device configuration is read after DRIVER.</summary>
    ConfigurationReadAfterDriver,
    /// <summary>A field is read with its own width.</summary>
    ReadWidth,

    /// <summary>VERSION_1 is accepted when it is offered. Like the rules that follow, the founding launcher does not check it.</summary>
    VersionOneAccepted,
    /// <summary>A feature is accepted only with what it needs.</summary>
    FeatureDependencies,
    /// <summary>A queue size is no larger than the device offers.</summary>
    QueueSizeInMaximum,
    /// <summary>Only queues that exist are set up.</summary>
    SelectedQueueExists,
    /// <summary>Device configuration is read aligned to the width of the access.</summary>
    ConfigurationReadAligned,
    /// <summary>A chain has no more than 2^32 bytes.</summary>
    ChainBytesInRange,
    /// <summary>A flush names sector 0.</summary>
    BlockFlushSectorZero,
    /// <summary>A block read or write has whole sectors of data.</summary>
    BlockDataWholeSectors,
    /// <summary>A packet asks for a checksum only if that was negotiated.</summary>
    NetChecksumNegotiated,
    /// <summary>A packet asks for segmentation only if that was negotiated.</summary>
    NetSegmentationNegotiated,
}
