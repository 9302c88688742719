namespace Orchestrator.Testing.Clusters;

/// <summary>The demo's image as a docker archive, made once in a test run.</summary>
public static class HelloImage
{
    public const string Name = "hello:1";

    static readonly Lazy<Task<string>> Made = new(MakeAsync);

    public static Task<string> ArchiveAsync() => Made.Value;

    static async Task<string> MakeAsync()
    {
        var directory = Directory.CreateDirectory(RepoRoot.Below("artifacts", "test-images")).FullName;
        var file = Path.Combine(directory, "hello.tar");
        var fresh = $"{file}.{Environment.ProcessId}";
        await Shell.RunAsync(RepoRoot.Below("eng", "hello-image.sh"), fresh, Name);
        File.Move(fresh, file, overwrite: true);
        return file;
    }
}
