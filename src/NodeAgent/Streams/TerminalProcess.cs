using System.Text.Json.Nodes;
using Orchestrator.Contracts;
using Orchestrator.NodeAgent.Containers;
using Orchestrator.NodeAgent.Syscalls;

namespace Orchestrator.NodeAgent.Streams;

/// <summary>
/// A file that describes a command with a terminal for the runtime: the container's own process, with other arguments, and the terminal's size in it, so that
/// the command never sees another one (runtime-spec, config.md, "process").
/// </summary>
sealed class TerminalProcess : IDisposable
{
    const string Terminal = "TERM=";

    TerminalProcess(string path) => Path = path;

    public string Path { get; }

    /// <param name="directory">One that only root can enter.</param>
    public static TerminalProcess Write(string directory, string bundle, ExecStart start)
    {
        var config = JsonNode.Parse(File.ReadAllBytes(System.IO.Path.Combine(bundle, "config.json")));
        var process = config?["process"]?.AsObject() ?? throw new IOException($"{bundle} describes no process");
        process["terminal"] = true;
        process["args"] = OciConfig.Texts(start.Command);
        if (start.Size is { Columns: > 0, Rows: > 0 } size) process["consoleSize"] = new JsonObject { ["height"] = size.Rows, ["width"] = size.Columns };
        if (process["env"] is JsonArray environment && !environment.Any(each => each?.GetValue<string>().StartsWith(Terminal, StringComparison.Ordinal) == true))
            environment.Add(JsonValue.Create(Terminal + "xterm"));
        TerminalProcess file = new(System.IO.Path.Combine(PrivateDirectory.Make(directory), $"{Guid.NewGuid():N}.json"));
        File.WriteAllText(file.Path, process.ToJsonString());
        return file;
    }

    public void Dispose() => File.Delete(Path);
}
