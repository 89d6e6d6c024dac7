using LguestPS.Emulator.Cpu.Decode;
using LguestPS.Emulator.Cpu.State;
using Choices = LguestPS.Emulator.Tests.Oracle.InstructionGenerator.Choices;

namespace LguestPS.Emulator.Tests.Oracle;

/// <summary>
/// Gives an instruction the operands with which it does something: a divisor that does not overflow, a stack with a return address, strings with equal beginnings,
/// selectors that exist. By opcode, as few instructions need it; the rest runs on corner values.
/// </summary>
sealed class OperandPreparer(OracleRandom random, OracleSelectors selectors, OracleCase oracleCase, AddressGenerator addresses)
{
    uint[] R => oracleCase.Registers;

    /// <summary>Before the encoding: registers that must not serve as base of the address any more, and immediates.</summary>
    public void BeforeEncoding(Choices choices)
    {
        InstructionDefinition d = choices.Definition;
        switch (d.Opcode)
        {
            case (>= 0xA4 and <= 0xA7) or (>= 0xAA and <= 0xAF) or (>= 0x6C and <= 0x6F):
                PrepareString(choices);
                break;
            case 0xF6 or 0xF7 when d.Digit is 6 or 7:
                PrepareDivision(choices);
                break;
            case 0xC0 or 0xC1 or (>= 0xD0 and <= 0xD3) or 0x0FA4 or 0x0FA5 or 0x0FAC or 0x0FAD:
                PrepareShift(choices);
                break;
            case 0x0FB0 or 0x0FB1 or 0x0FC7:
                Freeze(Reg.Eax, Reg.Edx);
                break;
            case 0x0FA3 or 0x0FAB or 0x0FB3 or 0x0FBB when choices.IsMemory && random.Chance(80):
                // The bit offset is signed and moves the address.
                Set(choices.Reg, (uint)random.Between(-4096, 4096));
                break;
            case (>= 0x70 and <= 0x7F) or 0xEB:
                choices.Immediate = ShortBranch();
                break;
            case >= 0xE0 and <= 0xE3:
                choices.Immediate = ShortBranch();
                if (random.Chance(80))
                    R[Reg.Ecx] = (R[Reg.Ecx] & random.Pick(0u, 0xFFFF0000u)) | (uint)random.Below(3);
                break;
            case 0xE8 or 0xE9 or (>= 0x0F80 and <= 0x0F8F):
                if (random.Chance(85))
                    choices.Immediate = (uint)(random.Chance(50) ? random.Between(-0x380, -16) : random.Below(0x380));
                break;
            case 0xFF when choices.Definition.Digit is 2 or 4 && !choices.IsMemory:
                R[choices.Rm] = CodeTarget();
                break;
            case 0x8E when !choices.IsMemory:
                R[choices.Rm] = (R[choices.Rm] & 0xFFFF0000) | Selector();
                break;
            case 0x0F00 or 0x0F02 or 0x0F03 when !choices.IsMemory:
                R[choices.Rm] = (R[choices.Rm] & 0xFFFF0000) | Selector();
                break;
            case 0xEA or 0x9A:
                choices.Immediate = CodeTarget();
                choices.Target = FarCodeSelector();
                break;
            case 0xC9 or 0xC8:
                R[Reg.Ebp] = addresses.OffsetIn(SegmentRegister.Ss, OracleLayout.Stack + (uint)random.Below((int)OracleLayout.StackSize + 8));
                break;
            case 0xD7:
                Freeze(Reg.Ebx, Reg.Eax);
                uint offset = addresses.OffsetIn(choices.Override ?? SegmentRegister.Ds, choices.Target) - (R[Reg.Eax] & 0xFF);
                R[Reg.Ebx] = choices.Address16 ? (R[Reg.Ebx] & 0xFFFF0000) | (ushort)offset : offset;
                break;
            case 0xCD:
                // int 80 is a system call; that of the other gates only 3 and 4 are open.
                choices.Immediate = random.Chance(30) ? random.Pick(3u, 4u) : (uint)random.Below(0x80);
                break;
            case 0xD4 when random.Chance(20):
                choices.Immediate = 0;
                break;
        }
    }

    /// <summary>After the encoding, when all registers have their values: the contents of memory and stack.</summary>
    public void AfterEncoding(Choices choices)
    {
        InstructionDefinition d = choices.Definition;
        if (choices.IsMemory || d.Form == OperandForm.Moffs)
        {
            uint low = random.Value();
            oracleCase.Patch(choices.Target, low);
            oracleCase.Patch(choices.Target + 4, random.Value());
            PrepareMemory(choices, low);
        }

        PrepareStack(choices);
    }

    void PrepareMemory(Choices choices, uint low)
    {
        InstructionDefinition d = choices.Definition;
        switch (d.Opcode)
        {
            case 0xF6 or 0xF7 when d.Digit is 6 or 7 && random.Chance(60):
                oracleCase.Patch(choices.Target, choices.Bits == 8 ? Divisor8() : choices.Bits == 16 ? Divisor16() : Divisor32());
                break;
            case 0x0FB0 or 0x0FB1 when random.Chance(50):
                R[Reg.Eax] = low;
                break;
            case 0x0FC7 when random.Chance(50):
                oracleCase.Patch(choices.Target, R[Reg.Eax]);
                oracleCase.Patch(choices.Target + 4, R[Reg.Edx]);
                break;
            case 0xFF when d.Digit is 2 or 4:
                oracleCase.Patch(choices.Target, CodeTarget());
                break;
            case 0xFF when d.Digit is 3 or 5:
                oracleCase.Patch(choices.Target, CodeTarget());
                oracleCase.Patch(choices.Target + (choices.Operand16 ? 2u : 4u), FarCodeSelector());
                break;
            case 0x8E or 0x0F00 or 0x0F02 or 0x0F03:
                oracleCase.Patch(choices.Target, Selector());
                break;
            case 0xC4 or 0xC5 or 0x0FB2 or 0x0FB4 or 0x0FB5:
                oracleCase.Patch(choices.Target + (choices.Operand16 ? 2u : 4u), Selector());
                break;
            case 0x62 when random.Chance(70):
                PrepareBounds(choices);
                break;
        }
    }

    void PrepareBounds(Choices choices)
    {
        uint around = R[choices.Reg];
        uint lower = around - (uint)random.Between(-1, 40), upper = around + (uint)random.Between(-1, 40);
        if (choices.Operand16)
            oracleCase.Patch(choices.Target, (lower & 0xFFFF) | (upper << 16));
        else
            oracleCase.Patch(choices.Target, [.. BitConverter.GetBytes(lower), .. BitConverter.GetBytes(upper)]);
    }

    void PrepareStack(Choices choices)
    {
        uint top = R[Reg.Esp] + selectors.Base(oracleCase.Selectors[(int)SegmentRegister.Ss]);
        uint word = choices.Operand16 ? 2u : 4u;
        uint eflags = random.Next() & ~EflagsBits.Trap;
        switch (choices.Definition.Opcode)
        {
            case 0xC2 or 0xC3 when random.Chance(90):
                oracleCase.Patch(top, CodeTarget());
                break;
            case 0xCA or 0xCB:
                oracleCase.Patch(top, CodeTarget());
                oracleCase.Patch(top + word, FarCodeSelector());
                break;
            case 0xCF:
                oracleCase.Patch(top, CodeTarget());
                oracleCase.Patch(top + word, FarCodeSelector());
                oracleCase.Patch(top + (2 * word), eflags);
                break;
            case 0x9D:
                oracleCase.Patch(top, eflags);
                break;
            case 0x07 or 0x17 or 0x1F or 0x0FA1 or 0x0FA9:
                oracleCase.Patch(top, (random.Next() << 16) | Selector());
                break;
        }
    }

    void PrepareString(Choices choices)
    {
        InstructionDefinition d = choices.Definition;
        int size = (d.Opcode & 1) == 0 ? 1 : choices.Operand16 ? 2 : 4;
        bool compares = d.Opcode is 0xA6 or 0xA7 or 0xAE or 0xAF;
        int count = random.Below(10) switch { 0 => 0, < 6 => random.Below(20), < 9 => random.Below(600), _ => (int)random.Value() };
        uint source = addresses.PickTarget();
        // Overlapping moves spread what they have just written.
        uint destination;
        do
            destination = random.Chance(20) ? source + (uint)random.Between(-9, 9) : addresses.PickTarget();
        while (destination - OracleLayout.Code < OracleLayout.CodeSize + 16);   // one that overwrites itself may end at any time
        if (compares && random.Chance(80))
        {
            byte[] same = new byte[random.Below(64)];
            uint pattern = random.Value();
            for (int i = 0; i < same.Length; i++)
                same[i] = (byte)(pattern >> (8 * (i % size)));
            R[Reg.Eax] = pattern;
            bool down = (oracleCase.Eflags & EflagsBits.Direction) != 0;
            uint back = down ? (uint)Math.Max(0, same.Length - size) : 0;
            oracleCase.Patch(source - back, same);
            oracleCase.Patch(destination - back, same);
        }

        SetLow(Reg.Esi, addresses.OffsetIn(choices.Override ?? SegmentRegister.Ds, source), choices.Address16);
        SetLow(Reg.Edi, addresses.OffsetIn(SegmentRegister.Es, destination), choices.Address16);
        SetLow(Reg.Ecx, (uint)count, choices.Address16);
    }

    /// <summary>Sets a register, or with 16-bit addresses the half that counts.</summary>
    void SetLow(int register, uint value, bool address16) => R[register] = address16 ? (random.Next() << 16) | (ushort)value : value;

    void PrepareDivision(Choices choices)
    {
        Freeze(Reg.Eax, Reg.Edx);
        bool signed = choices.Definition.Digit == 7;
        if (random.Chance(75))
        {
            // A dividend whose upper half is small, or the lower half's sign, divides without overflow most of the time.
            R[Reg.Edx] = signed && random.Chance(60) ? (uint)((int)R[Reg.Eax] >> 31) : (uint)random.Below(200);
            if (choices.Bits == 16 && signed)
                R[Reg.Edx] = (uint)((short)R[Reg.Eax] >> 15);
            if (choices.Bits == 8)
                R[Reg.Eax] = signed ? (uint)random.Between(-4000, 4000) : (uint)random.Below(9000);
        }

        if (!choices.IsMemory && choices.Rm is not (Reg.Eax or Reg.Edx) && random.Chance(70))
            R[choices.Rm] = choices.Bits == 8 ? Divisor8() * 0x101 : choices.Bits == 16 ? Divisor16() : Divisor32();
    }

    uint Divisor8() => (uint)random.Between(1, 255);
    uint Divisor16() => (uint)random.Between(150, 0xFFFF);
    uint Divisor32() => (uint)random.Between(150, int.MaxValue) + (random.Chance(50) ? 0x80000000 : 0);

    void PrepareShift(Choices choices)
    {
        bool byRegister = choices.Definition.Opcode is 0xD2 or 0xD3 or 0x0FA5 or 0x0FAD;
        bool isDouble = choices.Definition.Opcode > 0xFF;
        uint count = random.Chance(75) ? (uint)random.Below(40) : random.Value();
        // The manual leaves the result of a double shift beyond the operand's size undefined.
        if (isDouble && choices.Operand16)
            count = (count & 0xE0) | ((count & 0x1F) % 17);
        if (byRegister)
            Set(Reg.Ecx, (R[Reg.Ecx] & 0xFFFFFF00) | (count & 0xFF));
        else
            choices.Immediate = count;
    }

    void Set(int register, uint value)
    {
        R[register] = value;
        addresses.Frozen.Add(register);
    }

    void Freeze(params ReadOnlySpan<int> registers)
    {
        foreach (int register in registers)
            addresses.Frozen.Add(register);
    }

    // Not into the branch itself, which would make it endless.
    uint ShortBranch() => (uint)(random.Chance(50) ? random.Between(-128, -16) : random.Below(128));

    /// <summary>Where a branch may go: into the code, which is int3 all over, but for the instruction itself.</summary>
    uint CodeTarget()
    {
        if (random.Chance(10))
            return random.Value();
        uint offset;
        do
            offset = (uint)random.Below((int)OracleLayout.CodeSize);
        while (offset is (> 0x3F0 and < 0x420) or (> 0xFE0 and < 0x1020));
        return OracleLayout.Code + offset;
    }

    ushort FarCodeSelector() => random.Below(10) switch
    {
        < 6 => selectors.Code,
        6 => (ushort)(selectors.Code & ~3),
        _ => Selector(),
    };

    /// <summary>A selector that both sides know: null, code, data, of any RPL.</summary>
    ushort Selector()
    {
        ushort selector = random.Pick<ushort>(0, selectors.Code, selectors.Data, selectors.Data, selectors.Based, selectors.Limited, selectors.ExpandDown);
        return random.Chance(70) ? selector : (ushort)((selector & ~3) | random.Below(4));
    }
}
