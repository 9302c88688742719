using Orchestrator.Runtime.Syscalls;

namespace Orchestrator.Runtime.Launch;

/// <summary>A stay of this thread in other namespaces; at its end it is back in its own.</summary>
sealed class NamespaceVisit : IDisposable
{
    readonly Stack<(Fd Fd, CloneFlags Kind)> _own = new();

    public static NamespaceVisit Begin(IReadOnlyList<(Fd Fd, CloneFlags Kind)> namespaces)
    {
        var visit = new NamespaceVisit();
        try
        {
            foreach (var (fd, kind) in namespaces)
            {
                var file = "/proc/thread-self/ns/" + ContainerNamespaces.FileOf(kind);
                visit._own.Push((Kernel.Open(file, O.RDONLY), kind));
                Kernel.EnterNamespace(fd, kind, "the namespace to join: " + ContainerNamespaces.FileOf(kind));
            }

            return visit;
        }
        catch
        {
            visit.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        while (_own.TryPop(out var own))
            using (own.Fd)
                Kernel.EnterNamespace(own.Fd, own.Kind, "the own namespace: " + ContainerNamespaces.FileOf(own.Kind));
    }
}
