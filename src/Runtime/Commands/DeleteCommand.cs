using Orchestrator.Runtime.State;
using Orchestrator.Runtime.Syscalls;

namespace Orchestrator.Runtime.Commands;

/// <summary>`delete [--force] ID`: removes a stopped container; with --force kills it first, and one that is not there is no error.</summary>
static class DeleteCommand
{
    public static int Run(IReadOnlyList<string> arguments, Surroundings around)
    {
        var options = Options.Parse(arguments, ["force,f"], interleaved: true);
        var id = options.Single("one container id");
        Kernel.ReleaseSignals();
        var force = options.Has("force");
        var state = around.States.TryLoad(id);
        if (state is null)
        {
            if (!force) throw new ContainerException($"container does not exist: {id}");
            ContainerEnd.Abandon(around.States, id);
            return 0;
        }

        var status = around.States.Status(state);
        // One that was never started has nothing to lose: runc deletes it as well.
        if (status is (ContainerStatus.Running or ContainerStatus.Paused) && !force) throw new ContainerException($"cannot delete container {id} that is not stopped: {status.ToString().ToLowerInvariant()}");
        if (status != ContainerStatus.Stopped) ContainerEnd.Kill(state);
        ContainerEnd.Delete(around.States, state, around.States.LoadConfig(id).Hooks.Poststop, around.Log.Warn);
        return 0;
    }
}
