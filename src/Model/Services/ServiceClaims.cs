using System.Collections.Immutable;
using Orchestrator.Model.Meta;

namespace Orchestrator.Model.Services;

/// <summary>
/// What only one service may have, and which one has it: addresses, and ports of the nodes. Kept along with the services, so that neither who gives
/// numbers nor who checks them looks through all of them.
/// </summary>
public sealed class ServiceClaims
{
    public static ServiceClaims None { get; } = new(ImmutableDictionary.Create<string, ResourceKey>(StringComparer.Ordinal), ImmutableDictionary<int, ResourceKey>.Empty);

    readonly ImmutableDictionary<string, ResourceKey> _addresses;
    readonly ImmutableDictionary<int, ResourceKey> _ports;

    ServiceClaims(ImmutableDictionary<string, ResourceKey> addresses, ImmutableDictionary<int, ResourceKey> ports) => (_addresses, _ports) = (addresses, ports);

    /// <summary>The service that has this address.</summary>
    public ResourceKey? HolderOf(string address) => _addresses.TryGetValue(address, out var holder) ? holder : null;

    /// <summary>The service that has this port of the nodes.</summary>
    public ResourceKey? HolderOf(int nodePort) => _ports.TryGetValue(nodePort, out var holder) ? holder : null;

    /// <summary>The service that has already what another one is about to be stored with; null for none.</summary>
    internal ResourceKey? HeldByAnother(Service service)
    {
        if (AddressOf(service) is { } address && HolderOf(address) is { } holder && holder != service.Key) return holder;
        foreach (var port in PortsOf(service))
        {
            if (HolderOf(port) is { } other && other != service.Key) return other;
        }

        return null;
    }

    /// <summary>The claims when one object has taken the place of another; null for none.</summary>
    internal ServiceClaims After(Resource? before, Resource? after)
    {
        var (old, next) = (before as Service, after as Service);
        if (old is null && next is null) return this;
        if (old is not null && next is not null && AddressOf(old) == AddressOf(next) && PortsOf(old).SequenceEqual(PortsOf(next))) return this;
        var (addresses, ports) = (_addresses, _ports);
        if (old is not null)
        {
            if (AddressOf(old) is { } address && HolderOf(address) == old.Key) addresses = addresses.Remove(address);
            ports = ports.RemoveRange(PortsOf(old).Where(port => HolderOf(port) == old.Key));
        }

        if (next is not null)
        {
            if (AddressOf(next) is { } address) addresses = addresses.SetItem(address, next.Key);
            ports = ports.SetItems(PortsOf(next).Select(port => KeyValuePair.Create(port, next.Key)));
        }

        return new ServiceClaims(addresses, ports);
    }

    static string? AddressOf(Service service) => service.Spec.HasAddress ? service.Spec.ClusterIp : null;

    static IEnumerable<int> PortsOf(Service service) => service.Spec.IsOnNodes ? service.Spec.Ports.Select(port => port.NodePort).OfType<int>() : [];
}
