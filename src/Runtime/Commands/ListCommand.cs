using System.Globalization;
using System.Text;
using Orchestrator.Runtime.State;

namespace Orchestrator.Runtime.Commands;

/// <summary>`list [-f table|json] [-q]`: the containers below --root.</summary>
static class ListCommand
{
    public static int Run(IReadOnlyList<string> arguments, Surroundings around)
    {
        var options = Options.Parse(arguments, ["format,f=", "quiet,q"]);
        var all = around.States.All().Select(state => (State: state, Status: around.States.Status(state))).ToList();
        var text = new StringBuilder();
        if (options.Has("quiet"))
        {
            foreach (var (state, _) in all) text.Append(state.Id).Append('\n');
        }
        else if (options.Value("format") == "json")
        {
            text.Append('[').AppendJoin(',', all.Select(each => Encoding.UTF8.GetString(each.State.WriteOci(each.Status)))).Append("]\n");
        }
        else if (options.Value("format") is null or "table")
        {
            var width = all.Select(each => each.State.Id.Length).Append(2).Max();
            text.Append(CultureInfo.InvariantCulture, $"{"ID".PadRight(width)}  PID       STATUS   CREATED                       BUNDLE\n");
            foreach (var (state, status) in all)
            {
                var pid = status == ContainerStatus.Stopped ? 0 : state.Pid;
                text.Append(CultureInfo.InvariantCulture,
                    $"{state.Id.PadRight(width)}  {pid,-8}  {status.ToString().ToLowerInvariant(),-7}  {state.Created}  {state.Bundle}\n");
            }
        }
        else
        {
            throw new UsageException($"--format: '{options.Value("format")}' is neither table nor json");
        }

        Log.Print(text.ToString());
        return 0;
    }
}
