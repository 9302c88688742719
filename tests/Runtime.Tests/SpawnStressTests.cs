using System.Runtime.InteropServices;
using Orchestrator.Runtime.Launch;
using Orchestrator.Runtime.Plan;
using Orchestrator.Runtime.Syscalls;
using Orchestrator.Testing;

namespace Orchestrator.Runtime.Tests;

/// <summary>
/// The spawn code in a program with many threads and a collector that is at work during every spawn: here it is a library of this test's, under a compiler that works
/// while it runs. A child of managed code would hang at times; this one has none.
/// </summary>
[Collection(Containers.Name)]
public sealed class SpawnStressTests
{
    const int Spawns = 300, Threads = 2, HangMilliseconds = 20_000, CollectionsPerTurn = 10, LookMilliseconds = 20;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Every_process_comes_to_its_program_while_garbage_is_collected(bool hasOwnMemory)
    {
        LoadSpawnCode();
        using var done = new CancellationTokenSource();
        // Each spawn has collections of its own beside it; if they never rested, they could keep the spawning thread from its turn for minutes.
        using var turns = new SemaphoreSlim(0);
        var collectors = Enumerable.Range(0, Threads).Select(_ => new Thread(() => Collect(turns, done.Token))).ToList();
        collectors.ForEach(thread => thread.Start());
        var before = GC.CollectionCount(0);
        try
        {
            for (var i = 0; i < Spawns; i++)
            {
                turns.Release(Threads);
                Assert.Equal(i % 100, RunTo(i % 100, hasOwnMemory));
            }
        }
        finally
        {
            done.Cancel();
            collectors.ForEach(thread => thread.Join());
        }

        Assert.True(GC.CollectionCount(0) - before > Spawns, $"{GC.CollectionCount(0) - before} collections during {Spawns} spawns are no stress");
    }

    static int RunTo(int exitCode, bool hasOwnMemory)
    {
        var ops = new OpList();
        ProgramSteps.ExecutePath(ops, "execute", "/bin/sh", ["sh", "-c", $"exit {exitCode}"], []);
        using var process = Launched.Start(ops.Build(CloneFlags.None) with { OwnMemory = hasOwnMemory }, []);
        Assert.Equal(Milestone.Executed, process.Next());
        Assert.True(Kernel.Poll([new PollFd(process.PidFd.Number, PollFd.In)], HangMilliseconds) > 0, "the process hangs");
        Kernel.Wait(process.Pid, block: true, out var status);
        return status.ExitCode;
    }

    static void Collect(SemaphoreSlim turns, CancellationToken done)
    {
        while (!done.IsCancellationRequested)
        {
            if (!turns.Wait(LookMilliseconds, CancellationToken.None)) continue;
            for (var collection = 0; collection < CollectionsPerTurn; collection++)
            {
                for (var i = 0; i < 100; i++) GC.KeepAlive(new byte[1000]);
                GC.Collect(0, GCCollectionMode.Forced, blocking: true);
            }
        }
    }

    static readonly Lazy<nint> SpawnCode = new(() =>
    {
        var library = Path.Combine(AppContext.BaseDirectory, "libspawn.so");
        Orun.Run("/usr/bin/gcc", "-shared", "-o", library, RepoRoot.Below("src", "Runtime", "Launch", "spawn.x64.S")).Succeeds();
        var handle = NativeLibrary.Load(library);
        NativeLibrary.SetDllImportResolver(typeof(Kernel).Assembly, (name, _, _) => name == "spawn" ? handle : 0);
        return handle;
    });

    static void LoadSpawnCode() => Assert.NotEqual(0, SpawnCode.Value);
}
