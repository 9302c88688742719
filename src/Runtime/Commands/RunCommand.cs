using Orchestrator.Runtime.Launch;
using Orchestrator.Runtime.State;

namespace Orchestrator.Runtime.Commands;

/// <summary>`run ID`: create, start, wait and delete in one; its exit code is the container's.</summary>
static class RunCommand
{
    public static int Run(IReadOnlyList<string> arguments, Surroundings around)
    {
        var options = Options.Parse(arguments, [.. CreateCommand.Flags, "detach,d", "keep", "no-subreaper"]);
        var request = CreateCommand.Read(options);
        using var container = new ContainerLaunch(around.States, around.Log.Warn).Begin(request, waitsForStart: false);
        if (options.Has("detach")) return 0;
        var exitCode = Foreground.Wait(container.Process);
        if (!options.Has("keep")) ContainerEnd.Delete(around.States, container.State, container.Config.Hooks.Poststop, around.Log.Warn);
        return exitCode;
    }
}
