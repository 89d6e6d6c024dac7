using System.Text;
using System.Threading.Channels;
using LguestPS.Emulator.Devices;
using LguestPS.Emulator.Launcher;
using Xunit;

namespace LguestPS.Emulator.Tests.Platform;

/// <summary>One keyboard and one screen for a virtio console and a serial port.</summary>
public sealed class SharedConsoleTests
{
    readonly TypedConsole user = new();

    [Fact]
    public void BothAreShown()
    {
        using SharedConsole console = new(user);
        console.WriteSerial((byte)'a');
        console.Write("bc"u8);
        Assert.Equal("abc", user.Shown);
    }

    [Fact]
    public async Task WhatIsTypedGoesToTheOneThatWroteLast()
    {
        Channel<byte> serial = Channel.CreateUnbounded<byte>();
        using SharedConsole console = new(user) { SerialInput = value => serial.Writer.TryWrite(value) };
        using CancellationTokenSource patience = new(TimeSpan.FromSeconds(20));
        console.WriteSerial((byte)'$');
        user.Type("s");
        Assert.Equal((byte)'s', await serial.Reader.ReadAsync(patience.Token));

        console.Write("#"u8);
        user.Type("vwx");
        byte[] buffer = new byte[2];
        Assert.Equal(2, console.Read(buffer, patience.Token));
        Assert.Equal("vw", Encoding.ASCII.GetString(buffer));
        Assert.Equal(1, console.Read(buffer, patience.Token));
        Assert.Equal((byte)'x', buffer[0]);
    }

    [Fact]
    public void AReadEndsWhenItIsCancelled()
    {
        using SharedConsole console = new(user);
        using CancellationTokenSource soon = new(TimeSpan.FromMilliseconds(50));
        Assert.ThrowsAny<OperationCanceledException>(() => console.Read(new byte[1], soon.Token));
    }

    sealed class TypedConsole : IConsoleBackend
    {
        readonly StringBuilder shown = new();
        readonly Channel<byte[]> typed = Channel.CreateUnbounded<byte[]>();

        public string Shown => shown.ToString();

        public void Type(string keys) => typed.Writer.TryWrite(Encoding.ASCII.GetBytes(keys));

        public int Read(Span<byte> buffer, CancellationToken cancellation)
        {
            byte[] keys = typed.Reader.ReadAsync(cancellation).AsTask().GetAwaiter().GetResult();
            keys.CopyTo(buffer);
            return keys.Length;
        }

        public void Write(ReadOnlySpan<byte> output) => shown.Append(Encoding.ASCII.GetString(output));

        public void Abort()
        {
        }
    }
}
