using Orchestrator.Contracts;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.LoadBalancing;

namespace Orchestrator.Ingress;

/// <summary>The control plane's routes in YARP's terms.</summary>
static class RouteConfigs
{
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
        // Services see the host that the client asked for, as behind any Kubernetes ingress.
        Transforms = [new Dictionary<string, string> { ["RequestHeaderOriginalHost"] = "true" }],
    };

    public static ClusterConfig Of(Backend backend) => new()
    {
        ClusterId = backend.Id,
        LoadBalancingPolicy = LoadBalancingPolicies.PowerOfTwoChoices,
        Destinations = backend.Destinations.ToDictionary(
            each => each.Id, each => new DestinationConfig { Address = $"http://{each.Address}/" }, StringComparer.Ordinal),
    };

    // A prefix matches whole path elements: /shop takes /shop and /shop/cart, and not /shopping.
    static string PatternOf(Route route)
    {
        var literal = route.Path.Replace("{", "{{", StringComparison.Ordinal).Replace("}", "}}", StringComparison.Ordinal);
        return route.PathType switch
        {
            Route.Types.PathType.Exact => literal,
            Route.Types.PathType.Prefix => literal.TrimEnd('/') + "/{**rest}",
        };
    }
}
