using System.Globalization;
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
        using var container = new ContainerLaunch(around.States, around.Log.Warn, around.Systemd).Begin(Read(options), waitsForStart: true);
        around.Log.Debug($"created {options.Operands[0]} with process {container.State.Pid}");
        return 0;
    }

    public static LaunchOptions Read(Options options)
    {
        var bundle = Path.GetFullPath(options.Value("bundle") ?? ".");
        return new LaunchOptions(options.Single("one container id"), bundle, Path.GetFullPath(options.Value("config") ?? "config.json", bundle),
            options.Value("pid-file"), options.Value("console-socket"), options.Has("no-pivot"), Preserved(options))
        {
            KeepsKeyring = options.Has("no-new-keyring"), ListenDescriptors = ListenDescriptors(), TellsManager = true,
        };
    }

    /// <summary>How many descriptors above 2 the program gets: those of socket activation (sd_listen_fds(3)) and those asked for.</summary>
    public static int Preserved(Options options)
    {
        const int most = 1000;
        var preserved = options.Number("preserve-fds", 0) + ListenDescriptors();
        return preserved <= most ? preserved : throw new UsageException($"--preserve-fds: at most {most}");
    }

    static int ListenDescriptors() =>
        int.TryParse(Environment.GetEnvironmentVariable("LISTEN_FDS"), NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : 0;
}
