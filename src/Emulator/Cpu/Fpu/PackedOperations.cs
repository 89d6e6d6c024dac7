using System.Numerics;
using System.Runtime.Intrinsics;

namespace LguestPS.Emulator.Cpu.Fpu;

/// <summary>A packed operation on integers. MMX uses the low 8 bytes of each operand and result.</summary>
internal interface IPackedOperation
{
    static abstract Vector128<byte> Apply(Vector128<byte> a, Vector128<byte> b);
}

/// <summary>A packed shift by one count.</summary>
internal interface IPackedShift
{
    /// <summary>Bits of an element.</summary>
    static abstract int Width { get; }

    /// <summary>Shifts; the count is less than <see cref="Width"/>.</summary>
    static abstract Vector128<byte> Apply(Vector128<byte> a, int count);

    /// <summary>What a larger count shifts by; <see cref="Width"/> for a result of 0.</summary>
    static abstract int Largest { get; }
}

/// <summary>The packed integer operations of MMX, SSE and SSE2 that both register sizes have.</summary>
internal static class PackedOperations
{
    public readonly struct Add<T> : IPackedOperation
    {
        public static Vector128<byte> Apply(Vector128<byte> a, Vector128<byte> b) => (a.As<byte, T>() + b.As<byte, T>()).AsByte();
    }

    public readonly struct AddSaturated<T> : IPackedOperation
    {
        public static Vector128<byte> Apply(Vector128<byte> a, Vector128<byte> b) => Vector128.AddSaturate(a.As<byte, T>(), b.As<byte, T>()).AsByte();
    }

    public readonly struct Subtract<T> : IPackedOperation
    {
        public static Vector128<byte> Apply(Vector128<byte> a, Vector128<byte> b) => (a.As<byte, T>() - b.As<byte, T>()).AsByte();
    }

    public readonly struct SubtractSaturated<T> : IPackedOperation
    {
        public static Vector128<byte> Apply(Vector128<byte> a, Vector128<byte> b) => Vector128.SubtractSaturate(a.As<byte, T>(), b.As<byte, T>()).AsByte();
    }

    public readonly struct Minimum<T> : IPackedOperation
    {
        public static Vector128<byte> Apply(Vector128<byte> a, Vector128<byte> b) => Vector128.Min(a.As<byte, T>(), b.As<byte, T>()).AsByte();
    }

    public readonly struct Maximum<T> : IPackedOperation
    {
        public static Vector128<byte> Apply(Vector128<byte> a, Vector128<byte> b) => Vector128.Max(a.As<byte, T>(), b.As<byte, T>()).AsByte();
    }

    public readonly struct Equal<T> : IPackedOperation
    {
        public static Vector128<byte> Apply(Vector128<byte> a, Vector128<byte> b) => Vector128.Equals(a.As<byte, T>(), b.As<byte, T>()).AsByte();
    }

    public readonly struct Greater<T> : IPackedOperation
    {
        public static Vector128<byte> Apply(Vector128<byte> a, Vector128<byte> b) => Vector128.GreaterThan(a.As<byte, T>(), b.As<byte, T>()).AsByte();
    }

    public readonly struct And : IPackedOperation
    {
        public static Vector128<byte> Apply(Vector128<byte> a, Vector128<byte> b) => a & b;
    }

    public readonly struct AndNot : IPackedOperation
    {
        public static Vector128<byte> Apply(Vector128<byte> a, Vector128<byte> b) => ~a & b;
    }

    public readonly struct Or : IPackedOperation
    {
        public static Vector128<byte> Apply(Vector128<byte> a, Vector128<byte> b) => a | b;
    }

    public readonly struct ExclusiveOr : IPackedOperation
    {
        public static Vector128<byte> Apply(Vector128<byte> a, Vector128<byte> b) => a ^ b;
    }

    /// <summary>pavgb: (a + b + 1) / 2 = (a | b) - (a ^ b) / 2.</summary>
    public readonly struct AverageBytes : IPackedOperation
    {
        public static Vector128<byte> Apply(Vector128<byte> a, Vector128<byte> b) => (a | b) - ((a ^ b) >>> 1);
    }

    public readonly struct AverageWords : IPackedOperation
    {
        public static Vector128<byte> Apply(Vector128<byte> a, Vector128<byte> b) => ((a | b).AsUInt16() - ((a ^ b).AsUInt16() >>> 1)).AsByte();
    }

    public readonly struct MultiplyLow : IPackedOperation
    {
        public static Vector128<byte> Apply(Vector128<byte> a, Vector128<byte> b) => (a.AsInt16() * b.AsInt16()).AsByte();
    }

    public readonly struct MultiplyHigh : IPackedOperation
    {
        public static Vector128<byte> Apply(Vector128<byte> a, Vector128<byte> b)
        {
            (Vector128<int> aLow, Vector128<int> aHigh) = Vector128.Widen(a.AsInt16());
            (Vector128<int> bLow, Vector128<int> bHigh) = Vector128.Widen(b.AsInt16());
            return Vector128.Narrow((aLow * bLow) >> 16, (aHigh * bHigh) >> 16).AsByte();
        }
    }

    public readonly struct MultiplyHighUnsigned : IPackedOperation
    {
        public static Vector128<byte> Apply(Vector128<byte> a, Vector128<byte> b)
        {
            (Vector128<uint> aLow, Vector128<uint> aHigh) = Vector128.Widen(a.AsUInt16());
            (Vector128<uint> bLow, Vector128<uint> bHigh) = Vector128.Widen(b.AsUInt16());
            return Vector128.Narrow((aLow * bLow) >>> 16, (aHigh * bHigh) >>> 16).AsByte();
        }
    }

    /// <summary>pmuludq: the even doublewords to quadwords.</summary>
    public readonly struct MultiplyEven : IPackedOperation
    {
        public static Vector128<byte> Apply(Vector128<byte> a, Vector128<byte> b)
        {
            Vector128<ulong> low = Vector128.Create((ulong)uint.MaxValue);
            return ((a.AsUInt64() & low) * (b.AsUInt64() & low)).AsByte();
        }
    }

    /// <summary>pmaddwd: products of signed words, neighbours added.</summary>
    public readonly struct MultiplyAdd : IPackedOperation
    {
        public static Vector128<byte> Apply(Vector128<byte> a, Vector128<byte> b)
        {
            Vector128<int> even = (a.AsInt32() << 16 >> 16) * (b.AsInt32() << 16 >> 16);
            Vector128<int> odd = (a.AsInt32() >> 16) * (b.AsInt32() >> 16);
            return (even + odd).AsByte();
        }
    }

    /// <summary>psadbw: the sum of absolute differences of each 8 bytes.</summary>
    public readonly struct SumOfDifferences : IPackedOperation
    {
        public static Vector128<byte> Apply(Vector128<byte> a, Vector128<byte> b)
        {
            Vector128<byte> differences = Vector128.Max(a, b) - Vector128.Min(a, b);
            Vector128<ulong> bytes = Vector128.Create(0x00FF00FF00FF00FFUL);
            Vector128<ulong> pairs = (differences.AsUInt64() & bytes) + ((differences.AsUInt64() >>> 8) & bytes);
            // The multiplication adds up all four words of a half in its top one.
            return ((pairs * Vector128.Create(0x0001000100010001UL)) >>> 48).AsByte();
        }
    }

    /// <summary>punpckl: elements of the low halves in turn. For MMX the result's low half is punpckl and its high half punpckh.</summary>
    public readonly struct UnpackLowBytes : IPackedOperation
    {
        public static Vector128<byte> Apply(Vector128<byte> a, Vector128<byte> b) => (Vector128.WidenLower(a) | Vector128.WidenLower(b) << 8).AsByte();
    }

    public readonly struct UnpackLowWords : IPackedOperation
    {
        public static Vector128<byte> Apply(Vector128<byte> a, Vector128<byte> b) => (Vector128.WidenLower(a.AsUInt16()) | Vector128.WidenLower(b.AsUInt16()) << 16).AsByte();
    }

    public readonly struct UnpackLowDoubles : IPackedOperation
    {
        public static Vector128<byte> Apply(Vector128<byte> a, Vector128<byte> b) => (Vector128.WidenLower(a.AsUInt32()) | Vector128.WidenLower(b.AsUInt32()) << 32).AsByte();
    }

    public readonly struct UnpackLowQuads : IPackedOperation
    {
        public static Vector128<byte> Apply(Vector128<byte> a, Vector128<byte> b) => Vector128.Create(a.AsUInt64().GetLower(), b.AsUInt64().GetLower()).AsByte();
    }

    public readonly struct UnpackHighBytes : IPackedOperation
    {
        public static Vector128<byte> Apply(Vector128<byte> a, Vector128<byte> b) => (Vector128.WidenUpper(a) | Vector128.WidenUpper(b) << 8).AsByte();
    }

    public readonly struct UnpackHighWords : IPackedOperation
    {
        public static Vector128<byte> Apply(Vector128<byte> a, Vector128<byte> b) => (Vector128.WidenUpper(a.AsUInt16()) | Vector128.WidenUpper(b.AsUInt16()) << 16).AsByte();
    }

    public readonly struct UnpackHighDoubles : IPackedOperation
    {
        public static Vector128<byte> Apply(Vector128<byte> a, Vector128<byte> b) => (Vector128.WidenUpper(a.AsUInt32()) | Vector128.WidenUpper(b.AsUInt32()) << 32).AsByte();
    }

    public readonly struct UnpackHighQuads : IPackedOperation
    {
        public static Vector128<byte> Apply(Vector128<byte> a, Vector128<byte> b) => Vector128.Create(a.AsUInt64().GetUpper(), b.AsUInt64().GetUpper()).AsByte();
    }

    public readonly struct PackWordsSigned : IPackedOperation
    {
        public static Vector128<byte> Apply(Vector128<byte> a, Vector128<byte> b) => Vector128.NarrowWithSaturation(a.AsInt16(), b.AsInt16()).AsByte();
    }

    public readonly struct PackWordsUnsigned : IPackedOperation
    {
        public static Vector128<byte> Apply(Vector128<byte> a, Vector128<byte> b) => Vector128.Narrow(Clamp(a), Clamp(b));

        static Vector128<ushort> Clamp(Vector128<byte> words) =>
            Vector128.Min(Vector128.Max(words.AsInt16(), Vector128<short>.Zero), Vector128.Create((short)255)).AsUInt16();
    }

    public readonly struct PackDoubles : IPackedOperation
    {
        public static Vector128<byte> Apply(Vector128<byte> a, Vector128<byte> b) => Vector128.NarrowWithSaturation(a.AsInt32(), b.AsInt32()).AsByte();
    }

    public readonly struct ShiftLeft<T> : IPackedShift where T : unmanaged, IBinaryInteger<T>
    {
        public static unsafe int Width => sizeof(T) * 8;

        public static int Largest => Width;

        public static Vector128<byte> Apply(Vector128<byte> a, int count) => (a.As<byte, T>() << count).AsByte();
    }

    public readonly struct ShiftRight<T> : IPackedShift where T : unmanaged, IBinaryInteger<T>
    {
        public static unsafe int Width => sizeof(T) * 8;

        public static int Largest => Width;

        public static Vector128<byte> Apply(Vector128<byte> a, int count) => (a.As<byte, T>() >>> count).AsByte();
    }

    public readonly struct ShiftRightSigned<T> : IPackedShift where T : unmanaged, IBinaryInteger<T>
    {
        public static unsafe int Width => sizeof(T) * 8;

        public static int Largest => Width - 1;

        public static Vector128<byte> Apply(Vector128<byte> a, int count) => (a.As<byte, T>() >> count).AsByte();
    }
}
