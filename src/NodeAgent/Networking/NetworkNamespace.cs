using Microsoft.Win32.SafeHandles;
using Orchestrator.NodeAgent.Syscalls;

namespace Orchestrator.NodeAgent.Networking;

/// <summary>
/// A network namespace to work in: the process's own, or one pinned at a path. Work in another runs on a thread that
/// enters it and ends; sockets opened there stay there and can be used from anywhere.
/// </summary>
sealed class NetworkNamespace(string? path)
{
    /// <summary>Where it is pinned; null for the process's own.</summary>
    public string? Path { get; } = path;

    public T Run<T>(Func<T> work) => Path is null ? work() : KernelThread.Run(() =>
    {
        using var handle = Open(Path);
        SyscallException.Check(Libc.Setns(handle, Libc.CloneNewnet), "setns", Path);
        return work();
    });

    public void Run(Action work) => Run(() =>
    {
        work();
        return true;
    });

    public static SafeFileHandle Open(string path)
    {
        var fd = Libc.Open(path, Libc.ORdonly | Libc.OCloexec, 0);
        return new SafeFileHandle(SyscallException.Check(fd, "open", path), ownsHandle: true);
    }
}
