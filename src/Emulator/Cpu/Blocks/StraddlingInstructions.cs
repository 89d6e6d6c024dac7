namespace LguestPS.Emulator.Cpu.Blocks;

/// <summary>Decoded instructions that lie on two pages, and so in no block of either.</summary>
/// <remarks>What is kept is good for the same bytes in the same mode. The bytes are compared each time, so that nobody has to tell of writes, or of other pages in that place.</remarks>
sealed unsafe class StraddlingInstructions : IDisposable
{
    const int Slots = 256;

    readonly Slot?[] slots = new Slot?[Slots];

    /// <summary>Where the instruction belongs that begins on the page of a linear address.</summary>
    public Slot this[uint linear] => slots[(linear >> 12) % Slots] ??= new();

    public void Dispose()
    {
        foreach (Slot? slot in slots)
            slot?.Room.Dispose();
    }

    /// <summary>One instruction, as long as no other one of the same slot comes.</summary>
    public sealed class Slot
    {
        readonly byte[] bytes = new byte[Decode.Decoder.MaxLength];
        int length;
        BlockMode mode;

        /// <summary>Where it is decoded to.</summary>
        public NativeBlock Room { get; } = new();

        /// <summary>Whether it may be what begins with these bytes, the last of their page.</summary>
        public bool Begins(ReadOnlySpan<byte> here, BlockMode mode) =>
            length > here.Length && this.mode == (mode & BlockMode.Decoded) && here.SequenceEqual(bytes.AsSpan(0, here.Length));

        /// <summary>Whether it is that, for so many of its bytes there and these on the next page.</summary>
        public bool Ends(int here, ReadOnlySpan<byte> next) => next.StartsWith(bytes.AsSpan(here, length - here));

        /// <summary>Its room is about to be used: there is none in it.</summary>
        public void Clear() => length = 0;

        /// <summary>What is in the room now.</summary>
        public void Set(ReadOnlySpan<byte> instruction, BlockMode mode)
        {
            instruction.CopyTo(bytes);
            length = instruction.Length;
            this.mode = mode & BlockMode.Decoded;
        }
    }
}
