using System.Text;
using Iced.Intel;
using LguestPS.Emulator.Cpu.Control;
using LguestPS.Emulator.Cpu.State;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace LguestPS.Emulator.Tests.Hardware;

/// <summary>Control registers, flags, ports, model-specific registers, cpuid.</summary>
public sealed unsafe class ControlTests : IDisposable
{
    readonly HardwareRig rig = new();

    public void Dispose() => rig.Dispose();

    public static TheoryData<string> RingZeroInstructions => [.. Privileged.Keys];

    static readonly Dictionary<string, Action<Assembler>> Privileged = new()
    {
        ["mov cr0"] = c => c.mov(cr0, eax),
        ["mov from cr3"] = c => c.mov(eax, cr3),
        ["mov dr7"] = c => c.mov(dr7, eax),
        ["mov from dr0"] = c => c.mov(eax, dr0),
        ["clts"] = c => c.clts(),
        ["lmsw"] = c => c.lmsw(ax),
        ["invlpg"] = c => c.invlpg(__[eax]),
        ["wbinvd"] = c => c.wbinvd(),
        ["invd"] = c => c.invd(),
        ["hlt"] = c => c.hlt(),
        ["rdmsr"] = c => c.rdmsr(),
        ["wrmsr"] = c => c.wrmsr(),
        ["sysexit"] = c => c.sysexit(),
        ["cli"] = c => c.cli(),
        ["sti"] = c => c.sti(),
        ["in"] = c => c.@in(al, dx),
        ["out"] = c => c.@out(0x20, eax),
        ["rep insb"] = c => c.rep.insb(),
        ["outsd"] = c => c.outsd(),
    };

    [Theory]
    [MemberData(nameof(RingZeroInstructions))]
    public void Ring_3_may_not(string instruction)
    {
        rig.S->Tr.Limit = 0x66;
        Stop stop = rig.Run3(Privileged[instruction]);
        Assert.Equal((13, 0u, HardwareRig.Code3Start), (stop.Vector, stop.ErrorCode, stop.Eip));
    }

    [Theory]
    [InlineData(0x80000010u)]   // paging without protection
    [InlineData(0x20000011u)]   // not write-through without cache disable
    public void Impossible_values_of_cr0_fault(uint value)
    {
        Stop stop = rig.Run0(c => { c.mov(eax, value); c.mov(cr0, eax); });
        Assert.Equal((13, 0u), (stop.Vector, stop.ErrorCode));
        Assert.Equal(0x11u, rig.S->Cr0);
    }

    [Fact]
    public void Unknown_bits_of_cr4_and_unknown_control_registers_fault()
    {
        Assert.Equal(13, rig.Run0(c => { c.mov(eax, 0x2000); c.mov(cr4, eax); }).Vector);
        Assert.Equal(6, rig.Run0(c => c.db(0x0F, 0x20, 0xC8)).Vector);
    }

    [Fact]
    public void Lmsw_sets_but_never_clears_PE_and_clts_clears_TS()
    {
        rig.Run0(c =>
        {
            c.mov(ax, 8);
            c.lmsw(ax);
            c.smsw(ebx);
            c.clts();
            c.smsw(cx);
            c.hlt();
        });
        Assert.Equal((0x19u, 0x11u), (rig.S->R[Reg.Ebx], rig.S->R[Reg.Ecx]));
    }

    [Theory]
    [InlineData(0, 0u, 0x3202u, 0x3202u)]
    [InlineData(3, 0u, 0x3202u, 0x0002u)]        // neither IF nor IOPL
    [InlineData(3, 0x3000u, 0x0202u, 0x3202u)]   // IF, not IOPL
    [InlineData(0, 0u, 0x3D4002u, 0x244002u)]    // AC, ID and NT can be set; RF, VIF and VIP not
    public void Popf_changes_what_the_ring_may_change(int ring, uint before, uint image, uint after)
    {
        rig.S->OtherFlags = before | 2;
        Action<Assembler> code = c =>
        {
            c.push((int)image);
            c.popfd();
            c.pushfd();
            c.pop(ebx);
            c.ud2();
        };
        _ = ring == 0 ? rig.Run0(code) : rig.Run3(code);
        Assert.Equal(after, rig.S->R[Reg.Ebx]);
    }

    [Fact]
    public void A_16_bit_popf_leaves_the_upper_flags()
    {
        rig.S->OtherFlags |= EflagsBits.Identification;
        rig.Run0(c => { c.push(0x8D5); c.popf(); c.lea(esp, __[esp + 2]); c.pushfd(); c.pop(ebx); c.hlt(); });
        Assert.Equal(EflagsBits.Identification | 0x8D7, rig.S->R[Reg.Ebx]);
    }

    [Fact]
    public void The_tss_bitmap_opens_ports_to_ring_3()
    {
        rig.S->Tr.Limit = 0xFF;
        rig.Memory.Write<ushort>(HardwareRig.Tss + 0x66, 0x68);
        rig.Memory.Slice(HardwareRig.Tss + 0x68, 0x90).Fill(0xFF);
        rig.Memory.Write<byte>(HardwareRig.Tss + 0x68 + 2, 0b0000_1111);   // ports 0x14 to 0x17
        Stop stop = rig.Run3(c =>
        {
            c.mov(dx, 0x14);
            c.@in(eax, dx);
            c.mov(dx, 0x16);
            c.@out(dx, ax);
            c.@out(dx, eax);
        });
        Assert.Equal((13, 0u, HardwareRig.Code3Start + 11), (stop.Vector, stop.ErrorCode, stop.Eip));
        Assert.Equal([('r', 0x14, 4, 0), ('w', 0x16, 2, 0x3344u)], rig.Ports);
    }

    [Fact]
    public void A_port_beyond_the_bitmap_is_closed_and_IOPL_3_opens_all()
    {
        rig.S->Tr.Limit = 0xFF;
        rig.Memory.Write<ushort>(HardwareRig.Tss + 0x66, 0x68);
        Stop closed = rig.Run3(c => { c.mov(dx, 0x4B8); c.@in(al, dx); });
        Assert.Equal(13, closed.Vector);
        rig.S->OtherFlags |= EflagsBits.IoPrivilege;
        rig.Run3(c => { c.mov(dx, 0x4B8); c.@in(al, dx); c.@in(ax, 0x80); c.ud2(); });
        Assert.Equal([('r', 0x4B8, 1, 0), ('r', 0x80, 2, 0)], rig.Ports);
    }

    [Fact]
    public void Port_reads_fill_their_part_of_eax()
    {
        rig.Run0(c => { c.mov(eax, unchecked((int)0xAABBCCDD)); c.@in(al, 0x60); c.mov(ebx, eax); c.@in(ax, 0x60); c.mov(ecx, eax); c.@in(eax, 0x60); c.hlt(); });
        Assert.Equal((0xAABBCC44u, 0xAABB3344u, 0x11223344u), (rig.S->R[Reg.Ebx], rig.S->R[Reg.Ecx], rig.S->R[Reg.Eax]));
    }

    [Fact]
    public void Port_strings_repeat_and_go_both_ways()
    {
        rig.Memory.Write(HardwareRig.Data + 0x100, 0x04030201u);
        rig.Run0(c =>
        {
            c.mov(dx, 0x99);
            c.mov(edi, HardwareRig.Data);
            c.mov(ecx, 3);
            c.rep.insw();
            c.mov(esi, HardwareRig.Data + 0x103);
            c.mov(ecx, 2);
            c.std();
            c.rep.outsb();
            c.cld();
            c.hlt();
        });
        Assert.Equal((HardwareRig.Data + 6, HardwareRig.Data + 0x101, 0u), (rig.S->R[Reg.Edi], rig.S->R[Reg.Esi], rig.S->R[Reg.Ecx]));
        Assert.Equal(0x3344_3344u, rig.Read<uint>(HardwareRig.Data + 2));
        Assert.Equal([4u, 3u], rig.Ports.Where(p => p.Direction == 'w').Select(p => p.Value));
    }

    [Fact]
    public void Ins_to_a_bad_page_reads_no_port()
    {
        rig.EnablePaging();
        rig.Memory.Write(HardwareRig.EntryOf(0x200000), 0u);
        Stop stop = rig.Run0(c => { c.mov(edi, 0x1FFFFE); c.mov(ecx, 4); c.rep.insw(); });
        Assert.Equal((14, 2u), (stop.Vector, stop.ErrorCode));
        Assert.Single(rig.Ports);
        Assert.Equal((3u, 0x200000u), (rig.S->R[Reg.Ecx], rig.S->R[Reg.Edi]));
    }

    [Fact]
    public void Model_specific_registers_keep_what_they_are_given()
    {
        foreach ((uint register, ulong value) in ((uint, ulong)[])[(0x3B, 0x123456789), (0x174, 0x60), (0x175, 0xC0123456), (0x176, 0xC0654321), (0x277, 0x0007010600070106), (0xC0000080, 0x800)])
        {
            Stop stop = rig.Run0(c =>
            {
                c.mov(ecx, register);
                c.mov(eax, (uint)value);
                c.mov(edx, (uint)(value >> 32));
                c.wrmsr();
                c.xor(eax, eax);
                c.xor(edx, edx);
                c.rdmsr();
                c.hlt();
            });
            Assert.Equal((-1, value), (stop.Vector, rig.S->R[Reg.Eax] | ((ulong)rig.S->R[Reg.Edx] << 32)));
        }
    }

    [Theory]
    [InlineData(0x12345u, 0u)]
    [InlineData(0x277u, 0x02u)]          // no such memory type
    [InlineData(0xC0000080u, 0x100u)]    // long mode
    public void Unknown_registers_and_values_fault(uint register, uint value)
    {
        Stop stop = rig.Run0(c => { c.mov(ecx, register); c.mov(eax, value); c.xor(edx, edx); c.wrmsr(); });
        Assert.Equal((13, 0u), (stop.Vector, stop.ErrorCode));
    }

    [Fact]
    public void The_time_stamp_counter_can_be_set_and_hidden()
    {
        rig.Run0(c =>
        {
            c.mov(ecx, 0x10);
            c.xor(edx, edx);
            c.mov(eax, 1_000_000);
            c.wrmsr();
            c.rdtsc();
            c.mov(ebx, eax);
            c.mov(ecx, 0x3B);   // IA32_TSC_ADJUST has the same step
            c.rdmsr();
            c.hlt();
        });
        Assert.InRange(rig.S->R[Reg.Ebx], 1_000_000u, 1_000_010u);
        Assert.InRange(rig.S->R[Reg.Eax], 999_990u, 1_000_000u);
        rig.S->Cr4 = 4;
        Assert.Equal(13, rig.Run3(c => c.rdtsc()).Vector);
    }

    [Fact]
    public void Cpuid_names_the_processor_and_what_it_can_do()
    {
        Assert.Equal("GenuineIntel", Text(0, l => [l.Ebx, l.Edx, l.Ecx]));
        Assert.Equal("LguestPS Virtual CPU", string.Concat(Enumerable.Range(2, 3).Select(i => Text(0x80000000 + (uint)i, l => [l.Eax, l.Ebx, l.Ecx, l.Edx]))));
        rig.Run0(c => { c.mov(eax, 1); c.cpuid(); c.hlt(); });
        Assert.Equal(6u, (rig.S->R[Reg.Eax] >> 8) & 0xF);
        Assert.Equal((uint)Cpuid.Features, rig.S->R[Reg.Edx]);
        rig.Run0(c => { c.mov(eax, 7); c.xor(ecx, ecx); c.cpuid(); c.hlt(); });
        Assert.Equal(2u, rig.S->R[Reg.Ebx]);   // IA32_TSC_ADJUST
        Assert.Equal((0u, 0u, 0u, 0u), Cpuid.Leaf(7, 1));

        static string Text(uint leaf, Func<(uint Eax, uint Ebx, uint Ecx, uint Edx), uint[]> registers) =>
            Encoding.ASCII.GetString([.. registers(Cpuid.Leaf(leaf)).SelectMany(BitConverter.GetBytes)]).TrimEnd('\0');
    }
}
