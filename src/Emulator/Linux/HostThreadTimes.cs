using System.Runtime.InteropServices;

namespace LguestPS.Emulator.Linux;

/// <summary>Processor time of threads that come and go, as the host's scheduler counts it (clock_gettime(2), pthread_getcpuclockid(3)).</summary>
/// <remarks>Where the host has no such clocks it stays zero.</remarks>
public sealed partial class HostThreadTimes
{
    readonly List<Span> present = [];   // also the lock
    long finished;

    /// <summary>The time of all threads so far. From any thread.</summary>
    public TimeSpan Total
    {
        get
        {
            lock (present)
            {
                long nanoseconds = finished;
                foreach (Span span in present)
                    nanoseconds += span.Nanoseconds;
                return TimeSpan.FromTicks(nanoseconds / TimeSpan.NanosecondsPerTick);
            }
        }
    }

    /// <summary>Counts the calling thread from now on, until it disposes what it gets.</summary>
    public Span Enter()
    {
        Span span = new(this);
        lock (present)
            present.Add(span);
        return span;
    }

    /// <summary>A thread that is being counted.</summary>
    public sealed class Span : IDisposable
    {
        readonly HostThreadTimes owner;
        readonly int? clock;
        readonly long start;

        internal Span(HostThreadTimes owner)
        {
            this.owner = owner;
            clock = OperatingSystem.IsLinux() && GetThreadClock(CurrentThread(), out int id) == 0 ? id : null;
            start = Read(clock);
        }

        // The thread lives: it takes itself off the list before it ends.
        internal long Nanoseconds => Read(clock) - start;

        /// <summary>The thread is no longer counted. On that thread.</summary>
        public void Dispose()
        {
            lock (owner.present)
                if (owner.present.Remove(this))
                    owner.finished += Nanoseconds;
        }

        static long Read(int? clock) => clock is int id && GetTime(id, out HostTime time) == 0 ? time.Seconds * 1_000_000_000 + time.Nanoseconds : 0;
    }

    /// <summary>struct timespec of a 64-bit host.</summary>
    struct HostTime
    {
        public nint Seconds;
        public nint Nanoseconds;
    }

    // Tmds.LibC has none of these.
    [LibraryImport("libc", EntryPoint = "pthread_self")]
    private static partial nint CurrentThread();

    [LibraryImport("libc", EntryPoint = "pthread_getcpuclockid")]
    private static partial int GetThreadClock(nint thread, out int clock);

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int GetTime(int clock, out HostTime time);
}
