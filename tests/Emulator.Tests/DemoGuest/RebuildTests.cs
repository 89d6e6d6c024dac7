using System.ComponentModel;
using System.Diagnostics;
using LguestPS.Emulator.Launcher;
using Xunit;

namespace LguestPS.Emulator.Tests.DemoGuest;

/// <summary>The checked-in image is what its sources say. Compilers differ in the code they make, so bytes are compared only where the same ones are here that made the image.</summary>
public sealed class RebuildTests : IDisposable
{
    readonly string folder = Directory.CreateTempSubdirectory("demo-guest").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [FactWithCompiler]
    public void TheImageCanBeBuiltAgain()
    {
        string image = Path.Combine(folder, "rebuilt.elf");
        Run("sh", Path.Combine(RunningDemoGuest.SourceFolder, "build.sh"), image, Path.Combine(folder, "obj"));

        using (RunningDemoGuest guest = RunningDemoGuest.Boot("quiet", image: image))
        {
            Assert.Contains("Hello from ring 3", guest.Ask("user hello"));
            Assert.Equal(GuestExitKind.PowerOff, guest.Last("halt").Kind);
        }

        string toolchain = File.ReadAllText(Path.Combine(folder, "rebuilt.toolchain"));
        if (toolchain == File.ReadAllText(Path.ChangeExtension(RunningDemoGuest.ImagePath, ".toolchain")))
            Assert.Equal(File.ReadAllBytes(RunningDemoGuest.ImagePath), File.ReadAllBytes(image));
    }

    static void Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, errors);
    }

    /// <summary>A test that needs gcc and ld for x86.</summary>
    sealed class FactWithCompilerAttribute : FactAttribute
    {
        public FactWithCompilerAttribute()
        {
            if (!HasCompiler())
                Skip = "There is no gcc for x86 here.";
        }

        static bool HasCompiler()
        {
            try
            {
                using Process gcc = Process.Start(new ProcessStartInfo("gcc", ["-dumpmachine"]) { RedirectStandardOutput = true })!;
                string machine = gcc.StandardOutput.ReadToEnd();
                gcc.WaitForExit();
                using Process ld = Process.Start(new ProcessStartInfo("ld", ["--version"]) { RedirectStandardOutput = true })!;
                ld.StandardOutput.ReadToEnd();
                ld.WaitForExit();
                return machine.StartsWith("x86_64-", StringComparison.Ordinal) || (machine.StartsWith('i') && machine.Contains("86-", StringComparison.Ordinal));
            }
            catch (Win32Exception)
            {
                return false;
            }
        }
    }
}
