using Orchestrator.Testing;

namespace Orchestrator.NodeAgent.Tests.Machine;

/// <summary>
/// The OCI runtime under the agent's tests: the one ORUN names, else ours, published once when it is not there.
/// </summary>
static class Orun
{
    static readonly Lazy<Task<string>> Program = new(FindAsync);

    public static Task<string> PathAsync() => Program.Value;

    static async Task<string> FindAsync()
    {
        if (Environment.GetEnvironmentVariable("ORUN") is { Length: > 0 } given)
            return given;
        var published = Path.Combine(RepoRoot.Path, "artifacts", "orun", "orun");
        if (!File.Exists(published))
            await Given.RunAsync("dotnet", "publish", Path.Combine(RepoRoot.Path, "src", "Runtime"), "-c", "Release", "-v", "q", "-o", Path.GetDirectoryName(published)!);
        return File.Exists(published) ? published : throw new FileNotFoundException($"no runtime at {published}");
    }
}
