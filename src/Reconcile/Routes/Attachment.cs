using Orchestrator.Model.Gateways;
using Orchestrator.Model.Meta;
using Orchestrator.Model.State;

namespace Orchestrator.Reconcile.Routes;

/// <summary>One listener that a route attaches to, with the hosts that both are for.</summary>
/// <param name="Hosts">An empty one stands for every host.</param>
sealed record AttachedListener(GatewayListener Listener, IReadOnlyList<string> Hosts);

/// <summary>What becomes of a route at one of its gateways. Source: Gateway API, "Attaching to Gateways" and HTTPRouteSpec.hostnames.</summary>
/// <param name="Listeners">None when it does not attach.</param>
/// <param name="Reason">Upstream's word for it.</param>
/// <param name="Problem">Why it does not attach; null when it does.</param>
sealed record Attachment(ParentRef Parent, IReadOnlyList<AttachedListener> Listeners, string Reason, string? Problem)
{
    /// <summary>Null for a gateway of another class, which is somebody else's.</summary>
    public static Attachment? Of(ClusterState state, HttpRoute route, ParentRef parent)
    {
        var @namespace = parent.Namespace ?? route.Namespace;
        if (state.Find<Gateway>(Gateway.KindName, @namespace, parent.Name) is not { } gateway) return Refused("NoMatchingParent", $"there is no gateway {@namespace}/{parent.Name}");
        if (!gateway.IsOurs) return null;
        var named = gateway.Spec.Listeners.Where(listener => parent.SectionName is null || listener.Name == parent.SectionName).ToList();
        if (named.Count == 0) return Refused("NoMatchingParent", $"gateway {gateway.Name} has no listener {parent.SectionName}");
        var open = named.Where(listener => Allows(state, gateway, listener, route)).ToList();
        if (open.Count == 0) return Refused("NotAllowedByListeners", $"gateway {gateway.Namespace}/{gateway.Name} takes no routes of namespace {route.Namespace}: its listeners' allowedRoutes say so");
        var attached = open.Select(listener => new AttachedListener(listener, Hosts(listener.Hostname, route.Spec.Hostnames))).Where(each => each.Hosts.Count > 0).ToList();
        return attached.Count == 0
            ? Refused("NoMatchingListenerHostname", $"no listener of gateway {gateway.Name} is for {string.Join(", ", route.Spec.Hostnames)}")
            : new Attachment(parent, attached, "Accepted", null);

        Attachment Refused(string reason, string problem) => new(parent, [], reason, problem);
    }

    static bool Allows(ClusterState state, Gateway gateway, GatewayListener listener, HttpRoute route) => listener.AllowedRoutes?.Namespaces switch
    {
        { From: RoutesFrom.All } => true,
        { From: RoutesFrom.Selector, Selector: { } selector } => state.Find<Namespace>(Namespace.KindName, "", route.Namespace) is { } home && selector.Matches(home.Metadata.Labels),
        { From: RoutesFrom.Selector } => false,
        _ => route.Namespace == gateway.Namespace,
    };

    static List<string> Hosts(string? listener, IReadOnlyList<string> route) =>
        route.Count == 0 ? [listener ?? ""] : [.. route.Select(host => listener is null ? host : Narrower(listener, host)).OfType<string>().Distinct()];

    /// <summary>Of two names the one that both are for; null when they have none in common.</summary>
    static string? Narrower(string one, string other) => one == other || Covers(one, other) ? other : Covers(other, one) ? one : null;

    static bool Covers(string wide, string narrow) => wide.StartsWith("*.", StringComparison.Ordinal) && narrow.EndsWith(wide[1..], StringComparison.OrdinalIgnoreCase);
}
