using System.Text;
using System.Text.RegularExpressions;
using LguestPS.Emulator.Devices;
using Xunit;

namespace LguestPS.Emulator.Tests.Devices;

/// <summary>The console's transcript and the ways to wait for it.</summary>
public sealed class ConsoleBufferTests
{
    static readonly TimeSpan Long = TimeSpan.FromSeconds(20), Short = TimeSpan.FromMilliseconds(30);

    readonly ConsoleBuffer console = new();

    static void Later(Action action) => new Thread(() =>
    {
        Thread.Sleep(30);
        action();
    }).Start();

    [Fact]
    public void New_output_is_read_from_a_position_on()
    {
        long position = 0;
        console.Write("one "u8);
        Assert.Equal("one ", console.ReadText(ref position));
        Assert.Equal("", console.ReadText(ref position));
        console.Write("two"u8);
        Assert.Equal("two", console.ReadText(ref position));
        Assert.Equal(7, position);
    }

    [Fact]
    public void The_transcript_keeps_its_last_part()
    {
        byte[] line = Encoding.ASCII.GetBytes(new string('x', 1023) + "\n");
        int lines = ConsoleBuffer.Capacity / line.Length + 10;
        for (int i = 0; i < lines; i++)
        {
            line[0] = (byte)('a' + i % 26);
            console.Write(line);
        }
        Assert.Equal((long)lines * line.Length, console.End);
        Assert.Equal(console.End - ConsoleBuffer.Capacity, console.Start);
        byte[] first = new byte[1];
        long position = 0;
        console.ReadBytes(ref position, first);
        Assert.Equal('a' + 10 % 26, first[0]);
        Assert.Equal(console.Start + 1, position);
    }

    [Fact]
    public void One_write_larger_than_the_transcript_leaves_its_end()
    {
        byte[] much = new byte[ConsoleBuffer.Capacity + 5];
        much[^1] = (byte)'!';
        console.Write("before"u8);
        console.Write(much);
        Assert.Equal(much.Length + 6, console.End);
        Assert.Equal(console.End - ConsoleBuffer.Capacity, console.Start);
        long position = console.End - 1;
        Assert.Equal("!", console.ReadText(ref position));
    }

    [Fact]
    public void Text_is_found_where_it_is_and_across_writes()
    {
        console.Write("boot\nlogin"u8);
        Later(() => console.Write(": more"u8));
        ConsoleMatch? match = console.WaitForText("login: ", 0, Long);
        Assert.NotNull(match);
        Assert.Equal((5, 12), (match.Start, match.End));
        Assert.Equal((5, 12), console.WaitForText("login: ", 5, TimeSpan.Zero) is { } again ? (again.Start, again.End) : default);
        Assert.Null(console.WaitForText("login: ", 6, TimeSpan.Zero));
    }

    [Fact]
    public void A_pattern_is_waited_for_with_its_groups()
    {
        Later(() => console.Write("uptime=12 s\n"u8));
        ConsoleMatch? match = console.WaitForMatch(new Regex(@"uptime=(\d+) s"), 0, Long);
        Assert.Equal("12", match!.Match.Groups[1].Value);
    }

    [Fact]
    public void Positions_count_bytes_whatever_the_text()
    {
        console.Write("é ü: "u8);
        console.Write([0xFF, 0xC3, 0x20, 0xE2, 0x82]);   // no UTF-8
        console.Write("ok"u8);
        ConsoleMatch match = console.WaitForText("ok", 0, TimeSpan.Zero)!;
        Assert.Equal(console.End - 2, match.Start);
        long position = match.Start;
        Assert.Equal("ok", console.ReadText(ref position));
    }

    [Fact]
    public void Much_output_does_not_hide_a_late_match()
    {
        Later(() =>
        {
            byte[] line = Encoding.ASCII.GetBytes(new string('.', 99) + "\n");
            for (int i = 0; i < 2000; i++)
                console.Write(line);
            console.Write("# "u8);
        });
        ConsoleMatch match = console.WaitForText("# ", 0, Long)!;
        Assert.Equal(200_000, match.Start);
    }

    [Fact]
    public void Waiting_ends_when_time_is_up()
    {
        Assert.Null(console.WaitForText("never", 0, Short));
        Assert.False(console.WaitForOutput(0, Short));
    }

    [Fact]
    public void Waiting_ends_when_it_is_cancelled()
    {
        using var cancel = new CancellationTokenSource();
        Later(cancel.Cancel);
        Assert.ThrowsAny<OperationCanceledException>(() => console.WaitForText("never", 0, Timeout.InfiniteTimeSpan, cancel.Token));
        Assert.ThrowsAny<OperationCanceledException>(() => console.WaitForOutput(0, Timeout.InfiniteTimeSpan, cancel.Token));
        Assert.ThrowsAny<OperationCanceledException>(() => console.Read(new byte[1], cancel.Token));
    }

    [Fact]
    public void Waiting_ends_when_the_guest_does()
    {
        Later(console.Close);
        Assert.Null(console.WaitForText("never", 0, Timeout.InfiniteTimeSpan));
        Assert.True(console.IsClosed);
        Assert.False(console.WaitForOutput(0, Timeout.InfiniteTimeSpan));
        Assert.Equal(0, console.Read(new byte[1], CancellationToken.None));
    }

    [Fact]
    public void What_was_printed_last_is_found_after_the_end()
    {
        console.Write("Power down"u8);
        console.Close();
        Assert.NotNull(console.WaitForText("Power down", 0, Timeout.InfiniteTimeSpan));
    }

    [Fact]
    public void Each_sending_is_taken_by_itself_and_long_ones_in_parts()
    {
        console.Send([3]);
        console.Send([3]);
        console.Send("abc"u8);
        byte[] buffer = new byte[2];
        Assert.Equal(1, console.Read(buffer, CancellationToken.None));
        Assert.Equal(1, console.Read(buffer, CancellationToken.None));
        Assert.Equal(2, console.Read(buffer, CancellationToken.None));
        Assert.Equal("ab"u8, buffer);
        Assert.Equal(1, console.Read(buffer, CancellationToken.None));
        Assert.Equal((byte)'c', buffer[0]);
    }

    [Fact]
    public void Output_is_announced()
    {
        int times = 0;
        console.OutputWritten += () => times++;
        console.Write("a"u8);
        console.Write("b"u8);
        Assert.Equal(2, times);
    }

    [Fact]
    public void A_mirror_shows_old_and_new_output_until_it_is_disposed()
    {
        var shown = new ShownBytes();
        console.Write("old "u8);
        using (console.Attach(shown.Add, 0))
        {
            console.Write("new"u8);
            Assert.True(SpinWait.SpinUntil(() => shown.Length == 7, Long));
        }
        console.Write(" later"u8);
        Assert.Equal("old new"u8, shown.ToArray());
    }

    [Fact]
    public void A_mirror_that_is_disposed_has_shown_all_that_was_printed_before()
    {
        var shown = new ShownBytes();
        byte[] much = new byte[1 << 20];
        Random.Shared.NextBytes(much);
        ConsoleMirror mirror = console.Attach(shown.Add, 0);
        console.Write(much);
        mirror.Dispose();
        Assert.Equal(much, shown.ToArray());
        Assert.Equal(much.Length, mirror.Position);
        Assert.Equal(0, mirror.Lost);
        Assert.Null(mirror.Failure);
    }

    [Fact]
    public void A_mirror_that_is_too_slow_counts_what_it_lost_and_holds_nobody_up()
    {
        using var first = new ManualResetEventSlim();
        using var goOn = new ManualResetEventSlim();
        long count = 0;
        using ConsoleMirror mirror = console.Attach(bytes =>
        {
            first.Set();
            goOn.Wait();
            count += bytes.Length;
        }, 0);
        console.Write("x"u8);
        Assert.True(first.Wait(Long));
        console.Write(new byte[ConsoleBuffer.Capacity]);
        console.Write(new byte[1000]);
        goOn.Set();
        mirror.Dispose();
        Assert.Equal(1000, mirror.Lost);
        Assert.Equal(ConsoleBuffer.Capacity + 1, count);
    }

    [Fact]
    public void A_mirror_ends_when_what_it_shows_on_fails_and_says_why()
    {
        var gone = new IOException("gone");
        using ConsoleMirror mirror = console.Attach(_ => throw gone, 0);
        console.Write("a"u8);
        Assert.True(SpinWait.SpinUntil(() => mirror.Failure == gone, Long));
        console.Write("b"u8);
        Assert.Equal(0, mirror.Position);
    }

    [Fact]
    public void The_tail_begins_at_a_line_and_what_was_between_two_positions_can_be_read()
    {
        console.Write("first\nsecond\nthird"u8);
        Assert.Equal("third", console.ReadTail(8));
        Assert.Equal("first\nsecond\nthird", console.ReadTail(1000));
        Assert.Equal("second", console.ReadText(6, 12));
        Assert.Equal("third", console.ReadText(13, 1000));
    }

    [Fact]
    public void It_is_known_where_the_output_was_when_something_was_typed()
    {
        console.Write("/ # "u8);
        Assert.Equal(0, console.Sent);
        console.Send("ls\n"u8);
        console.Write("bin"u8);
        Assert.Equal(4, console.Sent);
    }

    [Fact]
    public void Each_resize_is_told()
    {
        List<ConsoleSize> told = [];
        console.Resized += () => told.Add(console.Size);
        Assert.Equal(ConsoleSize.Default, console.Size);
        console.Resize(new(132, 43));
        console.Resize(new(132, 43));
        Assert.Equal([new(132, 43), new(132, 43)], told);
    }

    [Theory]
    [InlineData("80x25", 80, 25)]
    [InlineData("132X43", 132, 43)]
    [InlineData("65535x1", 65535, 1)]
    public void A_size_reads_what_it_writes(string text, int columns, int rows)
    {
        ConsoleSize size = ConsoleSize.Parse(text);
        Assert.Equal(new((ushort)columns, (ushort)rows), size);
        Assert.Equal(size, ConsoleSize.Parse(size.ToString()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("80")]
    [InlineData("80x")]
    [InlineData("0x25")]
    [InlineData("80x25x1")]
    [InlineData("-80x25")]
    [InlineData("80 x 25")]
    [InlineData("65536x25")]
    public void What_is_no_size_is_refused(string text)
    {
        Assert.False(ConsoleSize.TryParse(text, out _));
        Assert.Throws<FormatException>(() => ConsoleSize.Parse(text));
    }

    /// <summary>What a mirror has shown.</summary>
    sealed class ShownBytes
    {
        readonly MemoryStream bytes = new();

        public long Length { get { lock (bytes) return bytes.Length; } }

        public void Add(ReadOnlySpan<byte> more) { lock (bytes) bytes.Write(more); }

        public byte[] ToArray() { lock (bytes) return bytes.ToArray(); }
    }
}
