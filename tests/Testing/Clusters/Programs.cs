namespace Orchestrator.Testing.Clusters;

/// <summary>The programs under test, as <c>./build.sh</c> has built them.</summary>
public static class Programs
{
    public static string Orch { get; } = Built("orch");

    public static string Orchd { get; } = Built("orchd");

    static string Built(string name)
    {
        var path = RepoRoot.Below("artifacts", "bin", name);
        return File.Exists(path) ? path : throw new FileNotFoundException($"there is no {path}; ./build.sh makes it");
    }
}
