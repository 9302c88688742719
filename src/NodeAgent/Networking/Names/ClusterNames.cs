using System.Net;
using ARSoft.Tools.Net;
using ARSoft.Tools.Net.Dns;
using Orchestrator.Model.Services;

namespace Orchestrator.NodeAgent.Networking.Names;

/// <summary>
/// The names of the cluster at one moment: services, the pods behind headless ones, pods by their address, and the way back from addresses.
/// Source: Kubernetes "DNS-Based Service Discovery" specification, 1.1.0.
/// </summary>
sealed class ClusterNames(NetworkObjects services, AddressRange podRange)
{
    /// <summary>How long an answer may be kept, in seconds: as long as a pod that goes away is asked to keep answering.</summary>
    public const int Ttl = 5;

    const int Weight = 100;

    static readonly DomainName Zone = DomainName.Parse(ServiceNetwork.Domain);
    static readonly DomainName ReverseZone = DomainName.Parse("in-addr.arpa");
    static readonly AddressRange ServiceRange = new(ServiceNetwork.Range.BaseAddress, ServiceNetwork.Range.PrefixLength);

    readonly Lazy<HashSet<string>> _namespaces = new(() => [.. services.All.Keys.Select(name => name.Namespace)]);
    readonly Lazy<Dictionary<IPAddress, DomainName>> _back = new(() => Back(services));

    /// <summary>What says that the cluster's zone is ours, and how long "there is none" may be kept.</summary>
    public static SoaRecord Authority { get; } = new(Zone, Ttl, DomainName.Parse("dns." + ServiceNetwork.Domain), DomainName.Parse("hostmaster." + ServiceNetwork.Domain), 1, 7200, 1800, 86400, Ttl);

    /// <returns>Null for a name that is not the cluster's.</returns>
    public NameAnswer? Answer(DomainName name, RecordType type)
    {
        if (name.IsEqualOrSubDomainOf(ReverseZone)) return AddressOf(name) is { } address && IsOurs(address) ? Named(name, type, address) : null;
        if (!name.IsEqualOrSubDomainOf(Zone)) return null;
        var labels = name.Labels[..(name.LabelCount - Zone.LabelCount)].Select(label => label.ToLowerInvariant()).ToArray();
        return labels switch
        {
            [] => type == RecordType.Soa ? NameAnswer.Of(Authority) : NameAnswer.Nothing,
            ["dns-version"] => type == RecordType.Txt ? NameAnswer.Of(new TxtRecord(name, Ttl, "1.1.0")) : NameAnswer.Nothing,
            ["svc"] or ["pod"] => NameAnswer.Nothing,
            [var home, "svc" or "pod"] => _namespaces.Value.Contains(home) ? NameAnswer.Nothing : NameAnswer.NoSuchName,
            [var address, var home, "pod"] => Pod(name, type, address, home),
            [.. var below, var service, var home, "svc"] when services.Of(new ServiceName(home, service)) is { Service: { } found } known => Below(name, type, below, found, known),
            _ => NameAnswer.NoSuchName,
        };
    }

    static NameAnswer Below(DomainName name, RecordType type, string[] below, Service service, KnownService known)
    {
        var full = FullName(service);
        if (service.Spec.Type == ServiceType.ExternalName) return below is [] && DomainName.TryParse(service.Spec.ExternalName ?? "", out var other) ? NameAnswer.Of(new CNameRecord(name, Ttl, other!)) : NameAnswer.NoSuchName;
        return below switch
        {
            [] => type switch
            {
                RecordType.A or RecordType.Any when service.Spec.HasAddress => NameAnswer.Of(Address(name, service.Spec.ClusterIp!)), // it has one
                RecordType.A or RecordType.Any => NameAnswer.Of([.. Ready(known).SelectMany(each => each.Endpoint.Addresses).Distinct().Select(address => Address(name, address))]),
                RecordType.Srv => Ports(name, full, service, known, static _ => true),
                _ => NameAnswer.Nothing,
            },
            [['_', .. var port], ['_', .. var protocol]] =>
                Ports(name, full, service, known, each => string.Equals(each.Name, port, StringComparison.OrdinalIgnoreCase) && string.Equals(each.Protocol, protocol, StringComparison.OrdinalIgnoreCase)) is { Records.Count: > 0 } found
                    ? type is RecordType.Srv or RecordType.Any ? found : NameAnswer.Nothing
                    : NameAnswer.NoSuchName,
            [['_', .. var protocol]] => service.Spec.Ports.Any(port => string.Equals(port.Protocol.ToString(), protocol, StringComparison.OrdinalIgnoreCase)) ? NameAnswer.Nothing : NameAnswer.NoSuchName,
            [var host] when service.Spec.IsHeadless => Host(name, type, host, known),
            _ => NameAnswer.NoSuchName,
        };
    }

    static NameAnswer Host(DomainName name, RecordType type, string host, KnownService known)
    {
        DnsRecordBase[] addresses = [.. Ready(known).Where(each => HostOf(each.Endpoint) == host).SelectMany(each => each.Endpoint.Addresses).Distinct().Select(address => Address(name, address))];
        return addresses.Length == 0 ? NameAnswer.NoSuchName : type is RecordType.A or RecordType.Any ? NameAnswer.Of(addresses) : NameAnswer.Nothing;
    }

    static NameAnswer Ports(DomainName name, DomainName full, Service service, KnownService known, Func<(string? Name, string Protocol), bool> wanted)
    {
        List<(DomainName Target, string Address, int Port)> found = service.Spec.HasAddress
            ? [.. service.Spec.Ports.Where(port => wanted((port.Name, port.Protocol.ToString()))).Select(port => (full, service.Spec.ClusterIp!, port.Port))] // it has one
            : [.. from each in Ready(known)
                  from port in each.Slice.Ports
                  where wanted((port.Name, port.Protocol.ToString()))
                  select (DomainName.Parse(HostOf(each.Endpoint)) + full, each.Endpoint.Addresses[0], port.Port)];
        return new NameAnswer(ReturnCode.NoError, [.. found.Select(each => new SrvRecord(name, Ttl, 0, Weight, (ushort)each.Port, each.Target))],
            [.. found.Select(each => (each.Target, each.Address)).Distinct().Select(each => Address(each.Target, each.Address))]);
    }

    // Whoever asks names the address, and so gets nothing that it did not know; but the answer has to be about a pod.
    NameAnswer Pod(DomainName name, RecordType type, string dashed, string home)
    {
        if (!IPAddress.TryParse(dashed.Replace('-', '.'), out var address) || dashed.Count(each => each == '-') != 3 || podRange.OffsetOf(address) is null || !_namespaces.Value.Contains(home)) return NameAnswer.NoSuchName;
        return type is RecordType.A or RecordType.Any ? NameAnswer.Of(new ARecord(name, Ttl, address)) : NameAnswer.Nothing;
    }

    NameAnswer Named(DomainName name, RecordType type, IPAddress address) =>
        !_back.Value.TryGetValue(address, out var named) ? NameAnswer.NoSuchName
        : type is RecordType.Ptr or RecordType.Any ? NameAnswer.Of(new PtrRecord(name, Ttl, named)) : NameAnswer.Nothing;

    bool IsOurs(IPAddress address) => podRange.OffsetOf(address) is not null || ServiceRange.OffsetOf(address) is not null;

    static Dictionary<IPAddress, DomainName> Back(NetworkObjects services)
    {
        Dictionary<IPAddress, DomainName> back = [];
        foreach (var known in services.All.OrderBy(each => each.Key.Namespace, StringComparer.Ordinal).ThenBy(each => each.Key.Name, StringComparer.Ordinal).Select(each => each.Value))
        {
            if (known.Service is not { } service) continue;
            var full = FullName(service);
            if (service.Spec.HasAddress && IPAddress.TryParse(service.Spec.ClusterIp, out var own)) back.TryAdd(own, full);
            if (!service.Spec.IsHeadless) continue;
            foreach (var (_, endpoint) in Ready(known))
            {
                if (IPAddress.TryParse(endpoint.Addresses[0], out var address)) back.TryAdd(address, DomainName.Parse(HostOf(endpoint)) + full);
            }
        }

        return back;
    }

    static IEnumerable<(EndpointSlice Slice, Endpoint Endpoint)> Ready(KnownService known) =>
        known.Slices.OrderBy(each => each.Key, StringComparer.Ordinal).SelectMany(each => each.Value.Endpoints.Where(Reconcile.Services.EndpointSliceReconciler.IsReady).Select(endpoint => (each.Value, endpoint)));

    // One without a name of its own is known by its address.
    static string HostOf(Endpoint endpoint) => endpoint.Hostname ?? endpoint.Addresses[0].Replace('.', '-');

    static DomainName FullName(Service service) => DomainName.Parse($"{service.Name}.{service.Namespace}.svc.{ServiceNetwork.Domain}");

    static ARecord Address(DomainName name, string address) => new(name, Ttl, IPAddress.Parse(address));

    static IPAddress? AddressOf(DomainName reverse) =>
        reverse.Labels is [var d, var c, var b, var a, _, _] && IPAddress.TryParse($"{a}.{b}.{c}.{d}", out var address) ? address : null;
}
