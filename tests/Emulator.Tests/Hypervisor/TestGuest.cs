using System.Buffers.Binary;
using LguestPS.Emulator.Hypervisor;
using LguestPS.Emulator.Memory;
using LguestPS.Emulator.Time;
using Xunit;

namespace LguestPS.Emulator.Tests.Hypervisor;

/// <summary>A guest of a few hand-assembled instructions, with its memory laid out for tests.</summary>
sealed class TestGuest : IDisposable
{
    public const uint Code = 0x4000, Handlers = 0x6000, Data = 0x8000, Directory = 0xA000, Table = 0xB000, Scratch = 0xC000, UserCode = 0xD000,
        UserStack = 0xF000, InnerStack = 0x11000, Stack = 0x13000;

    public const uint Pages = 256, DeviceLimit = Pages + 257;

    readonly Timer watchdog;

    public TestGuest(IClock? clock = null)
    {
        Device = new(Memory, clock ?? new HostClock(), TestEngine.CreateCodeMemory());
        watchdog = new(_ => Device.Stop(), null, 20_000, Timeout.Infinite);
        Memory.Slice(Data + 24, LguestData.RingSlots).Fill(0xFF);
        SetData(1380, 0xC0000000);
        SetData(1384, 0x80);
    }

    public GuestMemory Memory { get; } = new(new HeapMemoryBacking(Pages << 12));

    public LguestDevice Device { get; }

    public uint this[uint register] => Device.GetRegister(register);

    public uint Eip => this[RegisterOffset.Eip];

    public uint GetData(uint offset) => Memory.Read<uint>(Data + offset);

    public void SetData(uint offset, uint value) => Memory.Write(Data + offset, value);

    /// <summary>The words on the guest's stack, the last pushed first.</summary>
    public uint[] Pushed(int words) => [.. Enumerable.Range(0, words).Select(i => Memory.Read<uint>(this[RegisterOffset.Esp] + (uint)i * 4))];

    /// <summary>Initializes the device and starts with the code given.</summary>
    public TestGuest Start(Assembly code)
    {
        code.Place(Memory, Code);
        Assert.Equal(LguestError.None, Device.Initialize(Pages, Code, DeviceLimit));
        return this;
    }

    /// <summary>Runs up to the next signal, steps over it and returns its number.</summary>
    public byte RunToSignal()
    {
        TrapRecord trap = RunToTrap(13);
        Assert.Equal(0xE6, trap.Instruction[0]);
        Device.SetRegister(RegisterOffset.Eip, Eip + 2);
        return trap.Instruction[1];
    }

    public TrapRecord RunToTrap(byte number)
    {
        LguestOutcome outcome = Device.Run(out TrapRecord trap);
        Assert.True(outcome == LguestOutcome.Trap, $"{outcome}: {Device.DeathReason} at 0x{Eip:x}");
        Assert.Equal(number, trap.Trap);
        return trap;
    }

    public string RunToDeath()
    {
        Assert.Equal(LguestOutcome.Dead, Device.Run(out _));
        return Device.DeathReason!;
    }

    /// <summary>Makes page tables that map RAM to itself for ring 3 too, and lets a test change single entries.</summary>
    public TestGuest MapAll()
    {
        Memory.Write(Directory, Table | 7);
        for (uint page = 0; page < Pages; page++)
            MapPage(page, page << 12 | 7);
        return this;
    }

    public void MapPage(uint page, uint entry) => Memory.Write(Table + page * 4, entry);

    /// <summary>Puts one handler into memory and returns its address.</summary>
    public uint AddHandler(Assembly code)
    {
        uint address = nextHandler;
        nextHandler += 0x80;
        code.Place(Memory, address);
        return address;
    }

    uint nextHandler = Handlers;

    public void Dispose()
    {
        watchdog.Dispose();
        Device.Dispose();
        Memory.Dispose();
    }
}

/// <summary>Instructions, as bytes.</summary>
sealed class Assembly
{
    readonly List<byte> bytes = [];

    /// <summary>The offset of what comes next.</summary>
    public uint Length => (uint)bytes.Count;

    public Assembly Raw(string hex)
    {
        bytes.AddRange(Convert.FromHexString(hex.Replace(" ", "")));
        return this;
    }

    public Assembly Imm32(uint value)
    {
        Span<byte> word = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(word, value);
        bytes.AddRange(word);
        return this;
    }

    /// <summary>mov register, value; registers by their numbers in instructions.</summary>
    public Assembly Mov(int register, uint value) => Raw($"{0xB8 + register:x2}").Imm32(value);

    /// <summary>mov dword [address], value.</summary>
    public Assembly Store(uint address, uint value) => Raw("c705").Imm32(address).Imm32(value);

    /// <summary>mov eax, [address].</summary>
    public Assembly LoadEax(uint address) => Raw("a1").Imm32(address);

    public Assembly Int(byte vector) => Raw($"cd{vector:x2}");

    public Assembly Hypercall(uint number, uint first = 0, uint second = 0, uint third = 0, uint fourth = 0) =>
        Mov(0, number).Mov(3, first).Mov(1, second).Mov(2, third).Mov(6, fourth).Int(0x1F);

    /// <summary>Sets up the stack and makes the first hypercall.</summary>
    public Assembly Init() => Mov(4, TestGuest.Stack).Hypercall(1, TestGuest.Data);

    /// <summary>Loads a gate.</summary>
    public Assembly Gate(uint vector, uint handler, uint type = 0xE, uint dpl = 0) =>
        Hypercall(6, vector, 0x00600000 | (handler & 0xFFFF), (handler & 0xFFFF0000) | 0x8000 | dpl << 13 | type << 8);

    /// <summary>Stops the run, for the test to look.</summary>
    public Assembly Signal(byte number) => Raw($"e6{number:x2}");

    public Assembly Spin() => Raw("ebfe");

    public byte[] Bytes() => [.. bytes];

    public void Place(GuestMemory memory, uint address) => bytes.ToArray().CopyTo(memory.Slice(address, Length));
}

/// <summary>Time that stands still until it is moved.</summary>
sealed class ManualClock : IClock
{
    public long MonotonicNanoseconds { get; set; } = 1_000_000_000;

    public long WallNanoseconds { get; set; } = 1_700_000_000_000_000_123;
}
