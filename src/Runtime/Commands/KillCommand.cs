using Orchestrator.Runtime.Cgroups;
using Orchestrator.Runtime.State;
using Orchestrator.Runtime.Syscalls;

namespace Orchestrator.Runtime.Commands;

/// <summary>`kill ID [SIGNAL] [--all]`: a signal to the container's first process, or to all in its cgroup.</summary>
static class KillCommand
{
    public static int Run(IReadOnlyList<string> arguments, Surroundings around)
    {
        var options = Options.Parse(arguments, ["all,a"], interleaved: true);
        if (options.Operands.Count is < 1 or > 2) throw new UsageException("kill wants a container id and perhaps a signal");
        var signal = options.Operands.Count == 2 ? Signals.Parse(options.Operands[1]) : Signals.Terminate;
        var state = around.States.Load(options.Operands[0]);
        if (options.Has("all"))
        {
            CgroupEnd.Signal(state.Cgroups, signal);
            return 0;
        }

        if (!ProcessClock.IsAlive(state)) throw NotRunning(state);
        using var process = Kernel.PidFd(state.Pid);
        if (!ProcessClock.IsAlive(state)) throw NotRunning(state);
        var errno = Kernel.Signal(process, signal);
        // A frozen process of cgroup v1 does not even die.
        if (signal == Signals.Kill && CgroupFreezer.IsFrozen(state.Cgroups)) CgroupFreezer.Thaw(state.Cgroups);
        return errno == Errno.None ? 0 : throw new SyscallException("pidfd_send_signal", errno, $"container {state.Id}");
    }

    // Engines look for these words: the container has ended before their signal came, which is no failure to them.
    static ContainerException NotRunning(ContainerState state) => new($"container not running: {state.Id}");
}
