using Orchestrator.Runtime.Launch;
using Orchestrator.Runtime.Spec;
using Orchestrator.Runtime.State;
using Orchestrator.Runtime.Syscalls;

namespace Orchestrator.Runtime.Commands;

/// <summary>`start ID`: lets a created container's process execute its program, and reports whether it did.</summary>
static class StartCommand
{
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
        using var notify = NotifySocket.Open(states.NotifyDirectory(id));
        using var process = notify is null ? null : Kernel.PidFd(state.Pid);
        ContainerStart.Release(states, id, config.Process?.Args[0]);
        HookRunner.Run(config.Hooks.Poststart, state, ContainerStatus.Running);
        if (process is not null) notify!.AwaitReady(state.Pid, process); // they come together
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
}
