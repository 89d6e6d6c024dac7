using System.Buffers.Binary;
using System.Text;

namespace LguestPS.KernelPackages;

/// <summary>What a kernel module says of itself: the section .modinfo of its ELF file, texts of the form "name=value" (modinfo(8)).</summary>
/// <param name="DependsOn">The modules that must be loaded before it.</param>
/// <param name="WantsFirst">Those that it asks to have before it where they are there (softdep): names or aliases.</param>
/// <param name="Aliases">What else it answers to, patterns of hardware left out.</param>
/// <param name="IsForSomeProcessors">It works only on processors that have something particular.</param>
sealed record ModuleInformation(string[] DependsOn, string[] WantsFirst, string[] Aliases, bool IsForSomeProcessors)
{
    /// <summary>Reads a module.</summary>
    /// <exception cref="InvalidDataException">It is not an ELF file with that section.</exception>
    public static ModuleInformation Read(byte[] module)
    {
        List<string> depends = [], wants = [], aliases = [];
        bool isForSomeProcessors = false;
        foreach (string text in Encoding.UTF8.GetString(FindSection(module, ".modinfo")).Split('\0'))
        {
            if (text.StartsWith("depends=", StringComparison.Ordinal))
                depends.AddRange(text[8..].Split(',', StringSplitOptions.RemoveEmptyEntries).Select(NormalizeName));
            else if (text.StartsWith("softdep=", StringComparison.Ordinal))
                wants.AddRange(Before(text[8..]));
            else if (text.StartsWith("alias=cpu:", StringComparison.Ordinal))
                isForSomeProcessors = true;
            else if (text.StartsWith("alias=", StringComparison.Ordinal) && !text.Contains(':'))
                aliases.Add(NormalizeName(text[6..]));
        }
        return new([.. depends], [.. wants], [.. aliases], isForSomeProcessors);
    }

    /// <summary>A module's name: '-' and '_' are the same in it.</summary>
    public static string NormalizeName(string name) => name.Replace('-', '_');

    // "pre: a b post: c"
    static IEnumerable<string> Before(string softDependency)
    {
        bool before = false;
        foreach (string word in softDependency.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (word.EndsWith(':'))
                before = word == "pre:";
            else if (before)
                yield return NormalizeName(word);
        }
    }

    // ELF-32 and ELF-64 differ in where the numbers are (System V ABI, chapter 4).
    static ReadOnlySpan<byte> FindSection(byte[] module, string wanted)
    {
        try
        {
            ReadOnlySpan<byte> file = module;
            if (!file.StartsWith("\u007fELF"u8))
                throw new InvalidDataException(Messages.ModuleNotElf);
            bool wide = file[4] == 2;
            long table = wide ? (long)BinaryPrimitives.ReadUInt64LittleEndian(file[40..]) : BinaryPrimitives.ReadUInt32LittleEndian(file[32..]);
            int count = BinaryPrimitives.ReadUInt16LittleEndian(file[(wide ? 60 : 48)..]), names = BinaryPrimitives.ReadUInt16LittleEndian(file[(wide ? 62 : 50)..]);
            int entryLength = wide ? 64 : 40;

            ReadOnlySpan<byte> strings = Content(file, names);
            for (int i = 1; i < count; i++)
            {
                ReadOnlySpan<byte> name = strings[(int)BinaryPrimitives.ReadUInt32LittleEndian(file[(int)(table + i * entryLength)..])..];
                if (Encoding.ASCII.GetString(name[..name.IndexOf((byte)0)]) == wanted)
                    return Content(file, i);
            }
            throw new InvalidDataException(Messages.ModuleNotElf);

            ReadOnlySpan<byte> Content(ReadOnlySpan<byte> file, int section)
            {
                ReadOnlySpan<byte> header = file[(int)(table + section * entryLength)..];
                return wide
                    ? file.Slice(checked((int)BinaryPrimitives.ReadUInt64LittleEndian(header[24..])), checked((int)BinaryPrimitives.ReadUInt64LittleEndian(header[32..])))
                    : file.Slice(checked((int)BinaryPrimitives.ReadUInt32LittleEndian(header[16..])), checked((int)BinaryPrimitives.ReadUInt32LittleEndian(header[20..])));
            }
        }
        catch (Exception e) when (e is ArgumentOutOfRangeException or OverflowException)
        {
            throw new InvalidDataException(Messages.ModuleNotElf, e);
        }
    }
}
