using System.Management.Automation.Host;

namespace LguestPS.Shell;

/// <summary>A screen of fixed width, which the engine's formatting asks for; nothing else of a screen is there.</summary>
sealed class ShellRawUserInterface : PSHostRawUserInterface
{
    static readonly Size Screen = new(160, 50);

    public override Size BufferSize { get; set; } = Screen;

    public override Size WindowSize { get; set; } = Screen;

    public override Size MaxWindowSize => Screen;

    public override Size MaxPhysicalWindowSize => Screen;

    public override Coordinates WindowPosition { get; set; }

    public override Coordinates CursorPosition { get; set; }

    public override int CursorSize { get; set; } = 1;

    public override ConsoleColor ForegroundColor { get; set; } = ConsoleColor.Gray;

    public override ConsoleColor BackgroundColor { get; set; } = ConsoleColor.Black;

    public override string WindowTitle { get; set; } = "";

    public override bool KeyAvailable => false;

    public override void FlushInputBuffer()
    {
    }

    public override KeyInfo ReadKey(ReadKeyOptions options) => throw NoScreen();

    public override BufferCell[,] GetBufferContents(Rectangle rectangle) => throw NoScreen();

    public override void ScrollBufferContents(Rectangle source, Coordinates destination, Rectangle clip, BufferCell fill) => throw NoScreen();

    public override void SetBufferContents(Rectangle rectangle, BufferCell fill) => throw NoScreen();

    public override void SetBufferContents(Coordinates origin, BufferCell[,] contents) => throw NoScreen();

    static HostException NoScreen() => new("This host has no screen.");
}
