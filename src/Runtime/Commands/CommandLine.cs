using Orchestrator.Runtime.State;

namespace Orchestrator.Runtime.Commands;

/// <summary>The command line as a whole: global flags, then a verb. Says what failed in one line and with the exit code runc uses.</summary>
static class CommandLine
{
    const int Failed = 1;
    const string DefaultRoot = "/run/orun";
    static readonly string[] GlobalFlags = ["root=", "log=", "log-format=", "debug", "version,v", "help,h", "systemd-cgroup", "cgroup-manager=", "criu=", "rootless=", "error-fd=", "protected"];

    public static int Run(string[] arguments)
    {
        var log = new Log(null, json: false, debug: false);
        try
        {
            var global = Options.Parse(arguments, GlobalFlags);
            if (global.Has("version")) return VersionCommand.Run();
            if (global.Has("help") || global.Operands.Count == 0) return HelpCommand.Run([.. global.Operands.Skip(1)]);
            if (global.Value("cgroup-manager") is not (null or "cgroupfs" or "systemd") and var other)
                throw new UsageException($"--cgroup-manager: '{other}' is neither cgroupfs nor systemd");
            if (global.Value("rootless") == "true") throw new UsageException("--rootless: orun needs root");
            log = new Log(global.Value("log"), IsJson(global.Value("log-format")), global.Has("debug"),
                global.Value("error-fd") is null ? null : global.Number("error-fd", 0));
            var root = Path.GetFullPath(global.Value("root") ?? DefaultRoot);
            return Verb(global.Operands[0], [.. global.Operands.Skip(1)], new Surroundings(new StateDirectory(root), root, log, global.Has("systemd-cgroup") || global.Value("cgroup-manager") == "systemd"));
        }
        catch (ExecFailedException e)
        {
            log.Error(e.Message);
            return ExecFailedException.ExitCode;
        }
        catch (Exception e)
        {
            log.Error(e.Message.Length > 0 ? e.Message : e.GetType().Name);
            return Failed;
        }
    }

    static int Verb(string name, IReadOnlyList<string> arguments, Surroundings around) => name switch
    {
        not ("help" or "h") when arguments.Count > 0 && arguments[0] is "--help" or "-h" => HelpCommand.Run([name]),
        "create" => CreateCommand.Run(arguments, around),
        "start" => StartCommand.Run(arguments, around),
        "run" => RunCommand.Run(arguments, around),
        "exec" => ExecCommand.Run(arguments, around),
        "state" => StateCommand.Run(arguments, around),
        "kill" => KillCommand.Run(arguments, around),
        "delete" => DeleteCommand.Run(arguments, around),
        "pause" => PauseCommand.Pause(arguments, around),
        "resume" => PauseCommand.Resume(arguments, around),
        "ps" => PsCommand.Run(arguments, around),
        "update" => UpdateCommand.Run(arguments, around),
        "events" => EventsCommand.Run(arguments, around),
        "list" => ListCommand.Run(arguments, around),
        "plan" => PlanCommand.Run(arguments, around),
        "spec" => SpecCommand.Run(arguments),
        "features" => FeaturesCommand.Run(),
        "shim" => ShimCommand.Run(arguments, around),
        "help" or "h" => HelpCommand.Run(arguments),
        "checkpoint" or "restore" => throw new UsageException($"{name} is not supported"),
        _ => throw new UsageException($"unknown command '{name}': orun help lists them"),
    };

    static bool IsJson(string? format) => format switch
    {
        null or "text" => false,
        "json" => true,
        _ => throw new UsageException($"--log-format: '{format}' is neither text nor json"),
    };
}

/// <summary>What every command gets from the global flags.</summary>
/// <param name="States">Where containers' files are.</param>
/// <param name="Root">The directory of --root.</param>
/// <param name="Log">Takes what there is to say.</param>
/// <param name="Systemd">True: systemd makes the cgroups of new containers.</param>
sealed record Surroundings(StateDirectory States, string Root, Log Log, bool Systemd);

/// <summary>`exec` could not start its process: told apart from the process's own exit codes as runc does.</summary>
sealed class ExecFailedException(Exception cause) : Exception("exec: " + cause.Message, cause)
{
    public const int ExitCode = 255;
}
