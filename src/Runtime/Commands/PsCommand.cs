using System.Globalization;
using System.Text;
using Orchestrator.Runtime.Syscalls;

namespace Orchestrator.Runtime.Commands;

/// <summary>`ps ID [-f table|json]`: the container's processes by the host's pids, as engines ask for them.</summary>
static class PsCommand
{
    public static int Run(IReadOnlyList<string> arguments, Surroundings around)
    {
        var options = Options.Parse(arguments, ["format,f="], interleaved: true);
        var state = around.States.Load(options.Single("one container id"));
        var pids = state.Cgroups.Processes();
        var text = new StringBuilder();
        switch (options.Value("format"))
        {
            case "json":
                text.Append('[').AppendJoin(',', pids).Append("]\n");
                break;
            case null or "table":
                text.Append("PID       COMMAND\n");
                foreach (var pid in pids) text.Append(CultureInfo.InvariantCulture, $"{pid,-8}  {Name(pid)}\n");
                break;
            case var other:
                throw new UsageException($"--format: '{other}' is neither table nor json");
        }

        Log.Print(text.ToString());
        return 0;
    }

    // A process chooses its own name: nothing of it may steer a terminal.
    static string Name(int pid) =>
        string.Concat((Kernel.TryReadText($"/proc/{pid}/comm") ?? "").Where(c => !char.IsControl(c)));
}
