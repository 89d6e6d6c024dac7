using LguestPS.Emulator.Hypervisor;
using LguestPS.Emulator.Launcher;
using Xunit;

namespace LguestPS.Emulator.Tests.Launcher;

public sealed class MoveInstructionTests
{
    [Theory]
    [InlineData("89 03", true, 0, 0xFFFFFFFF, 2)]                // mov [ebx], eax
    [InlineData("8b 50 14", false, 2, 0xFFFFFFFF, 3)]            // mov edx, [eax+0x14]
    [InlineData("8b 88 34 12 00 00", false, 1, 0xFFFFFFFF, 6)]   // mov ecx, [eax+0x1234]
    [InlineData("66 89 7e 16", true, 7, 0xFFFF, 4)]              // mov [esi+0x16], di
    [InlineData("66 8b 0b", false, 1, 0xFFFF, 3)]                // mov cx, [ebx]
    [InlineData("88 63 14", true, 4, 0xFF, 3)]                   // mov [ebx+0x14], ah
    [InlineData("8a 03", false, 0, 0xFF, 2)]                     // mov al, [ebx]
    [InlineData("8b 0d 00 00 10 04", false, 1, 0xFFFFFFFF, 6)]   // mov ecx, [0x4100000]: displacement without base
    [InlineData("89 04 1e", true, 0, 0xFFFFFFFF, 3)]             // mov [esi+ebx], eax: SIB
    [InlineData("89 04 9d 00 00 10 04", true, 0, 0xFFFFFFFF, 7)] // mov [ebx*4+0x4100000], eax: SIB without base
    [InlineData("66 8b 84 1e 00 01 00", false, 0, 0xFFFF, 8)]    // mov ax, [esi+ebx+0x100]: longer than what is seen of it
    [InlineData("8b 44 24 08", false, 0, 0xFFFFFFFF, 4)]         // mov eax, [esp+8]
    public void Decodes(string code, bool isWrite, int register, uint mask, uint length)
    {
        Assert.True(MoveInstruction.TryDecode(Bytes(code), out MoveInstruction move));
        Assert.Equal(new MoveInstruction(isWrite, register, mask, length), move);
    }

    [Theory]
    [InlineData("a1 00 00 10 04")]   // mov eax, moffs
    [InlineData("c7 03 01 00 00 00")]
    [InlineData("66 88 03")]
    [InlineData("f3 a5")]
    [InlineData("64 8b 03")]
    [InlineData("89 c3")]
    public void RefusesOthers(string code) => Assert.False(MoveInstruction.TryDecode(Bytes(code), out _));

    [Theory]
    [InlineData(0, 0xFFu, 0x44u)]
    [InlineData(4, 0xFFu, 0x33u)]
    [InlineData(0, 0xFFFFu, 0x3344u)]
    [InlineData(0, 0xFFFFFFFFu, 0x11223344u)]
    [InlineData(4, 0xFFFFu, 0xBEEFu)]
    public void ReadsRegisterOperands(int number, uint mask, uint expected)
    {
        FakeRegisters registers = new() { [RegisterOffset.Eax] = 0x11223344, [RegisterOffset.Esp] = 0xDEADBEEF };
        Assert.Equal(expected, RegisterOperand.Read(registers, number, mask));
    }

    [Theory]
    [InlineData(3, 0xFFu, RegisterOffset.Ebx, 0x112233AAu)]
    [InlineData(7, 0xFFu, RegisterOffset.Ebx, 0x1122AA44u)]
    [InlineData(3, 0xFFFFu, RegisterOffset.Ebx, 0x112299AAu)]
    [InlineData(7, 0xFFFFFFFFu, RegisterOffset.Edi, 0x778899AAu)]
    public void WritesRegisterOperands(int number, uint mask, uint offset, uint expected)
    {
        FakeRegisters registers = new() { [RegisterOffset.Ebx] = 0x11223344 };
        RegisterOperand.Write(registers, number, 0x778899AA & mask, mask);
        Assert.Equal(expected, registers[offset]);
    }

    internal static byte[] Bytes(string hex)
    {
        byte[] code = new byte[TrapRecord.InstructionLength];
        Convert.FromHexString(hex.Replace(" ", "")).CopyTo(code, 0);
        return code;
    }
}
