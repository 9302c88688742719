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
            List<string[]> rows = [["ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER"]];
            foreach (var (state, status) in all)
            {
                var pid = status == ContainerStatus.Stopped ? 0 : state.Pid;
                rows.Add([state.Id, pid.ToString(CultureInfo.InvariantCulture), status.ToString().ToLowerInvariant(), state.Bundle, state.Created, ContainerState.Owner]);
            }

            Table(rows, text);
        }
        else
        {
            throw new UsageException($"--format: '{options.Value("format")}' is neither table nor json");
        }

        Log.Print(text.ToString());
        return 0;
    }

    // As runc's: columns of at least 12, three spaces between, none after the last.
    static void Table(List<string[]> rows, StringBuilder text)
    {
        const int least = 12, gap = 3;
        var widths = Enumerable.Range(0, rows[0].Length).Select(column => Math.Max(least, rows.Max(row => row[column].Length) + gap)).ToArray();
        foreach (var row in rows)
        {
            for (var column = 0; column < row.Length - 1; column++) text.Append(row[column].PadRight(widths[column]));
            text.Append(row[^1]).Append('\n');
        }
    }
}
