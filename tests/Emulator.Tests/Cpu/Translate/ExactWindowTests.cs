using LguestPS.Emulator.Cpu.Mmu;
using LguestPS.Emulator.Memory;
using Xunit;

namespace LguestPS.Emulator.Tests.Translate;

/// <summary>Which pages an <see cref="ExactWindow"/> has the host show.</summary>
public sealed unsafe class ExactWindowTests
{
    const uint Linear = 0xC0000000, Physical = 0x5000, Size = GuestMemory.PageSize;

    readonly RecordingWindow host = new();
    readonly ExactWindow window;

    public ExactWindowTests() => window = new(host);

    void Show(uint page, bool isGlobal = false) => window.Show(Linear + page * Size, Physical + page * Size, writable: true, isGlobal);

    [Fact]
    public void APageIsShownWhereAndAsItWasSaid()
    {
        window.Show(Linear + 0x123, Physical, writable: false, isGlobal: false);
        Assert.Equal((Physical, false), host.Shown[Linear]);
        Assert.True(window.Shows(Linear, Physical, writable: false));
        Assert.False(window.Shows(Linear, Physical, writable: true));
        Assert.False(window.Shows(Linear, Physical + Size, writable: false));
        Assert.False(window.Shows(Linear + Size, Physical, writable: false));
    }

    [Fact]
    public void GlobalPagesOutliveAFlushOfTheOthers()
    {
        Show(0, isGlobal: true);
        Show(1);
        Show(2);
        window.HideAll(includeGlobal: false);
        Assert.Equal([Linear], host.Shown.Keys);
        window.HideAll(includeGlobal: false);
        Assert.Equal([Linear], host.Shown.Keys);
        window.HideAll(includeGlobal: true);
        Assert.Empty(host.Shown);
    }

    [Fact]
    public void OnlyWritersOfAForbiddenPageGo()
    {
        Show(0);
        window.Show(Linear + 8 * Size, Physical, writable: true, isGlobal: true);
        window.Show(Linear + 9 * Size, Physical, writable: false, isGlobal: false);
        Show(1);
        window.ForbidWrites(Physical);
        Assert.Equal([Linear + Size, Linear + 9 * Size], host.Shown.Keys.Order());
    }

    [Fact]
    public void APageThatTheTlbHasElsewhereGoes()
    {
        Show(0);
        window.Replace(Linear, Physical);
        Assert.Single(host.Shown);
        window.Replace(Linear, Physical + Size);
        Assert.Empty(host.Shown);
    }

    [Fact]
    public void MappingsAreBounded()
    {
        for (uint page = 0; page < 10_000; page++)
            Show(page);
        Assert.InRange(host.Most, 1000, 4000);
        Assert.True(window.Shows(Linear + 9999 * Size, Physical + 9999 * Size, writable: true));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void WhatTheHostWillNotTakeBackAloneGoesWithAllOthers(bool flush)
    {
        Show(0, isGlobal: true);
        Show(1);
        host.Refuses = true;
        if (flush)
            window.HideAll(includeGlobal: false);
        else
            window.Hide(Linear + Size);
        Assert.Empty(host.Shown);
        Assert.False(window.Shows(Linear, Physical, writable: true));
    }

    [Fact]
    public void AGuestDoesNotGoOnWithMoreThanItMayAccess()
    {
        Show(0);
        host.Refuses = host.RefusesAll = true;
        Assert.Throws<InvalidOperationException>(() => window.Hide(Linear));
    }

    sealed class RecordingWindow : IMemoryWindow
    {
        public Dictionary<uint, (uint Physical, bool Writable)> Shown { get; } = [];

        public int Most { get; private set; }

        public bool Refuses { get; set; }

        public bool RefusesAll { get; set; }

        public byte* Base => null;

        public bool TryShow(uint linear, uint physical, uint length, bool writable)
        {
            Assert.Equal(Size, length);
            Shown[linear] = (physical, writable);
            Most = Math.Max(Most, Shown.Count);
            return true;
        }

        public bool TryHide(uint linear, uint length)
        {
            if (!Refuses)
                Shown.Remove(linear);
            return !Refuses;
        }

        public bool TryClear()
        {
            if (!RefusesAll)
                Shown.Clear();
            return !RefusesAll;
        }

        public void Dispose()
        {
        }
    }
}
