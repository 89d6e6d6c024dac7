using System.Runtime.InteropServices;
using LguestPS.Emulator.Linux;
using Tmds.Linux;
using Xunit;

namespace LguestPS.Emulator.Tests.Devices;

/// <summary>The host's terminal, on a pseudo terminal.</summary>
public sealed class HostTerminalTests : IDisposable
{
    readonly PseudoTerminal pty = new();

    public void Dispose() => pty.Dispose();

    [Fact]
    public void Raw_mode_lets_every_key_through_and_is_taken_back()
    {
        (uint input, uint output, uint local) = pty.Modes;
        uint cookedInput = LibC.ICRNL | LibC.IXON, cookedLocal = LibC.ISIG | LibC.ICANON | LibC.ECHO | LibC.IEXTEN;
        Assert.Equal((cookedInput, LibC.OPOST, cookedLocal), (input & cookedInput, output & LibC.OPOST, local & cookedLocal));
        var terminal = new HostTerminal(pty.Slave, pty.Slave);
        using (IDisposable? raw = terminal.EnterRawMode())
        {
            Assert.NotNull(raw);
            Assert.Equal((input & ~cookedInput, output & ~LibC.OPOST, local & ~cookedLocal), pty.Modes);
        }
        Assert.Equal((input, output, local), pty.Modes);
    }

    [Fact]
    public void The_window_has_a_size_once_somebody_gave_it_one()
    {
        var terminal = new HostTerminal(pty.Slave, pty.Slave);
        Assert.Null(terminal.WindowSize);
        pty.Resize(100, 30);
        Assert.Equal(((ushort)100, (ushort)30), terminal.WindowSize);
    }

    [Fact]
    public void A_change_of_the_window_s_size_is_told_to_those_who_watch()
    {
        var terminal = new HostTerminal(pty.Slave, pty.Slave);
        using var told = new SemaphoreSlim(0);
        using (terminal.WatchWindowSize(() => told.Release()))
        {
            Assert.Equal(0, LibC.kill(Environment.ProcessId, LibC.SIGWINCH));
            Assert.True(told.Wait(TimeSpan.FromSeconds(20)));
        }
    }

    [Fact]
    public void Keys_are_read_one_by_one_in_raw_mode_and_output_is_shown()
    {
        var terminal = new HostTerminal(pty.Slave, pty.Slave);
        using IDisposable? raw = terminal.EnterRawMode();
        byte[] keys = new byte[16];
        foreach (byte key in (ReadOnlySpan<byte>)[3, (byte)'\r', 0x13])   // ^C, the Enter key, ^S
        {
            pty.Type(key);
            Assert.Equal(1, terminal.Read(keys, CancellationToken.None));
            Assert.Equal(key, keys[0]);
        }
        terminal.Write("#\n "u8);
        Assert.Equal("#\n "u8, pty.Show(3));
    }

    [Fact]
    public void A_wait_for_keys_can_be_given_up()
    {
        var terminal = new HostTerminal(pty.Slave, pty.Slave);
        using var cancel = new CancellationTokenSource(TimeSpan.FromMilliseconds(30));
        Assert.ThrowsAny<OperationCanceledException>(() => terminal.Read(new byte[1], cancel.Token));
    }

    [Fact]
    public void A_file_has_no_raw_mode()
    {
        using FileStream file = File.Create(Path.GetTempFileName(), 1, FileOptions.DeleteOnClose);
        Assert.Null(new HostTerminal((int)file.SafeFileHandle.DangerousGetHandle(), 1).EnterRawMode());
    }

    /// <summary>Both ends of a pseudo terminal: the test is the user at the master, the terminal under test is the slave.</summary>
    sealed unsafe class PseudoTerminal : IDisposable
    {
        const int UnlockSlave = 0x40045431, GetSlaveNumber = unchecked((int)0x80045430);

        readonly int master;

        public PseudoTerminal()
        {
            master = Open("/dev/ptmx");
            int zero = 0, number;
            Assert.Equal(0, LibC.ioctl(master, UnlockSlave, &zero));
            Assert.Equal(0, LibC.ioctl(master, GetSlaveNumber, &number));
            Slave = Open($"/dev/pts/{number}");
        }

        public int Slave { get; }

        public (uint Input, uint Output, uint Local) Modes
        {
            get
            {
                termios settings;
                Assert.Equal(0, LibC.tcgetattr(Slave, &settings));
                return (settings.c_iflag, settings.c_oflag, settings.c_lflag);
            }
        }

        public void Resize(ushort columns, ushort rows)
        {
            winsize size = new() { ws_col = columns, ws_row = rows };
            Assert.Equal(0, LibC.ioctl(master, LibC.TIOCSWINSZ, &size));
        }

        public void Type(byte key) => Assert.Equal(1, (long)LibC.write(master, &key, 1));

        public byte[] Show(int length)
        {
            byte[] shown = new byte[length];
            fixed (byte* start = shown)
            {
                Assert.Equal(length, (long)LibC.read(master, start, (uint)length));
            }
            return shown;
        }

        public void Dispose()
        {
            LibC.close(Slave);
            LibC.close(master);
        }

        static int Open(string path)
        {
            nint text = Marshal.StringToCoTaskMemUTF8(path);
            int descriptor = LibC.open((byte*)text, LibC.O_RDWR | LibC.O_CLOEXEC | LibC.O_NOCTTY);
            Marshal.FreeCoTaskMem(text);
            Assert.True(descriptor >= 0, $"{path} can't be opened");
            return descriptor;
        }
    }
}
