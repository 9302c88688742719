namespace Orchestrator.Testing;

/// <summary>Where the checkout is that the tests were built from.</summary>
public static class RepoRoot
{
    public static string Path { get; } = Find();

    public static string Below(params string[] parts) => System.IO.Path.Combine([Path, .. parts]);

    static string Find()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(System.IO.Path.Combine(directory.FullName, "Orchestrator.sln"))) directory = directory.Parent;
        return directory?.FullName ?? throw new InvalidOperationException($"no Orchestrator.sln above {AppContext.BaseDirectory}");
    }
}
