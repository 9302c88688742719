namespace Orchestrator.Runtime.Commands;

/// <summary>`--version`, as callers of runc parse it.</summary>
static class VersionCommand
{
    public static int Run()
    {
        Log.Print($"{Usage.Program} version {typeof(VersionCommand).Assembly.GetName().Version!.ToString(3)}\nspec: {SpecCommand.OciVersion}\n"); // set by the build
        return 0;
    }
}

/// <summary>`checkpoint` and `restore`, which runc has: refused by name, so that an engine's user learns why.</summary>
static class CheckpointCommand
{
    public static int Run(string name) => throw new UsageException($"{name} is not supported: it needs CRIU, which orun does not drive");
}
