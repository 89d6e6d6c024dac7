using System.Text;
using LguestPS.Emulator.Platform;
using Xunit;

namespace LguestPS.Emulator.Tests.Platform;

/// <summary>The 16550A, register by register.</summary>
public sealed class SerialPortTests
{
    const ushort Data = 0x3F8, Enable = 0x3F9, Identification = 0x3FA, LineControl = 0x3FB, ModemControl = 0x3FC, LineStatus = 0x3FD, ModemStatus = 0x3FE, Scratch = 0x3FF;

    readonly List<byte> sent = [];
    readonly SerialPort port;
    int pulses;

    public SerialPortTests() => port = new(0x3F8, sent.Add, () => pulses++);

    [Fact]
    public void WhatIsWrittenIsSentAndTheTransmitterIsIdle()
    {
        foreach (byte letter in "hello"u8)
            port.Write(Data, letter);
        Assert.Equal("hello", Encoding.ASCII.GetString([.. sent]));
        Assert.Equal(0x60, port.Read(LineStatus));
        Assert.Equal(0, pulses);
    }

    [Fact]
    public void WhatComesInIsReadInOrder()
    {
        port.Receive((byte)'a');
        port.Receive((byte)'b');
        Assert.Equal(0x61, port.Read(LineStatus));
        Assert.Equal(('a', 'b'), ((char)port.Read(Data), (char)port.Read(Data)));
        Assert.Equal(0x60, port.Read(LineStatus));
    }

    [Fact]
    public void AReceivedByteInterruptsUntilItIsRead()
    {
        port.Write(Enable, 1);
        port.Receive((byte)'x');
        Assert.Equal(1, pulses);
        Assert.Equal(4, port.Read(Identification));
        Assert.Equal(4, port.Read(Identification));
        port.Read(Data);
        Assert.Equal(1, port.Read(Identification));
    }

    [Fact]
    public void BytesThatCameBeforeTheEnableInterruptAtOnce()
    {
        port.Receive((byte)'x');
        Assert.Equal((0, 1), (pulses, port.Read(Identification)));
        port.Write(Enable, 1);
        Assert.Equal((1, 4), (pulses, port.Read(Identification)));
    }

    [Fact]
    public void AnEmptyTransmitterInterruptsWhenItIsEnabledAndAfterEachByte()
    {
        port.Write(Enable, 2);
        Assert.Equal(1, pulses);
        Assert.Equal(2, port.Read(Identification));
        Assert.Equal(1, port.Read(Identification));   // reading it was the answer
        port.Write(Data, 65);
        Assert.Equal(2, pulses);
        Assert.Equal(2, port.Read(Identification));
    }

    [Fact]
    public void AReceivedByteGoesBeforeTheTransmitter()
    {
        port.Write(Enable, 3);
        port.Receive(1);
        Assert.Equal(4, port.Read(Identification));
        port.Read(Data);
        Assert.Equal(2, port.Read(Identification));
    }

    [Fact]
    public void TheFifosShowInTheIdentification()
    {
        Assert.Equal(0x01, port.Read(Identification));
        port.Write(Identification, 0x01);
        Assert.Equal(0xC1, port.Read(Identification));
        port.Receive(1);
        port.Write(Identification, 0x03);   // and the receiver's cleared
        Assert.Equal(0x60, port.Read(LineStatus));
    }

    [Fact]
    public void LoopbackKeepsBytesAndModemLinesInside()
    {
        port.Write(ModemControl, 0x1F);
        port.Write(Data, 0x5A);
        Assert.Empty(sent);
        Assert.Equal(0x5A, port.Read(Data));
        Assert.Equal(0xF0, port.Read(ModemStatus) & 0xF0);
        port.Write(ModemControl, 0x1A);   // as drivers probe it: request to send and OUT2
        Assert.Equal(0x90, port.Read(ModemStatus) & 0xF0);
        port.Write(ModemControl, 0);
        Assert.Equal(0xB0, port.Read(ModemStatus) & 0xF0);   // a line that is up
    }

    [Fact]
    public void TheDivisorIsBehindTheLatchBit()
    {
        port.Write(LineControl, 0x83);
        port.Write(Data, 0x0C);
        port.Write(Enable, 0x01);
        Assert.Equal((0x0C, 0x01, 0x83), (port.Read(Data), port.Read(Enable), port.Read(LineControl)));
        port.Write(LineControl, 0x03);
        Assert.Empty(sent);
        Assert.Equal(0, port.Read(Enable));
        port.Write(Scratch, 0xA5);
        Assert.Equal(0xA5, port.Read(Scratch));
    }
}
