using System.Buffers.Binary;
using LguestPS.Emulator.Time;

namespace LguestPS.Emulator.Devices;

/// <summary>The guest's console: two queues, and a word for a kernel to print by before it has any (virtio 1.0, section 5.3).</summary>
/// <param name="backend">The host's side.</param>
/// <param name="clock">The user's time, by which three ^C are close to each other.</param>
/// <param name="hasSize">Whether it tells the driver the size of its window.</param>
public sealed class ConsoleDevice(IConsoleBackend backend, IClock clock, bool hasSize = false) : VirtioDevice(DeviceType.Console, PciClass.Serial)
{
    const ulong SizeFeature = 1 << 0, EmergencyWriteFeature = 1 << 2;
    const int ColumnsOffset = 0, RowsOffset = 2, EmergencyWriteOffset = 8;
    const byte ControlC = 3;

    // max_nr_ports u32, and without SizeFeature cols u16 and rows u16, belong to features that aren't offered and stay 0.
    readonly byte[] configuration = new byte[12];
    readonly Lock sizeGate = new();
    bool closed, firstInput;
    int interrupts;
    long firstInterruptSecond;

    /// <summary>A console that lives in the host's time.</summary>
    public ConsoleDevice(IConsoleBackend backend, bool hasSize = false) : this(backend, new HostClock(), hasSize)
    {
    }

    /// <inheritdoc/>
    protected internal override IEnumerable<VirtqueueService> Queues => [new("input", Input, Waits: true), new("output", Output)];

    /// <inheritdoc/>
    protected internal override ulong Features => hasSize ? EmergencyWriteFeature | SizeFeature : EmergencyWriteFeature;

    /// <inheritdoc/>
    protected internal override ReadOnlySpan<byte> Configuration => configuration;

    /// <inheritdoc/>
    protected internal override uint WritableWidth(uint offset) => offset == EmergencyWriteOffset ? 32u : 0;

    /// <inheritdoc/>
    protected internal override void WriteConfiguration(uint offset, uint value)
    {
        backend.Write([(byte)value]);
        BinaryPrimitives.WriteUInt32LittleEndian(configuration.AsSpan(EmergencyWriteOffset), value);
    }

    /// <inheritdoc/>
    protected override void OnAttached()
    {
        if (!hasSize)
            return;
        backend.Resized += TellSize;
        TellSize();
    }

    /// <inheritdoc/>
    protected internal override void OnReady() => firstInput = (AcceptedFeatures & SizeFeature) != 0;

    /// <inheritdoc/>
    protected override void Close()
    {
        backend.Resized -= TellSize;
        lock (sizeGate)
            closed = true;
    }

    /// <summary>Puts the window's size into the configuration and says so to the driver (section 5.3.4).</summary>
    void TellSize()
    {
        lock (sizeGate)
        {
            if (closed)
                return;   // the machine that it would interrupt is being taken apart
            ConsoleSize size = backend.Size;
            ChangeConfiguration(() =>
            {
                BinaryPrimitives.WriteUInt16LittleEndian(configuration.AsSpan(ColumnsOffset), size.Columns);
                BinaryPrimitives.WriteUInt16LittleEndian(configuration.AsSpan(RowsOffset), size.Rows);
            });
            if ((AcceptedFeatures & SizeFeature) != 0)
                RaiseConfigurationInterrupt();
        }
    }

    void Input(DescriptorChain chain)
    {
        chain.RequireNoReadable(DriverRule.ConsoleInputIsWritable);
        int length = 0;
        bool controlC = false;
        foreach (Span<byte> buffer in chain.Writable)
        {
            length = backend.Read(buffer, chain.Stopping);
            if (length == 0)
            {
                Host.Warn("Failed to get console input, ignoring console.");
                chain.Stopping.WaitHandle.WaitOne();
                chain.Stopping.ThrowIfCancellationRequested();
            }
            controlC = length == 1 && buffer[0] == ControlC;
            break;   // what more there is comes in the next request
        }
        chain.Complete((uint)length);
        if (firstInput)
        {
            // Linux looks at the size only when it is told of a change, and forgets it while its terminal is not set up. By now it is.
            firstInput = false;
            TellSize();
        }
        chain.Interrupt();
        CountInterrupts(controlC);
    }

    /// <summary>Three ^C within a second end the guest. Each must be alone in its buffer, so they can't come too fast; and they can't be too slow.</summary>
    void CountInterrupts(bool controlC)
    {
        interrupts = controlC ? interrupts + 1 : 0;
        if (interrupts == 0)
            return;
        long second = clock.MonotonicNanoseconds / 1_000_000_000;
        if (interrupts == 1)
            firstInterruptSecond = second;
        if (interrupts < 3)
            return;
        interrupts = 0;
        if (second <= firstInterruptSecond + 1)
            backend.Abort();
    }

    void Output(DescriptorChain chain)
    {
        chain.RequireNoWritable(DriverRule.ConsoleOutputIsReadable);
        foreach (Span<byte> buffer in chain.Readable)
            backend.Write(buffer);
        chain.Complete(0);
    }
}
