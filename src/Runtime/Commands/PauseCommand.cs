using Orchestrator.Runtime.Cgroups;
using Orchestrator.Runtime.State;

namespace Orchestrator.Runtime.Commands;

/// <summary>`pause ID` and `resume ID`: stops and continues every process of a container.</summary>
static class PauseCommand
{
    public static int Pause(IReadOnlyList<string> arguments, Surroundings around)
    {
        var state = In(arguments, around, ContainerStatus.Running, "paused");
        CgroupFreezer.Freeze(state.Cgroups);
        return 0;
    }

    public static int Resume(IReadOnlyList<string> arguments, Surroundings around)
    {
        var state = In(arguments, around, ContainerStatus.Paused, "resumed");
        CgroupFreezer.Thaw(state.Cgroups);
        return 0;
    }

    static ContainerState In(IReadOnlyList<string> arguments, Surroundings around, ContainerStatus wanted, string verb)
    {
        var state = around.States.Load(Options.Parse(arguments, []).Single("one container id"));
        var status = around.States.Status(state);
        return status == wanted
            ? state : throw new ContainerException($"container {state.Id} can't be {verb}: it is {status.ToString().ToLowerInvariant()}");
    }
}
