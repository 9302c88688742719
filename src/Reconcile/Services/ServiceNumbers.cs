using System.Buffers.Binary;
using System.Net;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Services;
using Orchestrator.Model.State;

namespace Orchestrator.Reconcile.Services;

/// <summary>
/// Gives a service what a manifest leaves out: an address, and ports of the nodes. What is given stays for the service's life. The state machine
/// refuses a number that somebody has already, so that of two services that are given the same at one time, one is decided anew.
/// </summary>
public static class ServiceNumbers
{
    /// <summary>The service with its numbers, and what can't be had of those it asks for.</summary>
    /// <param name="state">With the others of the same request in it.</param>
    /// <param name="stored">As it is now; null for a new one.</param>
    public static (Service Service, IReadOnlyList<(string Path, string Message)> Problems) Given(ClusterState state, Service wanted, Service? stored)
    {
        List<(string, string)> problems = [];
        var spec = wanted.Spec;
        if (spec.Type == ServiceType.ExternalName) return (wanted with { Spec = spec with { ClusterIp = null } }, problems);

        if (stored is { Spec.HasAddress: true } && spec.ClusterIp != stored.Spec.ClusterIp)
        {
            if (spec.ClusterIp is null) spec = spec with { ClusterIp = stored.Spec.ClusterIp };
            else problems.Add(("spec.clusterIP", $"is {stored.Spec.ClusterIp} for the life of the service; leave it out, or delete the service first"));
        }
        else if (spec.ClusterIp is null)
        {
            if (FreeAddress(state.Claims, wanted) is { } free) spec = spec with { ClusterIp = free };
            else problems.Add(("spec.clusterIP", $"no address is left in {ServiceNetwork.Range}"));
        }
        else if (spec.HasAddress && state.Claims.HolderOf(spec.ClusterIp) is { } holder && holder != wanted.Key)
        {
            problems.Add(("spec.clusterIP", $"{spec.ClusterIp} belongs to service {holder.Namespace}/{holder.Name}"));
        }

        return (wanted with { Spec = spec with { Ports = Ports(state.Claims, wanted.Key, spec, stored, problems) } }, problems);
    }

    static IReadOnlyList<ServicePort> Ports(ServiceClaims claims, ResourceKey key, ServiceSpec spec, Service? stored, List<(string, string)> problems)
    {
        if (!spec.IsOnNodes) return spec.Ports;
        var own = spec.Ports.Select(port => port.NodePort).OfType<int>().ToHashSet();
        var ports = new List<ServicePort>(spec.Ports.Count);
        for (var i = 0; i < spec.Ports.Count; i++)
        {
            var port = spec.Ports[i];
            var before = stored?.Spec.Ports.FirstOrDefault(old => old.Port == port.Port && old.Protocol == port.Protocol)?.NodePort;
            if (port.NodePort is { } asked && HolderBeside(asked) is { } holder)
                problems.Add(($"spec.ports[{i}].nodePort", $"{asked} belongs to service {holder.Namespace}/{holder.Name}"));
            var number = port.NodePort ?? before ?? Enumerable.Range(ServiceNetwork.FirstNodePort, ServiceNetwork.LastNodePort - ServiceNetwork.FirstNodePort + 1)
                .Where(each => HolderBeside(each) is null && !own.Contains(each)).Cast<int?>().FirstOrDefault();
            if (number is { } given) own.Add(given);
            else problems.Add(($"spec.ports[{i}].nodePort", "no port of the nodes is left"));
            ports.Add(port with { NodePort = number });
        }

        return ports;

        ResourceKey? HolderBeside(int number) => claims.HolderOf(number) is { } holder && holder != key ? holder : null;
    }

    // From a place that the name decides: services that are made at one time on several servers seldom want the same one.
    static string? FreeAddress(ServiceClaims claims, Service service)
    {
        var first = BinaryPrimitives.ReadUInt32BigEndian(ServiceNetwork.Range.BaseAddress.GetAddressBytes());
        var usable = (1u << (32 - ServiceNetwork.Range.PrefixLength)) - 2;
        var start = Hash($"{service.Namespace}/{service.Name}") % usable;
        for (var i = 0u; i < usable; i++)
        {
            var bytes = new byte[4];
            BinaryPrimitives.WriteUInt32BigEndian(bytes, first + 1 + ((start + i) % usable));
            var address = new IPAddress(bytes).ToString();
            if (claims.HolderOf(address) is null) return address;
        }

        return null;
    }

    // FNV-1a, 32 bits: the same on every server.
    static uint Hash(string text) => text.Aggregate(2166136261u, static (hash, letter) => (hash ^ letter) * 16777619u);
}
