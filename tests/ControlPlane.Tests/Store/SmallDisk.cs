using System.Diagnostics;

namespace Orchestrator.ControlPlane.Tests.Store;

/// <summary>
/// A file system of a few megabytes, to be filled up. Unmounted after the test.
/// </summary>
sealed class SmallDisk : IDisposable
{
    public SmallDisk(string path, int megabytes)
    {
        Path = Directory.CreateDirectory(path).FullName;
        Run("mount", "-t", "tmpfs", "-o", $"size={megabytes}m", "tmpfs", Path);
    }

    public string Path { get; }

    public void Resize(int megabytes) => Run("mount", "-o", $"remount,size={megabytes}m", Path);

    public void Dispose() => Run("umount", "--lazy", Path);

    static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        process.WaitForExit();
        if (process.ExitCode != 0) throw new IOException($"{program} {string.Join(' ', arguments)}: exit code {process.ExitCode}");
    }
}
