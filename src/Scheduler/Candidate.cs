using Orchestrator.Model.Nodes;
using Orchestrator.Model.Pods;

namespace Orchestrator.Scheduler;

/// <summary>A node with what is taken on it, as the placement of a batch goes on.</summary>
sealed class Candidate(Node node)
{
    readonly Dictionary<string, int> _perOwner = new(StringComparer.Ordinal);
    readonly HashSet<(PortProtocol, int)> _hostPorts = [];

    public Node Node => node;

    public Amount Allocatable { get; } = Amount.AllocatableOf(node);

    public Amount Taken { get; private set; }

    public Amount Free => Allocatable - Taken;

    public void Take(Pod pod)
    {
        Taken += Amount.Of(pod.Spec);
        if (OwnerOf(pod) is { } owner) _perOwner[owner] = SiblingsOf(pod) + 1;
        _hostPorts.UnionWith(HostPortsOf(pod));
    }

    /// <summary>How many pods of the same owner are here.</summary>
    public int SiblingsOf(Pod pod) => OwnerOf(pod) is { } owner ? _perOwner.GetValueOrDefault(owner) : 0;

    /// <summary>The first port of the node that the pod asks for and another pod has, or null.</summary>
    public int? TakenPort(Pod pod)
    {
        foreach (var port in HostPortsOf(pod))
            if (_hostPorts.Contains(port)) return port.Number;
        return null;
    }

    static string? OwnerOf(Pod pod) => pod.Metadata.Controller()?.Uid;

    static IEnumerable<(PortProtocol Protocol, int Number)> HostPortsOf(Pod pod) =>
        from container in pod.Spec.Containers
        from port in container.Ports
        let number = pod.Spec.HostNetwork ? port.Port : port.HostPort
        where number is not null
        select (port.Protocol, number.Value);
}
