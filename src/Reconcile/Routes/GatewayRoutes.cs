using System.Globalization;
using Orchestrator.Model.Autoscaling;
using Orchestrator.Model.Configuration;
using Orchestrator.Model.Gateways;
using Orchestrator.Model.Services;
using Orchestrator.Model.State;
using Orchestrator.Reconcile.Autoscaling;

namespace Orchestrator.Reconcile.Routes;

/// <summary>What HTTPRoutes and their gateways add to the route table.</summary>
static class GatewayRoutes
{
    /// <summary>The backend of rules that are answered by the ingress itself.</summary>
    const string Nobody = "-";

    static readonly HttpRouteMatch Everything = new();

    public static (IReadOnlyList<Route> Routes, IReadOnlyList<Backend> Backends, IReadOnlyList<SiteCertificate> Certificates) Compute(ClusterState state, ILookup<(string, string), EndpointSlice> slices, IReadOnlyList<HorizontalPodAutoscaler> sleepers)
    {
        var (routes, backends, hosts) = (new List<Route>(), new List<Backend>(), new HashSet<string>(StringComparer.Ordinal));
        foreach (var route in OldestFirst(state))
        {
            var listeners = route.Spec.ParentRefs.Select(parent => Attachment.Of(state, route, parent)).OfType<Attachment>().SelectMany(each => each.Listeners).ToList();
            if (listeners.Count == 0) continue;
            hosts.UnionWith(listeners.SelectMany(each => each.Hosts));
            for (var i = 0; i < route.Spec.Rules.Count; i++)
            {
                var rule = route.Spec.Rules[i];
                var backend = BackendOf(state, slices, sleepers, route, rule, i);
                backends.Add(backend);
                foreach (var match in rule.Matches.DefaultIfEmpty(Everything))
                    routes.AddRange(Doors(listeners).Select((door, n) => RouteOf(route, rule, match, door, backend.Id, string.Create(CultureInfo.InvariantCulture, $"{route.Namespace}/{route.Name}{Route.OfHttpRoute}/{i}.{routes.Count + n}"))));
            }
        }

        return (routes, backends, [.. state.All<Gateway>(Gateway.KindName).Where(gateway => gateway.IsOurs).OrderBy(gateway => gateway.Metadata.CreationTimestamp).SelectMany(gateway => CertificatesOf(state, gateway, hosts))]);
    }

    /// <summary>Of two routes that ask for the same, the older one has it.</summary>
    public static IEnumerable<HttpRoute> OldestFirst(ClusterState state) => state.All<HttpRoute>(HttpRoute.KindName)
        .OrderBy(route => route.Metadata.CreationTimestamp).ThenBy(route => route.Namespace, StringComparer.Ordinal).ThenBy(route => route.Name, StringComparer.Ordinal);

    /// <summary>The services that any route may lead to.</summary>
    public static IEnumerable<(string Namespace, string Name)> ServicesOf(ClusterState state) =>
        state.All<HttpRoute>(HttpRoute.KindName).SelectMany(route => route.Spec.Rules.SelectMany(rule => rule.BackendRefs).Select(reference => (route.Namespace, reference.Name)));

    /// <summary>The port of a service that a rule sends requests to; null when there is none.</summary>
    public static (Service Service, ServicePort Port)? Find(ClusterState state, HttpRoute route, HttpBackendRef reference) =>
        state.Find<Service>(Service.KindName, route.Namespace, reference.Name) is { } service && service.Spec.Ports.FirstOrDefault(port => port.Port == reference.Port) is { } port ? (service, port) : null;

    /// <summary>Each host once, and whether requests for it have to come over TLS, or must not.</summary>
    static IEnumerable<(string Host, bool? Tls)> Doors(IEnumerable<AttachedListener> listeners) =>
        from each in listeners
        from host in each.Hosts
        group each.Listener.Protocol == GatewayProtocol.HTTPS by host into doors
        select (doors.Key, doors.Distinct().Count() > 1 ? null : (bool?)doors.First());

    static Route RouteOf(HttpRoute route, HttpRouteRule rule, HttpRouteMatch match, (string Host, bool? Tls) door, string backend, string id)
    {
        var path = match.Path ?? new HttpPathMatch();
        return new Route(id, door.Host, path.Value, path.Type == HttpPathMatchType.Exact, backend, 0, IngressSettings.None)
        {
            Only = new RouteConditions(AnyLabels: true, door.Tls, match.Method, match.Headers, match.QueryParams),
            Does = new RouteActions(
                rule.Filters.FirstOrDefault(each => each.Type == HttpRouteFilterType.RequestHeaderModifier)?.RequestHeaderModifier,
                rule.Filters.FirstOrDefault(each => each.Type == HttpRouteFilterType.ResponseHeaderModifier)?.ResponseHeaderModifier,
                rule.Filters.FirstOrDefault(each => each.Type == HttpRouteFilterType.RequestRedirect)?.RequestRedirect,
                rule.Filters.FirstOrDefault(each => each.Type == HttpRouteFilterType.URLRewrite)?.UrlRewrite,
                Shorter(rule.Timeouts?.Request, rule.Timeouts?.BackendRequest)),
        };
    }

    static TimeSpan Shorter(params string?[] timeouts) =>
        timeouts.Select(text => text is null ? TimeSpan.Zero : GatewayDuration.Parse(text) ?? TimeSpan.Zero).Where(each => each > TimeSpan.Zero).DefaultIfEmpty(TimeSpan.Zero).Min();

    static Backend BackendOf(ClusterState state, ILookup<(string, string), EndpointSlice> slices, IReadOnlyList<HorizontalPodAutoscaler> sleepers, HttpRoute route, HttpRouteRule rule, int number)
    {
        if (rule.BackendRefs.Count == 0) return new Backend(Nobody, [], KeepsPod: false, Wakes: false);
        var weighted = rule.BackendRefs.Count > 1;
        var destinations = rule.BackendRefs.SelectMany((reference, group) => reference.Weight > 0 && Find(state, route, reference) is var (service, port)
            ? RouteReconciler.Destinations(state, slices, service, port).Select(each => each with { Id = weighted ? $"{group}/{each.Id}" : each.Id, Group = group, Weight = weighted ? reference.Weight : 0 })
            : []);
        // One way of speaking for all of a rule: where services differ in it, all are spoken to as the older way has it.
        var ports = rule.BackendRefs.Select(reference => Find(state, route, reference)?.Port).OfType<ServicePort>().ToList();
        return new Backend(BackendIds.Of(route, number), [.. destinations], KeepsPod: false,
            Wakes: rule.BackendRefs.Any(reference => reference.Weight > 0 && Awakening.Wakes(state, sleepers, route.Namespace, reference.Name)), IsHttp2: ports.Count > 0 && ports.TrueForAll(port => port.IsHttp2));
    }

    static IEnumerable<SiteCertificate> CertificatesOf(ClusterState state, Gateway gateway, IReadOnlySet<string> attached) =>
        from listener in gateway.Spec.Listeners
        where listener.Protocol == GatewayProtocol.HTTPS
        from reference in listener.Tls?.CertificateRefs ?? []
        let secret = state.Find<Secret>(Secret.KindName, gateway.Namespace, reference.Name)
        where secret?.Type == SecretTypes.Tls
        let content = secret.Content().ToDictionary(StringComparer.Ordinal)
        where content.ContainsKey(SecretTypes.TlsChain) && content.ContainsKey(SecretTypes.TlsKey)
        select new SiteCertificate($"{gateway.Namespace}/{reference.Name}", listener.Hostname is { } name ? [name] : [.. attached.Where(host => host.Length > 0).Order(StringComparer.Ordinal)], content[SecretTypes.TlsChain], content[SecretTypes.TlsKey]);
}
