using System.Runtime.InteropServices;
using Tmds.Linux;

namespace LguestPS.Emulator.Linux;

/// <summary>The terminal that the process was started on: standard input and output.</summary>
public sealed unsafe class HostTerminal : ITerminal
{
    const int StandardInput = 0, StandardOutput = 1;

    /// <inheritdoc/>
    public IDisposable? EnterRawMode()
    {
        termios settings;
        if (LibC.tcgetattr(StandardInput, &settings) < 0)
            return null;
        var restore = new SavedMode(settings);
        settings.c_lflag &= ~(LibC.ISIG | LibC.ICANON | LibC.ECHO);
        LibC.tcsetattr(StandardInput, (int)LibC.TCSANOW, &settings);
        return restore;
    }

    /// <inheritdoc/>
    public int Read(Span<byte> buffer, CancellationToken cancellation)
    {
        using var cancelled = new HostEvent();
        using CancellationTokenRegistration registration = cancellation.UnsafeRegister(static state => ((HostEvent)state!).Set(), cancelled);
        while (true)
        {
            if (!cancelled.WaitFor(StandardInput))
                cancellation.ThrowIfCancellationRequested();
            fixed (byte* start = buffer)
            {
                long length = LibC.read(StandardInput, start, (uint)buffer.Length);
                if (length >= 0)
                    return (int)length;
            }
            int error = LibC.errno;
            if (error != LibC.EINTR && error != LibC.EAGAIN)
                throw new HostCallException("read from the terminal", error);
        }
    }

    /// <inheritdoc/>
    public void Write(ReadOnlySpan<byte> output)
    {
        while (!output.IsEmpty)
        {
            fixed (byte* start = output)
            {
                long length = LibC.write(StandardOutput, start, (uint)output.Length);
                if (length >= 0)
                {
                    output = output[(int)length..];
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
        readonly termios saved;
        readonly PosixSignalRegistration[] signals;
        int restored;

        public SavedMode(termios settings)
        {
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
            LibC.tcsetattr(StandardInput, (int)LibC.TCSANOW, &settings);
        }
    }
}
