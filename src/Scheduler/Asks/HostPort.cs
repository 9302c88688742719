using Orchestrator.Model.Pods;

namespace Orchestrator.Scheduler.Asks;

/// <summary>A port of the node itself that a pod listens on.</summary>
/// <param name="Address">The node's address it is bound to; empty for all of them.</param>
readonly record struct HostPort(PortProtocol Protocol, string Address, int Number)
{
    public bool Collides(HostPort other) =>
        Number == other.Number && Protocol == other.Protocol && (Address.Length == 0 || other.Address.Length == 0 || Address == other.Address);

    public static HostPort[] Of(PodSpec spec)
    {
        List<HostPort>? found = null;
        foreach (var container in spec.Containers)
        {
            foreach (var port in container.Ports)
            {
                if ((spec.HostNetwork ? port.Port : port.HostPort) is { } number)
                    (found ??= []).Add(new HostPort(port.Protocol, port.HostIP is null or "0.0.0.0" ? "" : port.HostIP, number));
            }
        }

        return found is null ? [] : [.. found];
    }
}
