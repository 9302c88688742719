namespace Orchestrator.Testing.Clusters;

/// <summary>An image that a script makes, as a docker archive, once in a test run.</summary>
public sealed class TestImage
{
    readonly Lazy<Task<string>> _made;

    TestImage(string name, params string[] script)
    {
        Name = name;
        _made = new Lazy<Task<string>>(() => MakeAsync($"{name.Split(':')[0]}.tar", RepoRoot.Below(script)));
    }

    /// <summary>The demo's: a web server of busybox.</summary>
    public static TestImage Hello { get; } = new("hello:1", "eng", "hello-image.sh");

    /// <summary>tests/Backend, for what busybox can't do.</summary>
    public static TestImage Backend { get; } = new("backend:1", "tests", "Backend", "image.sh");

    public string Name { get; }

    public Task<string> ArchiveAsync() => _made.Value;

    async Task<string> MakeAsync(string name, string script)
    {
        var directory = Directory.CreateDirectory(RepoRoot.Below("artifacts", "test-images")).FullName;
        var file = Path.Combine(directory, name);
        var fresh = $"{file}.{Environment.ProcessId}";
        await Shell.RunAsync(script, fresh, Name);
        File.Move(fresh, file, overwrite: true);
        return file;
    }
}
