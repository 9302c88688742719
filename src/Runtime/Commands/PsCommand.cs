using System.Globalization;
using System.Text;
using Orchestrator.Runtime.Launch;
using Orchestrator.Runtime.Syscalls;

namespace Orchestrator.Runtime.Commands;

/// <summary>`ps ID [-f table|json] [OPTIONS OF PS]`: the container's processes by the host's pids, as engines ask for them.</summary>
static class PsCommand
{
    const string Program = "/bin/ps";

    public static int Run(IReadOnlyList<string> arguments, Surroundings around)
    {
        var options = Options.Parse(arguments, ["format,f="]);
        if (options.Operands.Count == 0) throw new UsageException("ps wants a container id");
        // Flags after the id are ps(1)'s, but for our own.
        var own = Options.Parse([.. options.Operands.Skip(1).TakeWhile(word => word is "--format" or "-f" or "json" or "table")], ["format,f="], interleaved: true);
        var format = own.Value("format") ?? options.Value("format");
        var state = around.States.Load(options.Operands[0]);
        var pids = state.Cgroups.Processes();
        Log.Print(format switch
        {
            "json" => $"[{string.Join(',', pids)}]\n",
            null or "table" => Table(pids, own.Value("format") is null ? [.. options.Operands.Skip(1)] : []),
            var other => throw new UsageException($"--format: '{other}' is neither table nor json"),
        });
        return 0;
    }

    static string Table(List<int> pids, string[] arguments)
    {
        if (Kernel.Stat(Program) is null)
            return "PID       COMMAND\n" + string.Concat(pids.Select(pid => string.Create(CultureInfo.InvariantCulture, $"{pid,-8}  {Name(pid)}\n")));
        var lines = HostProgram.Output(Program, ["ps", .. arguments.Length > 0 ? arguments : ["-ef"]]).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var column = lines.Length == 0 ? -1 : Array.IndexOf(Words(lines[0]), "PID");
        if (column < 0) throw new UsageException($"the options of ps give no column PID: {string.Join(' ', arguments)}");
        var text = new StringBuilder(lines[0]).Append('\n');
        foreach (var line in lines.Skip(1))
            if (Words(line) is var words && words.Length > column && int.TryParse(words[column], NumberStyles.None, CultureInfo.InvariantCulture, out var pid) && pids.Contains(pid))
                text.Append(line).Append('\n');
        return text.ToString();
    }

    static string[] Words(string line) => line.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    // A process chooses its own name: nothing of it may steer a terminal.
    static string Name(int pid) =>
        string.Concat((Kernel.TryReadText($"/proc/{pid}/comm") ?? "").Where(c => !char.IsControl(c)));
}
