namespace LguestPS.Emulator.Cpu.Control;

/// <summary>CR0 bits (Intel SDM vol. 3, 2.5).</summary>
public static class Cr0
{
    /// <summary>PE.</summary>
    public const uint ProtectionEnable = 1 << 0;
    /// <summary>MP: wait obeys TS.</summary>
    public const uint MonitorCoprocessor = 1 << 1;
    /// <summary>EM: no x87.</summary>
    public const uint Emulation = 1 << 2;
    /// <summary>TS: the x87 state is another task's.</summary>
    public const uint TaskSwitched = 1 << 3;
    /// <summary>ET: always 1.</summary>
    public const uint ExtensionType = 1 << 4;
    /// <summary>NE: x87 errors are exception 16.</summary>
    public const uint NumericError = 1 << 5;
    /// <summary>WP: read-only pages bind the supervisor too.</summary>
    public const uint WriteProtect = 1 << 16;
    /// <summary>AM.</summary>
    public const uint AlignmentMask = 1 << 18;
    /// <summary>NW.</summary>
    public const uint NotWriteThrough = 1 << 29;
    /// <summary>CD.</summary>
    public const uint CacheDisable = 1 << 30;
    /// <summary>PG.</summary>
    public const uint Paging = 1u << 31;

    /// <summary>The bits that can be set.</summary>
    public const uint Defined = ProtectionEnable | MonitorCoprocessor | Emulation | TaskSwitched | ExtensionType | NumericError
        | WriteProtect | AlignmentMask | NotWriteThrough | CacheDisable | Paging;
}

/// <summary>CR4 bits (Intel SDM vol. 3, 2.5).</summary>
public static class Cr4
{
    /// <summary>TSD: rdtsc is for ring 0.</summary>
    public const uint TimeStampDisable = 1 << 2;
    /// <summary>DE: I/O breakpoints; dr4 and dr5 are gone.</summary>
    public const uint DebuggingExtensions = 1 << 3;
    /// <summary>PSE: 4 MB pages.</summary>
    public const uint PageSizeExtensions = 1 << 4;
    /// <summary>PAE.</summary>
    public const uint PhysicalAddressExtension = 1 << 5;
    /// <summary>MCE.</summary>
    public const uint MachineCheck = 1 << 6;
    /// <summary>PGE: global pages.</summary>
    public const uint PageGlobal = 1 << 7;
    /// <summary>OSFXSR: fxsave keeps SSE state, SSE instructions may be used.</summary>
    public const uint FxSave = 1 << 9;
    /// <summary>OSXMMEXCPT: SSE errors are exception 19.</summary>
    public const uint SimdExceptions = 1 << 10;

    /// <summary>The bits that this processor lets be set.</summary>
    public const uint Defined = TimeStampDisable | DebuggingExtensions | PageSizeExtensions | PhysicalAddressExtension | PageGlobal
        | FxSave | SimdExceptions;
}

/// <summary>IA32_EFER bits.</summary>
public static class Efer
{
    /// <summary>NXE: bit 63 of a PAE entry forbids execution.</summary>
    public const ulong NoExecute = 1 << 11;
}
