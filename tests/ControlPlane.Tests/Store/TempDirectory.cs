namespace Orchestrator.ControlPlane.Tests.Store;

/// <summary>
/// A directory that is gone after the test.
/// </summary>
sealed class TempDirectory : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("store-test-").FullName;

    public string this[string name] => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
