using Orchestrator.NodeAgent.Syscalls;

namespace Orchestrator.NodeAgent.Tests.Machine;

/// <summary>
/// A directory of one test, with a short path because unix sockets want one. Mounts in it go with it.
/// </summary>
sealed class TemporaryDirectory : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("oa").FullName;

    public string this[string name] => System.IO.Path.Combine(Path, name);

    public void Dispose() => Tree.Remove(Path);
}
