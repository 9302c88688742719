using System.Reflection;

namespace Orchestrator.Runtime.Commands;

/// <summary>`--version`, as callers of runc parse it; the last line is crun's, by which its callers know what a build can do.</summary>
static class VersionCommand
{
    const string Features = "+SYSTEMD +APPARMOR +CAP +SECCOMP +EBPF";

    public static int Run()
    {
        // "0.1.0+COMMIT", set by the build.
        var parts = typeof(VersionCommand).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+');
        Log.Print($"{HelpCommand.Program} version {parts[0]}\ncommit: {(parts.Length > 1 ? parts[1] : "unknown")}\nspec: {SpecCommand.OciVersion}\n{Features}\n");
        return 0;
    }
}
