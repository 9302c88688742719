using Orchestrator.Runtime.State;
using Orchestrator.Runtime.Syscalls;

namespace Orchestrator.Runtime.Commands;

/// <summary>
/// `delete [--force] [--regex] ID`: removes a stopped container; with --force kills it first, and one that is not there is no error. With --regex all whose id has what the regular
/// expression says, as crun has it.
/// </summary>
static class DeleteCommand
{
    public static int Run(IReadOnlyList<string> arguments, Surroundings around)
    {
        var options = Options.Parse(arguments, ["force,f", "regex"], interleaved: true);
        var named = options.Single("one container id");
        Kernel.ReleaseSignals();
        foreach (var id in options.Has("regex") ? Matching(named, around) : [named]) Delete(id, options.Has("force"), around);
        return 0;
    }

    static List<string> Matching(string pattern, Surroundings around)
    {
        using var expression = new IdPattern(pattern);
        return [.. around.States.All().Select(state => state.Id).Where(expression.Matches)];
    }

    static void Delete(string id, bool force, Surroundings around)
    {
        var state = around.States.TryLoad(id);
        if (state is null)
        {
            if (!force) throw new ContainerException($"container does not exist: {id}");
            ContainerEnd.Abandon(around.States, id);
            return;
        }

        var status = around.States.Status(state);
        // One that was never started has nothing to lose: runc deletes it as well.
        if (status is (ContainerStatus.Running or ContainerStatus.Paused) && !force) throw new ContainerException($"cannot delete container {id} that is not stopped: {status.ToString().ToLowerInvariant()}");
        if (status != ContainerStatus.Stopped) ContainerEnd.Kill(state);
        ContainerEnd.Delete(around.States, state, around.States.LoadConfig(id).Hooks.Poststop, around.Log.Warn);
    }
}
