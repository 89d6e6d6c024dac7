using Tmds.Linux;

namespace LguestPS.Emulator.Linux;

/// <summary>An event (eventfd) that one thread can wait for together with a file descriptor, and any thread can set.</summary>
sealed unsafe class HostEvent : IDisposable
{
    const short PollIn = 1;
    readonly Lock gate = new();
    readonly int descriptor;
    bool closed;

    /// <exception cref="HostCallException">The process has no descriptors left.</exception>
    public HostEvent()
    {
        descriptor = LibC.eventfd(0, LibC.EFD_CLOEXEC | LibC.EFD_NONBLOCK);
        if (descriptor < 0)
            throw new HostCallException("eventfd", LibC.errno);
    }

    /// <summary>Makes waits return until <see cref="Clear"/>.</summary>
    public void Set()
    {
        ulong one = 1;
        lock (gate)
        {
            if (!closed)
                LibC.write(descriptor, &one, sizeof(ulong));   // fails only when set 2^64 times
        }
    }

    /// <summary>Forgets that it was set.</summary>
    public void Clear()
    {
        ulong count;
        LibC.read(descriptor, &count, sizeof(ulong));   // fails when it was not set
    }

    /// <summary>Waits until a descriptor can be read, which the result says, or the event is set.</summary>
    /// <exception cref="HostCallException">The descriptor can't be waited for.</exception>
    public bool WaitFor(int other)
    {
        Span<pollfd> both = stackalloc pollfd[2];
        both[0] = new pollfd { fd = other, events = PollIn };
        both[1] = new pollfd { fd = descriptor, events = PollIn };
        fixed (pollfd* first = both)
        {
            while (LibC.poll(first, 2, -1) < 0)
            {
                int error = LibC.errno;
                if (error != LibC.EINTR)
                    throw new HostCallException("poll", error);
            }
        }
        return both[0].revents != 0 && both[1].revents == 0;
    }

    public void Dispose()
    {
        lock (gate)
        {
            if (closed)
                return;
            closed = true;
            LibC.close(descriptor);
        }
    }
}
