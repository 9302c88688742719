namespace Orchestrator.Runtime.Commands;

/// <summary>`--version`, as callers of runc parse it.</summary>
static class VersionCommand
{
    public static int Run()
    {
        Log.Print($"orun version {typeof(VersionCommand).Assembly.GetName().Version!.ToString(3)}\nspec: {SpecCommand.OciVersion}\n"); // set by the build
        return 0;
    }
}

/// <summary>`help`.</summary>
static class HelpCommand
{
    const string Text = """
        orun - runs containers by the OCI runtime specification

        usage: orun [--root DIR] [--log FILE] [--log-format text|json] [--debug] COMMAND ...

          create [-b DIR] [--pid-file F] [--console-socket S] [--no-pivot] [--preserve-fds N] ID
          start ID
          run    [as create] [--detach] [--keep] ID
          exec   [-d] [--cwd DIR] [-e K=V] [-u UID[:GID]] [-t --console-socket S] [-c CAP_X] [--pid-file F] ID CMD...
          exec   -p process.json [-d] [--pid-file F] ID
          state ID
          kill ID [SIGNAL] [--all]
          delete [--force] ID
          pause ID, resume ID
          update ID --resources FILE|-, or --memory N, --cpu-quota N, --pids-limit N and others of runc's
          ps ID [-f table|json]
          events --stats ID    print what the container uses, as JSON
          list [-f table|json] [-q]
          plan [-b DIR] ID     print what create would do, and do nothing
          spec [-b DIR]        write an example config.json
          features             print what this runtime supports, as JSON
          shim --dir DIR [--cgroup PATH]

        """;

    public static int Run()
    {
        Log.Print(Text);
        return 0;
    }
}
