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
        uint normal = pty.LocalModes;
        uint cooked = LibC.ISIG | LibC.ICANON | LibC.ECHO;
        Assert.Equal(cooked, normal & cooked);
        var terminal = new HostTerminal(pty.Slave, pty.Slave);
        using (IDisposable? raw = terminal.EnterRawMode())
        {
            Assert.NotNull(raw);
            Assert.Equal(normal & ~cooked, pty.LocalModes);
        }
        Assert.Equal(normal, pty.LocalModes);
    }

    [Fact]
    public void Keys_are_read_one_by_one_in_raw_mode_and_output_is_shown()
    {
        var terminal = new HostTerminal(pty.Slave, pty.Slave);
        using IDisposable? raw = terminal.EnterRawMode();
        byte[] keys = new byte[16];
        pty.Type(3);
        Assert.Equal(1, terminal.Read(keys, CancellationToken.None));
        Assert.Equal(3, keys[0]);
        terminal.Write("# "u8);
        Assert.Equal("# "u8, pty.Show(2));
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

        public uint LocalModes
        {
            get
            {
                termios settings;
                Assert.Equal(0, LibC.tcgetattr(Slave, &settings));
                return settings.c_lflag;
            }
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
