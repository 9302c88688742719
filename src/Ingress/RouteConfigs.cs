using System.Buffers;
using Orchestrator.Contracts;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.LoadBalancing;

namespace Orchestrator.Ingress;

/// <summary>The control plane's routes in YARP's terms.</summary>
static class RouteConfigs
{
    /// <summary>The names under which a route's own path and its type are kept beside the framework's pattern.</summary>
    public const string PathKey = "path", ExactKey = "exact";

    /// <summary>How long a request, an answer or a websocket may move no byte before it is given up.</summary>
    static readonly TimeSpan IdleTimeout = TimeSpan.FromSeconds(100);

    static readonly SearchValues<char> PlainCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._/");

    static readonly ForwarderRequestConfig Forwarding = new() { ActivityTimeout = IdleTimeout };

    public static RouteConfig Of(Route route) => new()
    {
        RouteId = route.Id,
        ClusterId = route.Backend,
        Order = route.Order,
        Match = new RouteMatch
        {
            Hosts = route.Host.Length == 0 ? null : [route.Host],
            Path = PatternOf(route),
        },
        Metadata = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            [PathKey] = route.Path,
            [ExactKey] = (route.PathType == Route.Types.PathType.Exact).ToString(),
        },
        // Services see the host that the client asked for, as behind any Kubernetes ingress.
        Transforms = [new Dictionary<string, string> { ["RequestHeaderOriginalHost"] = "true" }],
    };

    public static ClusterConfig Of(Backend backend)
    {
        var destinations = new Dictionary<string, DestinationConfig>(StringComparer.Ordinal);
        foreach (var each in backend.Destinations) destinations[each.Id] = new DestinationConfig { Address = $"http://{each.Address}/" };
        return new ClusterConfig
        {
            ClusterId = backend.Id,
            LoadBalancingPolicy = LoadBalancingPolicies.PowerOfTwoChoices,
            HttpRequest = Forwarding,
            Destinations = destinations,
        };
    }

    // The pattern only narrows the search; RouteRules decides. A path that the pattern language would refuse must not spoil the whole table, and is
    // searched for everywhere.
    static string PatternOf(Route route)
    {
        const string Everywhere = "/{**rest}";
        var plain = route.Path.StartsWith('/') && !route.Path.AsSpan().ContainsAnyExcept(PlainCharacters) && !route.Path.Contains("//", StringComparison.Ordinal);
        if (!plain) return Everywhere;
        return route.PathType switch
        {
            Route.Types.PathType.Exact => route.Path,
            Route.Types.PathType.Prefix => route.Path.TrimEnd('/') + Everywhere,
        };
    }
}
