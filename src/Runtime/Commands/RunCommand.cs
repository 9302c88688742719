using Orchestrator.Runtime.Launch;
using Orchestrator.Runtime.State;

namespace Orchestrator.Runtime.Commands;

/// <summary>`run ID`: create, start, wait and delete in one; its exit code is the container's.</summary>
static class RunCommand
{
    public static int Run(IReadOnlyList<string> arguments, Surroundings around)
    {
        var options = Options.Parse(arguments, [.. CreateCommand.Flags, "detach,d", "keep", "no-subreaper"]);
        using var terminal = options.Has("detach") ? null : new Terminal();
        var request = CreateCommand.Read(options) with { Terminal = terminal };
        using var container = new ContainerLaunch(around.States, around.Log.Warn, around.Systemd).Begin(request, waitsForStart: false);
        if (terminal is null)
        {
            container.Notify?.AwaitReady(container.State.Pid, container.Process.PidFd);
            return 0;
        }

        if (container.Config.Process is { Terminal: true } && request.ConsoleSocket is null) terminal.Take();
        var exitCode = Foreground.Wait(container.Process, terminal, container.Notify);
        if (!options.Has("keep")) ContainerEnd.Delete(around.States, container.State, container.Config.Hooks.Poststop, around.Log.Warn);
        return exitCode;
    }
}
