namespace LguestPS.Emulator.Devices;

/// <summary>A device as a guest's definition has it, before there is a guest: what was asked for, checked as far as can be. It is opened anew at each start.</summary>
public abstract record DeviceSettings
{
    /// <summary>block, net or rng.</summary>
    public abstract string Kind { get; }

    /// <summary>Opens what the device needs of the host and makes it.</summary>
    /// <exception cref="HostResourceException">The host does not have it, or will not give it.</exception>
    public abstract VirtioDevice Create(IDeviceHost host);

    /// <summary>Tries whether the host has what the device needs, and leaves nothing behind.</summary>
    /// <exception cref="HostResourceException">The host does not have it, or will not give it.</exception>
    public virtual void Check()
    {
    }
}

/// <summary>Something of the host that a guest needs cannot be had: a file, an interface, memory.</summary>
/// <param name="errorId">A stable id, such as <c>DiskNotFound</c>, that becomes the ErrorRecord's.</param>
/// <param name="message">What went wrong.</param>
/// <param name="target">What it is about: a path, a name.</param>
/// <param name="inner">The cause.</param>
public sealed class HostResourceException(string errorId, string message, object? target = null, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>The stable id.</summary>
    public string ErrorId { get; } = errorId;

    /// <summary>What it is about.</summary>
    public object? Target { get; } = target;
}
