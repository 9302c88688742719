namespace Orchestrator.Runtime.Commands;

/// <summary>`--version`, as callers of runc parse it.</summary>
static class VersionCommand
{
    public static int Run()
    {
        Log.Print($"{HelpCommand.Program} version {typeof(VersionCommand).Assembly.GetName().Version!.ToString(3)}\nspec: {SpecCommand.OciVersion}\n"); // set by the build
        return 0;
    }
}
