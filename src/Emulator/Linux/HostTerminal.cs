using System.Runtime.InteropServices;
using Tmds.Linux;

namespace LguestPS.Emulator.Linux;

/// <summary>A terminal of the host: the one that the process was started on, if no other is named.</summary>
public sealed unsafe class HostTerminal : ITerminal
{
    readonly int input, output;

    /// <summary>The terminal of standard input and output.</summary>
    public HostTerminal() : this(0, 1)
    {
    }

    /// <summary>The terminal of two open descriptors, which stay the caller's.</summary>
    internal HostTerminal(int input, int output) => (this.input, this.output) = (input, output);

    /// <inheritdoc/>
    public IDisposable? EnterRawMode()
    {
        termios settings;
        if (LibC.tcgetattr(input, &settings) < 0)
            return null;
        var restore = new SavedMode(input, settings);
        settings.c_lflag &= ~(LibC.ISIG | LibC.ICANON | LibC.ECHO);
        LibC.tcsetattr(input, (int)LibC.TCSANOW, &settings);
        return restore;
    }

    /// <inheritdoc/>
    public int Read(Span<byte> buffer, CancellationToken cancellation)
    {
        using var cancelled = new HostEvent();
        using CancellationTokenRegistration registration = cancellation.UnsafeRegister(static state => ((HostEvent)state!).Set(), cancelled);
        while (true)
        {
            if (!cancelled.WaitFor(input))
                cancellation.ThrowIfCancellationRequested();
            fixed (byte* start = buffer)
            {
                long length = LibC.read(input, start, (uint)buffer.Length);
                if (length >= 0)
                    return (int)length;
            }
            int error = LibC.errno;
            if (error != LibC.EINTR && error != LibC.EAGAIN)
                throw new HostCallException("read from the terminal", error);
        }
    }

    /// <inheritdoc/>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            fixed (byte* start = bytes)
            {
                long length = LibC.write(output, start, (uint)bytes.Length);
                if (length >= 0)
                {
                    bytes = bytes[(int)length..];
                    continue;
                }
            }
            int error = LibC.errno;
            if (error == LibC.EAGAIN)
                Thread.Sleep(1);
            else if (error != LibC.EINTR)
                throw new HostCallException("write to the terminal", error);
        }
    }

    /// <summary>Puts the terminal back as it was, at the latest when the process ends.</summary>
    sealed class SavedMode : IDisposable
    {
        readonly int terminal;
        readonly termios saved;
        readonly PosixSignalRegistration[] signals;
        int restored;

        public SavedMode(int terminal, termios settings)
        {
            this.terminal = terminal;
            saved = settings;
            AppDomain.CurrentDomain.ProcessExit += OnExit;
            // These end the process without an exit event.
            signals = [PosixSignalRegistration.Create(PosixSignal.SIGTERM, _ => Restore()), PosixSignalRegistration.Create(PosixSignal.SIGHUP, _ => Restore())];
        }

        public void Dispose()
        {
            AppDomain.CurrentDomain.ProcessExit -= OnExit;
            foreach (PosixSignalRegistration signal in signals)
                signal.Dispose();
            Restore();
        }

        void OnExit(object? sender, EventArgs e) => Restore();

        void Restore()
        {
            if (Interlocked.Exchange(ref restored, 1) != 0)
                return;
            termios settings = saved;
            LibC.tcsetattr(terminal, (int)LibC.TCSANOW, &settings);
        }
    }
}
