using System.Buffers.Binary;
using Orchestrator.Runtime.Launch;
using Orchestrator.Runtime.Spec;
using Orchestrator.Runtime.State;
using Orchestrator.Runtime.Syscalls;

namespace Orchestrator.Runtime.Commands;

/// <summary>`start ID`: lets a created container's process execute its program, and reports whether it did.</summary>
static class StartCommand
{
    const int ReportBytes = 8;

    public static int Run(IReadOnlyList<string> arguments, Surroundings around)
    {
        var id = Options.Parse(arguments, []).Single("one container id");
        Kernel.ReleaseSignals();
        var states = around.States;
        var state = states.Load(id);
        var status = states.Status(state);
        if (status == ContainerStatus.Stopped) throw new ContainerException($"cannot start a container that has stopped: {id}");
        if (status != ContainerStatus.Created) throw new ContainerException($"cannot start an already running container: {id}");
        var config = states.LoadConfig(id);
        RunHooks(config.Hooks.StartContainer, state);
        var result = Kernel.Open(states.StartResult(id), O.RDONLY | O.NONBLOCK);
        using (result)
        {
            using (var fifo = Kernel.TryOpen(states.StartFifo(id), O.WRONLY | O.NONBLOCK)
                ?? throw new ContainerException($"cannot start a container that has stopped: {id}: its process is gone"))
                Kernel.WriteAll(fifo.Number, [1], states.StartFifo(id));
            Await(result, $"execute {config.Process?.Args[0]}");
        }

        Kernel.RemoveFile(states.StartFifo(id));
        Kernel.RemoveFile(states.StartResult(id));
        HookRunner.Run(config.Hooks.Poststart, state, ContainerStatus.Running);
        return 0;
    }

    // They run inside the container: this program, whose memory they come from, must be out of its reach (CVE-2019-5736).
    static void RunHooks(IReadOnlyList<Hook> hooks, ContainerState state)
    {
        if (hooks.Count == 0) return;
        HostProbe.StartProtected();
        HostProbe.ProtectOwnProgram();
        using var init = Kernel.PidFd(state.Pid);
        if (!ProcessClock.IsAlive(state)) throw new ContainerException($"container not running: {state.Id}");
        try
        {
            HookRunner.RunInside(hooks, state, ContainerStatus.Created, init);
        }
        catch (Exception e) when (e is HookException or LaunchException)
        {
            ContainerEnd.Kill(state); // runtime.md, "Lifecycle" 8
            throw;
        }
    }

    // The process's end of the fifo is close-on-exec: its end without a word is the success of exec.
    static void Await(Fd result, string what)
    {
        Kernel.Poll([new PollFd(result.Number, PollFd.In)], -1);
        Span<byte> report = stackalloc byte[ReportBytes];
        if (Kernel.ReadSome(result, report) == ReportBytes)
            throw new LaunchException(what, "execve", (Errno)BinaryPrimitives.ReadUInt32LittleEndian(report[4..]));
    }
}
