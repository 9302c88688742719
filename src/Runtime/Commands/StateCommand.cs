using System.Text;

namespace Orchestrator.Runtime.Commands;

/// <summary>`state ID`: the container's state as OCI JSON.</summary>
static class StateCommand
{
    public static int Run(IReadOnlyList<string> arguments, Surroundings around)
    {
        var state = around.States.Load(Options.Parse(arguments, []).Single("one container id"));
        Log.Print(Encoding.UTF8.GetString(state.WriteOci(around.States.Status(state))) + "\n");
        return 0;
    }
}
