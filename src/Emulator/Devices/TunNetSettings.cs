using System.Globalization;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using LguestPS.Emulator.Linux;
using Tmds.Linux;

namespace LguestPS.Emulator.Devices;

/// <summary>A network card whose other end is a TAP interface of the host, with an address of its own or on a bridge.</summary>
public sealed record TunNetSettings : DeviceSettings
{
    const int MacBytes = 6;

    TunNetSettings(IPAddress? address, string? bridge, PhysicalAddress? mac, string? tapName)
        => (IPAddress, Bridge, MacAddress, TapName) = (address, bridge, mac, tapName);

    /// <inheritdoc/>
    public override string Kind => "net";

    /// <summary>The IPv4 address of the host's end; null when it goes on a bridge.</summary>
    public IPAddress? IPAddress { get; }

    /// <summary>The bridge that the host's end goes on; null when it has an address.</summary>
    public string? Bridge { get; }

    /// <summary>The guest's hardware address; null lets its driver choose.</summary>
    public PhysicalAddress? MacAddress { get; }

    /// <summary>The host's interface, new or existing; null lets the host choose tap0, tap1 and so on.</summary>
    public string? TapName { get; }

    /// <summary>A card whose host end has an address.</summary>
    /// <param name="address">Its IPv4 address, as four decimal numbers.</param>
    /// <param name="mac">The guest's hardware address, as six hexadecimal numbers with colons or dashes between.</param>
    /// <param name="tapName">The host's interface.</param>
    /// <exception cref="HostResourceException">IPAddressInvalid, MacAddressInvalid, TapNameInvalid.</exception>
    public static TunNetSettings ForAddress(string address, string? mac = null, string? tapName = null)
        => new(ParseAddress(address), null, ParseMac(mac), CheckName(tapName, "TapNameInvalid"));

    /// <summary>A card whose host end is on a bridge.</summary>
    /// <param name="bridge">The bridge's name.</param>
    /// <param name="mac">The guest's hardware address, as six hexadecimal numbers with colons or dashes between.</param>
    /// <param name="tapName">The host's interface.</param>
    /// <exception cref="HostResourceException">BridgeNotFound, MacAddressInvalid, TapNameInvalid.</exception>
    public static TunNetSettings ForBridge(string bridge, string? mac = null, string? tapName = null)
        => new(null, CheckName(bridge, "BridgeNotFound"), ParseMac(mac), CheckName(tapName, "TapNameInvalid"));

    /// <inheritdoc/>
    public override VirtioDevice Create(IDeviceHost host)
    {
        TapInterface tap = OpenTap();
        try
        {
            Connect(tap);
            Try("TapUnavailable", $"Interface '{tap.Name}' cannot be brought up", tap.Name, tap.BringUp);
            string description = Bridge is null ? $"tun {tap.Name}: {Argument}" : $"tun {tap.Name} attached to bridge: {Argument}";
            return new NetDevice(tap, MacAddress, description);
        }
        catch
        {
            tap.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public override void Check()
    {
        using TapInterface tap = OpenTap();
        if (TapName is null)   // one that the user named may be in use as it is
            Connect(tap);
    }

    /// <inheritdoc/>
    public override string ToString() => Bridge is null ? Argument : $"bridge {Argument}";

    string Argument => Bridge ?? IPAddress!.ToString();

    TapInterface OpenTap()
    {
        try
        {
            return new TapInterface(TapName);
        }
        catch (IOException error)
        {
            string which = TapName is null ? "A TAP interface" : $"TAP interface '{TapName}'";
            throw new HostResourceException("TapUnavailable", $"{which} cannot be had: {error.Message}", TapName, error);
        }
    }

    void Connect(TapInterface tap)
    {
        if (IPAddress is not null)
            SetAddress(tap, IPAddress);
        else
            Join(tap, Bridge!);
    }

    static void SetAddress(TapInterface tap, IPAddress address)
        => Try("IPAddressUnavailable", $"Interface '{tap.Name}' cannot have address {address}", address, () => tap.SetAddress(address));

    static void Join(TapInterface tap, string bridge)
    {
        try
        {
            tap.Join(bridge);
        }
        catch (HostCallException error) when (error.Error == LibC.ENODEV || error.Error == LibC.EOPNOTSUPP)
        {
            throw new HostResourceException("BridgeNotFound", $"There is no bridge '{bridge}'.", bridge, error);
        }
        catch (IOException error)
        {
            throw new HostResourceException("BridgeUnavailable", $"Interface '{tap.Name}' cannot be attached to bridge '{bridge}': {error.Message}", bridge, error);
        }
    }

    static void Try(string errorId, string failure, object target, Action action)
    {
        try
        {
            action();
        }
        catch (IOException error)
        {
            throw new HostResourceException(errorId, $"{failure}: {error.Message}", target, error);
        }
    }

    static IPAddress ParseAddress(string text)
    {
        // The runtime would take "1" for 0.0.0.1.
        if (text.Count(c => c == '.') == 3 && IPAddress.TryParse(text, out IPAddress? address) && address.AddressFamily == AddressFamily.InterNetwork)
            return address;
        throw new HostResourceException("IPAddressInvalid", $"Failed to parse IP address '{text}'", text);
    }

    static PhysicalAddress? ParseMac(string? text)
    {
        if (text is null)
            return null;
        string[] parts = text.Split(text.Contains('-') ? '-' : ':');
        byte[] bytes = new byte[MacBytes];
        bool valid = parts.Length == MacBytes;
        for (int i = 0; i < MacBytes && valid; i++)
            valid = parts[i].Length is 1 or 2 && byte.TryParse(parts[i], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out bytes[i]);
        if (!valid)
            throw new HostResourceException("MacAddressInvalid", $"Failed to parse mac address '{text}'", text);
        if ((bytes[0] & 1) != 0 || bytes.AsSpan().IndexOfAnyExcept((byte)0) < 0)
            throw new HostResourceException("MacAddressInvalid", $"Mac address '{text}' is not one that a card can have: it is zero, or for groups.", text);
        return new PhysicalAddress(bytes);
    }

    static string? CheckName(string? name, string errorId)
    {
        if (name is null)
            return null;
        if (name.Length is 0 or > TapInterface.LongestName || name is "." or ".." || name.Any(c => c is '/' or ':' or '%' || c > '~' || c <= ' '))
            throw new HostResourceException(errorId, $"'{name}' is not the name of an interface.", name);
        return name;
    }
}
