using Orchestrator.Model.Autoscaling;
using Orchestrator.Model.Certificates;
using Orchestrator.Model.Configuration;
using Orchestrator.Model.Pods;
using Orchestrator.Model.Services;
using Orchestrator.Model.State;
using Orchestrator.Model.Workloads;
using Orchestrator.Reconcile.Autoscaling;
using Orchestrator.Reconcile.Services;

namespace Orchestrator.Reconcile.Routes;

/// <summary>
/// Computes the whole route table from the Ingress and HTTPRoute objects and the endpoints of their services. Named hosts come before wildcards before none, exact paths
/// before prefixes, longer ones before shorter ones, then what asks for a method, for more headers, for more of the query; of equals the older one.
/// Source: Kubernetes Ingress, "Path types" and "Hostname wildcards"; Gateway API, HTTPRouteRule.
/// </summary>
public static class RouteReconciler
{
    public static RouteTable Compute(ClusterState state)
    {
        var routes = new List<Route>();
        var backends = new SortedDictionary<string, Backend>(StringComparer.Ordinal);
        var taken = new HashSet<(string, string, bool)>();
        var sleepers = Awakening.Sleepers(state);
        var ingresses = OldestFirst(state);
        // Of many services few are behind an ingress, and this is done for every change.
        var slices = EndpointSliceReconciler.ByService(state, [.. ingresses.SelectMany(ingress => PathsOf(ingress).Select(path => (ingress.Namespace, path.Backend.Service.Name))), .. GatewayRoutes.ServicesOf(state)]);
        foreach (var ingress in ingresses)
        {
            // What admission would have refused is as if it were not there.
            var settings = IngressSettings.Read(ingress.Metadata.Annotations, static (_, _) => { });
            foreach (var (host, path, exact, backend) in PathsOf(ingress))
            {
                if (!taken.Add((host, path, exact))) continue;
                var id = BackendIds.Of(ingress.Namespace, backend.Service, settings);
                if (!backends.ContainsKey(id)) backends.Add(id, BackendOf(state, slices, sleepers, ingress.Namespace, backend.Service, id, settings));
                routes.Add(new Route($"{ingress.Namespace}/{ingress.Name}/{routes.Count}", host, path, exact, id, 0, settings));
            }
        }

        var gateways = GatewayRoutes.Compute(state, slices, sleepers);
        foreach (var backend in gateways.Backends) backends.TryAdd(backend.Id, backend);
        var ordered = routes.Concat(gateways.Routes)
            .OrderBy(route => route.Host.Length == 0 ? 2 : route.Host.StartsWith('*') ? 1 : 0)
            .ThenByDescending(route => route.Host.StartsWith('*') ? route.Host.Length : 0)
            .ThenByDescending(route => route.Exact)
            .ThenByDescending(route => route.Path.Length)
            .ThenByDescending(route => route.Only.Method is not null)
            .ThenByDescending(route => route.Only.Headers.Count)
            .ThenByDescending(route => route.Only.Query.Count)
            .Select((route, order) => route with { Order = order })
            .ToList();
        return new RouteTable(state.Revision, ordered, [.. backends.Values], [.. ingresses.SelectMany(ingress => CertificatesOf(state, ingress)), .. gateways.Certificates], [.. state.All<Challenge>(Challenge.KindName)]);
    }

    /// <summary>Those that are for the ingresses here. Of two that want the same, the older one has it.</summary>
    public static IReadOnlyList<Ingress> OldestFirst(ClusterState state) =>
    [
        .. state.All<Ingress>(Ingress.KindName).Where(ingress => ingress.IsOurs)
            .OrderBy(ingress => ingress.Metadata.CreationTimestamp).ThenBy(ingress => ingress.Namespace, StringComparer.Ordinal).ThenBy(ingress => ingress.Name, StringComparer.Ordinal),
    ];

    static IEnumerable<SiteCertificate> CertificatesOf(ClusterState state, Ingress ingress) =>
        from tls in ingress.Spec.Tls
        let secret = state.Find<Secret>(Secret.KindName, ingress.Namespace, tls.SecretName)
        where secret?.Type == SecretTypes.Tls
        let content = secret.Content().ToDictionary(StringComparer.Ordinal)
        where content.ContainsKey(SecretTypes.TlsChain) && content.ContainsKey(SecretTypes.TlsKey)
        let hosts = tls.Hosts.Count > 0 ? tls.Hosts : [.. ingress.Spec.Rules.Select(rule => rule.Host).OfType<string>().Distinct()]
        select new SiteCertificate($"{ingress.Namespace}/{tls.SecretName}", hosts, content[SecretTypes.TlsChain], content[SecretTypes.TlsKey]);

    /// <summary>What an Ingress asks for.</summary>
    internal static IEnumerable<(string Host, string Path, bool Exact, IngressBackend Backend)> PathsOf(Ingress ingress)
    {
        foreach (var rule in ingress.Spec.Rules)
        {
            foreach (var path in rule.Http?.Paths ?? [])
                yield return (rule.Host ?? "", path.Path, path.PathType == IngressPathType.Exact, path.Backend);
        }

        if (ingress.Spec.DefaultBackend is { } backend) yield return ("", "/", false, backend);
    }

    internal static ServicePort? PortOf(Service service, IngressServiceBackend backend) =>
        service.Spec.Ports.FirstOrDefault(each => backend.Port.Name is { } name ? each.Name == name : each.Port == backend.Port.Number);

    static Backend BackendOf(ClusterState state, ILookup<(string, string), EndpointSlice> slices, IReadOnlyList<HorizontalPodAutoscaler> sleepers, string @namespace, IngressServiceBackend backend, string id, IngressSettings settings)
    {
        var wakes = Awakening.Wakes(state, sleepers, @namespace, backend.Name);
        return state.Find<Service>(Service.KindName, @namespace, backend.Name) is { } service && PortOf(service, backend) is { } port
            ? new Backend(id, Destinations(state, slices, service, port), settings.KeepsPod, wakes, port.IsHttp2, settings.HealthPath)
            : new Backend(id, [], settings.KeepsPod, wakes);
    }

    /// <summary>The ready pods behind a port of a service.</summary>
    internal static List<Destination> Destinations(ClusterState state, ILookup<(string, string), EndpointSlice> slices, Service service, ServicePort port) =>
    [
        .. from slice in slices[(service.Namespace, service.Name)]
           from target in slice.Ports
           where target.Name == port.Name
           from endpoint in slice.Endpoints
           where EndpointSliceReconciler.IsReady(endpoint)
           from address in endpoint.Addresses
           orderby address
           select new Destination(endpoint.TargetRef?.Uid ?? address, $"{address}:{target.Port}", CanaryPercent(state, service.Namespace, endpoint)),
    ];

    static int CanaryPercent(ClusterState state, string @namespace, Endpoint endpoint) =>
        endpoint.TargetRef is { Kind: Pod.KindName, Name: { } name } && state.Find<Pod>(Pod.KindName, @namespace, name)?.Metadata.Controller() is { Kind: ReplicaSet.KindName } owner
        && state.Find<ReplicaSet>(ReplicaSet.KindName, @namespace, owner.Name) is { } set ? Canary.PercentOf(set) ?? 0 : 0;
}
