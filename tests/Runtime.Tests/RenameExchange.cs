using System.Runtime.InteropServices;

namespace Orchestrator.Runtime.Tests;

/// <summary>An attacker that swaps two names without pause (renameat2(2), RENAME_EXCHANGE), on a thread of its own, until disposed.</summary>
public sealed class RenameExchange : IDisposable
{
    const int CurrentDirectory = -100; // AT_FDCWD
    const uint Exchange = 2;

    readonly Thread _thread;
    volatile bool _stopped;

    public RenameExchange(string one, string other)
    {
        using var started = new ManualResetEventSlim();
        _thread = new Thread(() =>
        {
            while (!_stopped)
            {
                if (renameat2(CurrentDirectory, one, CurrentDirectory, other, Exchange) == 0) Swaps++;
                started.Set();
            }
        });
        _thread.Start();
        started.Wait();
    }

    public long Swaps { get; private set; }

    public void Dispose()
    {
        _stopped = true;
        _thread.Join();
    }

    [DllImport("libc", CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    static extern int renameat2(int oldDirectory, string oldPath, int newDirectory, string newPath, uint flags);
}
