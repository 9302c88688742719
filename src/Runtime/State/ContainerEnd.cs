using Orchestrator.Runtime.Cgroups;
using Orchestrator.Runtime.Launch;
using Orchestrator.Runtime.Spec;
using Orchestrator.Runtime.Syscalls;
using Orchestrator.Runtime.Systemd;

namespace Orchestrator.Runtime.State;

/// <summary>The end of a container: its processes, its cgroups, its poststop hooks, its files.</summary>
static class ContainerEnd
{
    const int KillSignal = 9;
    const int MostMilliseconds = 10_000; // a process that outlives SIGKILL this long hangs in the kernel

    /// <summary>Kills whatever runs and waits until the first process is gone.</summary>
    public static void Kill(ContainerState state)
    {
        CgroupEnd.Signal(state.Cgroups, KillSignal);
        if (!ProcessClock.IsAlive(state)) return;
        using var process = Kernel.PidFd(state.Pid);
        // Between the check and the descriptor the number may have passed to another process.
        if (!ProcessClock.IsAlive(state)) return;
        Kernel.Signal(process, KillSignal);
        if (Kernel.Poll([new PollFd(process.Number, PollFd.In)], MostMilliseconds) == 0)
            throw new ContainerException($"container {state.Id}: process {state.Pid} did not end within {MostMilliseconds} ms of SIGKILL");
    }

    /// <summary>Removes what a runtime has left that was killed before the container had a state.</summary>
    public static void Abandon(StateDirectory states, string id)
    {
        if (states.NotedCgroups(id) is var (path, own)) CgroupEnd.Abandon(ContainerCgroups.At(CgroupLayout.Read(), path), own);
        states.Remove(id);
    }

    /// <summary>Removes all that is left of a stopped container.</summary>
    /// <param name="states">Where its files are.</param>
    /// <param name="state">What is known of it.</param>
    /// <param name="hooks">Its poststop hooks; their failure is a warning.</param>
    /// <param name="warn">Takes warnings.</param>
    public static void Delete(StateDirectory states, ContainerState state, IReadOnlyList<Hook> hooks, Action<string> warn)
    {
        Scope.End(state.Cgroups);
        CgroupEnd.Remove(state.Cgroups);
        states.Remove(state.Id);
        try
        {
            HookRunner.Run(hooks, state, ContainerStatus.Stopped);
        }
        catch (HookException e)
        {
            warn(e.Message); // runtime.md, "Lifecycle" 13: logged, and the deletion goes on
        }
    }
}
