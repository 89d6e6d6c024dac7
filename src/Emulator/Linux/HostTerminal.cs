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
        // What cfmakeraw does: keys are the guest's terminal's to interpret, and output was made by it for this one.
        settings.c_iflag &= ~(LibC.IGNBRK | LibC.BRKINT | LibC.PARMRK | LibC.ISTRIP | LibC.INLCR | LibC.IGNCR | LibC.ICRNL | LibC.IXON);
        settings.c_oflag &= ~LibC.OPOST;
        settings.c_lflag &= ~(LibC.ISIG | LibC.ICANON | LibC.ECHO | LibC.ECHONL | LibC.IEXTEN);
        settings.c_cflag = settings.c_cflag & ~(LibC.CSIZE | LibC.PARENB) | LibC.CS8;
        settings.c_cc[LibC.VMIN] = 1;
        settings.c_cc[LibC.VTIME] = 0;
        LibC.tcsetattr(input, (int)LibC.TCSANOW, &settings);
        return restore;
    }

    /// <inheritdoc/>
    public (ushort Columns, ushort Rows)? WindowSize
    {
        get
        {
            winsize size;
            return LibC.ioctl(output, LibC.TIOCGWINSZ, &size) == 0 && size.ws_col != 0 && size.ws_row != 0 ? (size.ws_col, size.ws_row) : null;
        }
    }

    /// <inheritdoc/>
    public IDisposable WatchWindowSize(Action changed) => OperatingSystem.IsWindows()
        ? throw new PlatformNotSupportedException()
        : PosixSignalRegistration.Create(PosixSignal.SIGWINCH, _ => changed());

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
        // These end the process without an exit event.
        static readonly PosixSignal[] Ending = [PosixSignal.SIGTERM, PosixSignal.SIGHUP, PosixSignal.SIGQUIT];

        readonly int terminal;
        readonly termios saved;
        readonly PosixSignalRegistration[] signals;
        int restored;

        public SavedMode(int terminal, termios settings)
        {
            this.terminal = terminal;
            saved = settings;
            AppDomain.CurrentDomain.ProcessExit += OnExit;
            signals = [.. Ending.Select(signal => PosixSignalRegistration.Create(signal, _ => Restore()))];
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
