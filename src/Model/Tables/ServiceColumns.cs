using Orchestrator.Model.Services;

namespace Orchestrator.Model.Tables;

/// <summary>What a list shows of services, their endpoints and the routes to them.</summary>
static class ServiceColumns
{
    /// <summary>Addresses that are listed before the rest is only counted.</summary>
    const int MaxAddresses = 3;

    public static readonly Column Type = new("TYPE", static (resource, _) => ((Service)resource).Spec.Type.ToString());

    public static readonly Column ClusterIp = new("CLUSTER-IP", static (resource, _) => Table.OrNone(((Service)resource).Spec.ClusterIp ?? ""));

    public static readonly Column ExternalIp = new("EXTERNAL-IP", static (resource, _) => resource is Service { Spec.Type: ServiceType.LoadBalancer } balanced
        ? balanced.Status.Address ?? "<pending>" : Table.OrNone(((Service)resource).Spec.ExternalName ?? ""));

    public static readonly Column Ports = new("PORT(S)", static (resource, _) =>
        Table.OrNone(string.Join(',', ((Service)resource).Spec.Ports.Select(port => port.NodePort is { } number ? $"{port.Port}:{number}/{port.Protocol}" : $"{port.Port}/{port.Protocol}"))));

    public static readonly Column Selector = new("SELECTOR", static (resource, _) => Table.Pairs(((Service)resource).Spec.Selector), Wide: true);

    public static readonly Column Addresses = new("ENDPOINTS", static (resource, _) =>
    {
        var all = (from endpoint in ((EndpointSlice)resource).Endpoints
                   where endpoint.Conditions.Ready != false
                   from address in endpoint.Addresses
                   from port in ((EndpointSlice)resource).Ports
                   select $"{address}:{port.Port}").ToList();
        var more = all.Count > MaxAddresses ? $" + {all.Count - MaxAddresses} more..." : "";
        return Table.OrNone(string.Join(',', all.Take(MaxAddresses))) + more;
    });

    public static readonly Column Class = new("CLASS", static (resource, _) => ((Ingress)resource).Spec.IngressClassName ?? Ingress.OwnClass);

    public static readonly Column Address = new("ADDRESS", static (resource, _) => string.Join(',', ((Ingress)resource).Status.LoadBalancer.Ingress.Select(each => each.Ip)));

    public static readonly Column WebPorts = new("PORTS", static (resource, _) => ((Ingress)resource).Spec.Tls.Count > 0 ? "80, 443" : "80");

    public static readonly Column Hosts = new("HOSTS", static (resource, _) =>
        string.Join(',', ((Ingress)resource).Spec.Rules.Select(rule => rule.Host ?? "*").DefaultIfEmpty("*").Distinct()));
}
