namespace Orchestrator.Runtime.Commands;

/// <summary>`help [COMMAND]`: the whole command line, or one command's part of it.</summary>
static class HelpCommand
{
    // A link by another name, such as runc, speaks of itself by that.
    public static readonly string Program = Path.GetFileName(Environment.GetCommandLineArgs()[0]);

    static readonly string Head = $"""
        NAME:
           {Program} - Open Container Initiative runtime

        USAGE:
           {Program} [global options] COMMAND [command options] [arguments...]

        GLOBAL OPTIONS:
          --root DIR             where container states are kept (default: /run/orun)
          --log FILE             where the log goes (default: stderr)
          --log-format FORMAT    text (default) or json
          --debug                log more
          --systemd-cgroup       have systemd make the cgroups, as scopes
          --criu FILE, --rootless auto|false
                                 taken for the sake of callers, and without effect
          -h, --help; -v, --version

        COMMANDS:

        """;

    const string Launch = """
            -b, --bundle DIR       the bundle (default: the current directory)
            --console-socket PATH  the unix socket that gets the terminal's master
            --pid-file FILE        where the process's number is written
            --no-pivot             change root without pivot_root, for a root on the initial ram disk
            --no-new-keyring       keep the caller's session keyring
            --preserve-fds N       descriptors above 2 (and above those of LISTEN_FDS) that the program keeps
        """;

    const string Format = "    -f, --format FORMAT    table (default) or json\n";

    static readonly (string Name, string Arguments, string What, string Flags)[] Commands =
    [
        ("create", "ID", "create a container; its process waits for start", Launch + "\n"),
        ("start", "ID", "execute the program of a created container", ""),
        ("run", "ID", "create and start a container, and wait for its end", Launch + """

                -d, --detach           do not wait
                --keep                 do not delete the container after its end
                --no-subreaper         taken, and without effect

            """),
        ("exec", "ID COMMAND [ARGUMENT ...]", "execute a further process in a running container", """
                -p, --process FILE     a process.json in the place of the command
                -d, --detach           do not wait for its end
                -t, --tty              allocate a terminal
                --console-socket PATH  the unix socket that gets the terminal's master
                --cwd DIR              the working directory
                -e, --env NAME=VALUE   more of the environment
                -u, --user UID[:GID]   who it runs as
                -g, --additional-gids GID
                -c, --cap CAPABILITY   a capability more
                --no-new-privs         set no_new_privs
                --apparmor PROFILE, --process-label LABEL
                --cgroup [CONTROLLERS:]PATH
                                       an existing cgroup below the container's
                --pid-file FILE        where the process's number is written
                --preserve-fds N       descriptors above 2 that the program keeps
                --ignore-paused        also when the container is paused

            """),
        ("state", "ID", "print the container's state as JSON", ""),
        ("kill", "ID [SIGNAL]", "send a signal (default: SIGTERM) to the container's first process", "    -a, --all              to all its processes\n"),
        ("delete", "ID", "remove a stopped container", "    -f, --force            kill it first; one that is not there is no error\n    --regex                all whose id the regular expression fits\n"),
        ("pause", "ID", "stop all processes of a container", ""),
        ("resume", "ID", "let them go on", ""),
        ("update", "ID", "change limits of a container", """
                -r, --resources FILE   linux.resources as JSON, or - for stdin
                --memory BYTES, --memory-reservation BYTES, --memory-swap BYTES
                --cpu-share N, --cpu-quota USECS, --cpu-period USECS, --cpu-burst USECS, --cpu-idle 0|1
                --cpu-rt-period USECS, --cpu-rt-runtime USECS, --cpuset-cpus LIST, --cpuset-mems LIST
                --pids-limit N, --blkio-weight N

            """),
        ("ps", "ID [OPTIONS OF PS]", "list the container's processes", Format),
        ("events", "ID", "print what the container uses and when it runs out of memory, as JSON", """
                --stats                once
                --interval DURATION    how often (default: 5s)

            """),
        ("list", "", "list containers", Format + "    -q, --quiet            ids only\n"),
        ("plan", "ID", "print what create would do, and do nothing", Launch + "\n"),
        ("spec", "", "write an example config.json", "    -b, --bundle DIR       where\n"),
        ("features", "", "print what this runtime supports, as JSON", ""),
        ("shim", "", "start the parent of a pod's containers", "    --dir DIR              where its socket is\n    --cgroup PATH          its cgroup\n"),
        ("checkpoint", "", "not supported", ""),
        ("restore", "", "not supported", ""),
        ("help", "[COMMAND]", "print this", ""),
    ];

    /// <exception cref="UsageException">There is no such command.</exception>
    public static int Run(IReadOnlyList<string> arguments)
    {
        if (arguments.Count == 0)
        {
            Log.Print(Head + string.Concat(Commands.Select(each => $"  {each.Name,-9} {each.What}\n")) + "\n`orun help COMMAND` says more.\n");
            return 0;
        }

        var command = Commands.FirstOrDefault(each => each.Name == arguments[0]);
        if (command.Name is null) throw new UsageException($"No help topic for '{arguments[0]}'");
        Log.Print($"NAME:\n   {Program} {command.Name} - {command.What}\n\nUSAGE:\n   {Program} {command.Name} [command options] {command.Arguments}\n\n{command.Flags}");
        return 0;
    }
}
