using System.Runtime.InteropServices;
using LguestPS.Emulator.Linux;
using LguestPS.Emulator.Memory;
using Microsoft.Win32.SafeHandles;

namespace LguestPS.Emulator.Devices;

/// <summary>The bytes behind a block device. Used by one thread at a time.</summary>
public abstract class DiskImage : IDisposable
{
    /// <summary>Bytes, fixed while it is open.</summary>
    public abstract long Length { get; }

    /// <summary>Fills the buffer from an offset on; what lies beyond the end is left out, and the number of bytes that there were is returned.</summary>
    /// <exception cref="IOException">The host could not read.</exception>
    public abstract int Read(Span<byte> buffer, long offset);

    /// <summary>Writes all of the buffer, which lies within <see cref="Length"/>.</summary>
    /// <exception cref="IOException">The host could not write.</exception>
    public abstract void Write(ReadOnlySpan<byte> buffer, long offset);

    /// <summary>Fills buffers, one after the other, as <see cref="Read(Span{byte}, long)"/> fills one.</summary>
    /// <exception cref="IOException">The host could not read.</exception>
    public virtual long Read(ReadOnlySpan<HostBuffer> buffers, long offset)
    {
        long done = 0;
        foreach (HostBuffer buffer in buffers)
        {
            int count = Read(buffer.Bytes, offset + done);
            done += count;
            if (count < buffer.Bytes.Length)
                break;
        }
        return done;
    }

    /// <summary>Writes buffers, one after the other, as far as they lie within <see cref="Length"/>, and returns the number of bytes written.</summary>
    /// <exception cref="IOException">The host could not write.</exception>
    public virtual long Write(ReadOnlySpan<HostBuffer> buffers, long offset)
    {
        long done = 0;
        foreach (HostBuffer buffer in buffers)
        {
            int count = (int)Math.Clamp(Length - (offset + done), 0, buffer.Bytes.Length);
            Write(buffer.Bytes[..count], offset + done);
            done += count;
            if (count < buffer.Bytes.Length)
                break;
        }
        return done;
    }

    /// <summary>Returns when all that was written is on stable storage.</summary>
    /// <exception cref="IOException">The host could not do that.</exception>
    public abstract void Flush();

    /// <inheritdoc/>
    public abstract void Dispose();
}

/// <summary>A disk that is a file, or a block device of the host.</summary>
/// <param name="handle">The open file, disposed with the disk.</param>
/// <param name="length">Its bytes: a block device doesn't tell them as a file does.</param>
/// <param name="readOnly">It is open for reading only.</param>
sealed class FileDisk(SafeFileHandle handle, long length, bool readOnly) : DiskImage
{
    public override long Length => length;

    public override int Read(Span<byte> buffer, long offset)
    {
        if (offset >= length)
            return 0;
        int wanted = (int)Math.Min(buffer.Length, length - offset), done = 0;
        while (done < wanted)
        {
            int count = RandomAccess.Read(handle, buffer[done..wanted], offset + done);
            if (count == 0)
                break;   // somebody has cut the file
            done += count;
        }
        return done;
    }

    public override void Write(ReadOnlySpan<byte> buffer, long offset) => RandomAccess.Write(handle, buffer, offset);

    // One system call does a whole request as a rule. What it leaves over, or fails at, is done piece by piece, which has the error messages too.
    public override long Read(ReadOnlySpan<HostBuffer> buffers, long offset)
        => IsWithin(buffers, offset) && ScatteredIO.Read(handle, buffers, offset) == BytesOf(buffers) ? BytesOf(buffers) : base.Read(buffers, offset);

    public override long Write(ReadOnlySpan<HostBuffer> buffers, long offset)
        => IsWithin(buffers, offset) && ScatteredIO.Write(handle, buffers, offset) == BytesOf(buffers) ? BytesOf(buffers) : base.Write(buffers, offset);

    bool IsWithin(ReadOnlySpan<HostBuffer> buffers, long offset) => OperatingSystem.IsLinux() && buffers.Length > 1 && offset <= length - BytesOf(buffers);

    static long BytesOf(ReadOnlySpan<HostBuffer> buffers)
    {
        long sum = 0;
        foreach (HostBuffer buffer in buffers)
            sum += buffer.Bytes.Length;
        return sum;
    }

    public override void Flush()
    {
        if (!readOnly)
            RandomAccess.FlushToDisk(handle);
    }

    public override void Dispose()
    {
        try
        {
            if (!handle.IsClosed)
                Flush();   // a guest that ends has its disk written
        }
        catch (IOException)
        {
            // The host's disk is failing; the guest that could be told is gone.
        }
        handle.Dispose();
    }
}

/// <summary>A disk whose writes are kept in memory and thrown away with it: the one below is never changed.</summary>
/// <param name="below">The disk that is read where nothing was written; disposed with this one.</param>
sealed class SnapshotDisk(DiskImage below) : DiskImage
{
    const int ClusterBytes = 4096;

    readonly Dictionary<long, byte[]> clusters = [];

    public override long Length => below.Length;

    public override int Read(Span<byte> buffer, long offset)
    {
        int done = 0;
        while (done < buffer.Length && offset + done < Length)
        {
            Span<byte> piece = Piece(buffer[done..], offset + done, out long cluster, out int start);
            int count = (int)Math.Min(piece.Length, Length - (offset + done));
            if (clusters.TryGetValue(cluster, out byte[]? written))
                written.AsSpan(start, count).CopyTo(piece);
            else
                count = below.Read(piece[..count], offset + done);
            if (count == 0)
                break;
            done += count;
        }
        return done;
    }

    public override void Write(ReadOnlySpan<byte> buffer, long offset)
    {
        while (!buffer.IsEmpty)
        {
            long cluster = offset / ClusterBytes;
            int start = (int)(offset % ClusterBytes), count = Math.Min(ClusterBytes - start, buffer.Length);
            ref byte[]? written = ref CollectionsMarshal.GetValueRefOrAddDefault(clusters, cluster, out _);
            if (written is null)
            {
                written = new byte[ClusterBytes];
                if (count < ClusterBytes)
                    below.Read(written, cluster * ClusterBytes);
            }
            buffer[..count].CopyTo(written.AsSpan(start));
            buffer = buffer[count..];
            offset += count;
        }
    }

    public override void Flush()
    {
        // Nothing is meant to last.
    }

    public override void Dispose()
    {
        clusters.Clear();
        below.Dispose();
    }

    /// <summary>The part of a buffer that lies in the cluster of its first byte.</summary>
    static Span<byte> Piece(Span<byte> buffer, long offset, out long cluster, out int start)
    {
        cluster = Math.DivRem(offset, ClusterBytes, out long within);
        start = (int)within;
        return buffer[..Math.Min(buffer.Length, ClusterBytes - start)];
    }
}
