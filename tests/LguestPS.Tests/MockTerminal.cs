using System.Collections.Concurrent;
using System.Text;
using LguestPS.Emulator.Linux;

namespace LguestPS.Tests;

/// <summary>A terminal whose keys a test presses and whose screen it reads.</summary>
sealed class MockTerminal : ITerminal
{
    readonly BlockingCollection<byte[]> keys = [];
    readonly object gate = new();
    readonly StringBuilder screen = new();
    Action? watcher;

    public string Screen
    {
        get
        {
            lock (gate)
                return screen.ToString();
        }
    }

    public void Press(string text) => keys.Add(Encoding.UTF8.GetBytes(text));

    public void EndInput() => keys.CompleteAdding();

    /// <summary>Waits, bounded, until the screen shows a text.</summary>
    public void WaitForScreen(string text)
    {
        Assert.True(SpinWait.SpinUntil(() => Screen.Contains(text), TimeSpan.FromSeconds(10)), $"The screen shows '{Screen}', not '{text}'.");
    }

    public (ushort Columns, ushort Rows)? WindowSize { get; set; }

    /// <summary>The user drags the window's corner.</summary>
    public void Resize(ushort columns, ushort rows)
    {
        WindowSize = (columns, rows);
        watcher?.Invoke();
    }

    public IDisposable? EnterRawMode() => null;

    public IDisposable WatchWindowSize(Action changed)
    {
        watcher = changed;
        return new Unwatch(this);
    }

    public int Read(Span<byte> buffer, CancellationToken cancellation)
    {
        if (!keys.TryTake(out byte[]? pressed, Timeout.Infinite, cancellation))
            return 0;
        pressed.CopyTo(buffer);
        return pressed.Length;
    }

    public void Write(ReadOnlySpan<byte> output)
    {
        lock (gate)
            screen.Append(Encoding.UTF8.GetString(output));
    }

    sealed class Unwatch(MockTerminal terminal) : IDisposable
    {
        public void Dispose() => terminal.watcher = null;
    }
}
