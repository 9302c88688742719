using System.Reflection;

namespace Orchestrator.Daemon.Hosting;

static class Version
{
    /// <summary>The version this program was built as.</summary>
    public static string Text { get; } =
        typeof(Version).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0.0.0";
}
