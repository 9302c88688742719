using Orchestrator.Runtime.Cgroups;
using Orchestrator.Runtime.State;

namespace Orchestrator.Runtime.Commands;

/// <summary>`pause ID` and `resume ID`: stops and continues every process of a container.</summary>
static class PauseCommand
{
    public static int Pause(IReadOnlyList<string> arguments, Surroundings around)
    {
        var (state, status) = Read(arguments, around);
        if (status is not (ContainerStatus.Running or ContainerStatus.Created)) throw new ContainerException($"container not running: {state.Id}");
        CgroupFreezer.Freeze(state.Cgroups);
        return 0;
    }

    public static int Resume(IReadOnlyList<string> arguments, Surroundings around)
    {
        var (state, status) = Read(arguments, around);
        if (status != ContainerStatus.Paused) throw new ContainerException($"container not paused: {state.Id}");
        CgroupFreezer.Thaw(state.Cgroups);
        return 0;
    }

    static (ContainerState State, ContainerStatus Status) Read(IReadOnlyList<string> arguments, Surroundings around)
    {
        var state = around.States.Load(Options.Parse(arguments, []).Single("one container id"));
        return (state, around.States.Status(state));
    }
}
