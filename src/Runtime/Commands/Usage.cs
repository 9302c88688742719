using System.Globalization;
using System.Text;

namespace Orchestrator.Runtime.Commands;

/// <summary>What `--help` prints, for the program and for each verb, in the order and words that users of runc know.</summary>
static class Usage
{
    sealed record Verb(string Name, string Summary, string Arguments);

    static readonly Verb[] Verbs =
    [
        new("checkpoint", "not supported", "ID"),
        new("create", "create a container; start lets its program run",
            "[-b DIR] [--config FILE] [--pid-file FILE] [--console-socket SOCKET] [--no-pivot] [--preserve-fds N] ID"),
        new("delete", "remove what a container holds; with --force, kill it first", "[--force] ID"),
        new("events", "print what the container uses, as JSON, once or at an interval, and when it runs out of memory", "[--stats] [--interval DURATION] ID"),
        new("exec", "run a further process in a running container",
            "[-d] [--cwd DIR] [-e K=V] [-u UID[:GID]] [-g GID] [-t] [--console-socket SOCKET] [-c CAP_X] [--pid-file FILE] [--cgroup PATH] ID COMMAND [ARGUMENT...] | -p process.json ID"),
        new("features", "print what this runtime supports, as JSON", ""),
        new("kill", "send a signal (SIGTERM if none is named) to the container's first process, or to all", "[--all] ID [SIGNAL]"),
        new("list", "list containers", "[-f table|json] [-q]"),
        new("pause", "freeze all processes of a container", "ID"),
        new("plan", "print what create would do, and do nothing", "[-b DIR] ID"),
        new("ps", "list a container's processes by the host's ids", "[-f table|json] ID [ps options]"),
        new("restore", "not supported", "ID"),
        new("resume", "let a paused container go on", "ID"),
        new("run", "create, start, wait and delete in one; the exit code is the container's", "[as create] [--detach] [--keep] ID"),
        new("shim", "be the parent of a pod's containers", "--dir DIR [--cgroup PATH]"),
        new("spec", "write an example config.json", "[-b DIR]"),
        new("start", "let a created container's program run", "ID"),
        new("state", "print a container's state, as JSON", "ID"),
        new("update", "change a container's limits",
            "ID --resources FILE|- | --memory N, --cpu-quota N, --pids-limit N and the others runc has"),
    ];

    /// <summary>The name this program was called by: a link named runc stands in for runc in its words too.</summary>
    public static string Program { get; } = Path.GetFileName(Environment.GetCommandLineArgs()[0]) is { Length: > 0 } name ? name : "orun";

    public static string Text()
    {
        var text = new StringBuilder($"""
            NAME:
               {Program} - Open Container Initiative runtime

            USAGE:
               {Program} [global options] COMMAND [command options] [arguments...]

            COMMANDS:

            """);
        foreach (var verb in Verbs) text.Append(CultureInfo.InvariantCulture, $"   {verb.Name,-10}  {verb.Summary}\n");
        text.Append("""

            GLOBAL OPTIONS:
               --root DIR                 where the state of containers is kept (/run/orun)
               --log FILE                 where warnings and errors are written besides stderr
               --log-format text|json     how
               --debug                    write what is done, too
               --cgroup-manager cgroupfs  the only one; --systemd-cgroup is refused
               --help, -h
               --version, -v

            """);
        return text.ToString();
    }

    /// <exception cref="UsageException">There is no such command.</exception>
    public static string Text(string name)
    {
        var verb = Verbs.FirstOrDefault(each => each.Name == name) ?? throw new UsageException($"No help topic for '{name}'");
        return $"""
            NAME:
               {Program} {verb.Name} - {verb.Summary}

            USAGE:
               {Program} {verb.Name} {verb.Arguments}

            """;
    }
}
