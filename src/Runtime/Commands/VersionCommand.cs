using System.Reflection;

namespace Orchestrator.Runtime.Commands;

/// <summary>`--version`, as callers of runc parse it.</summary>
static class VersionCommand
{
    public static int Run()
    {
        // "0.1.0+COMMIT", set by the build.
        var parts = typeof(VersionCommand).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+');
        Log.Print($"{HelpCommand.Program} version {parts[0]}\ncommit: {(parts.Length > 1 ? parts[1] : "unknown")}\nspec: {SpecCommand.OciVersion}\n");
        return 0;
    }
}
