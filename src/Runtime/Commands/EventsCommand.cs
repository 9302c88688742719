using System.Text;
using Orchestrator.Runtime.Cgroups;
using Orchestrator.Runtime.State;

namespace Orchestrator.Runtime.Commands;

/// <summary>`events --stats ID`: what the container uses, once, as JSON. Without --stats it would be a stream, which nobody asks orun for.</summary>
static class EventsCommand
{
    public static int Run(IReadOnlyList<string> arguments, Surroundings around)
    {
        var options = Options.Parse(arguments, ["stats", "interval="], interleaved: true);
        var state = around.States.Load(options.Single("one container id"));
        if (!options.Has("stats")) throw new UsageException("events wants --stats");
        if (around.States.Status(state) == ContainerStatus.Stopped) throw new ContainerException($"container not running: {state.Id}");
        Log.Print(Encoding.UTF8.GetString(CgroupStatistics.Write(state.Id, state.Cgroups)) + "\n");
        return 0;
    }
}
