using Orchestrator.Runtime.Launch;
using Orchestrator.Runtime.Syscalls;

namespace Orchestrator.Runtime.Commands;

/// <summary>`create ID`: sets the container up; its process waits for `start`.</summary>
static class CreateCommand
{
    public static readonly string[] Flags = ["bundle,b=", "config,f=", "pid-file=", "console-socket=", "no-pivot", "preserve-fds=", "no-new-keyring"];

    public static int Run(IReadOnlyList<string> arguments, Surroundings around)
    {
        var options = Options.Parse(arguments, Flags);
        Kernel.ReleaseSignals();
        using var container = new ContainerLaunch(around.States, around.Log.Warn).Begin(Read(options), waitsForStart: true);
        around.Log.Debug($"created {options.Operands[0]} with process {container.State.Pid}");
        return 0;
    }

    public static LaunchOptions Read(Options options)
    {
        if (options.Has("no-new-keyring")) throw new UsageException("--no-new-keyring is not supported: every container gets a keyring of its own");
        const int mostPreserved = 1000;
        var preserved = options.Number("preserve-fds", 0) + SocketActivation.Descriptors();
        if (preserved > mostPreserved) throw new UsageException($"--preserve-fds and LISTEN_FDS: at most {mostPreserved}");
        var bundle = Path.GetFullPath(options.Value("bundle") ?? ".");
        return new LaunchOptions(options.Single("one container id"), bundle, Path.GetFullPath(options.Value("config") ?? "config.json", bundle),
            options.Value("pid-file"), options.Value("console-socket"), options.Has("no-pivot"), preserved);
    }
}
