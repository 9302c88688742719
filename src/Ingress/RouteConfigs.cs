using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Orchestrator.Contracts;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.LoadBalancing;
using Yarp.ReverseProxy.SessionAffinity;

namespace Orchestrator.Ingress;

/// <summary>The control plane's routes in YARP's terms.</summary>
static class RouteConfigs
{
    /// <summary>The names under which a route's own path and its type are kept beside the framework's pattern.</summary>
    public const string PathKey = "path", ExactKey = "exact";

    /// <summary>The name under which a route's requests a second from one address are kept.</summary>
    public const string RateKey = "rate";

    /// <summary>The name under which a route's Ingress is kept, as namespace/name.</summary>
    public const string IngressKey = "ingress";

    /// <summary>The name under which a backend's metadata say that requests wait for its pods.</summary>
    public const string WakesKey = "wakes";

    /// <summary>How long a request, an answer or a websocket may move no byte before it is given up.</summary>
    static readonly TimeSpan IdleTimeout = TimeSpan.FromSeconds(100);

    static readonly SearchValues<char> PlainCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._/");

    static readonly Dictionary<string, string> Wakes = new(StringComparer.Ordinal) { [WakesKey] = "" };

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
            [IngressKey] = route.Id[..Math.Max(0, route.Id.LastIndexOf('/'))],
            [PathKey] = route.Path,
            [ExactKey] = (route.PathType == Route.Types.PathType.Exact).ToString(),
            [RateKey] = route.RateLimit.ToString(CultureInfo.InvariantCulture),
        },
        MaxRequestBodySize = route.BodyLimit > 0 ? route.BodyLimit : null,
        Timeout = route.TimeoutSeconds > 0 ? TimeSpan.FromSeconds(route.TimeoutSeconds) : null,
        // Services see the host that the client asked for, as behind any Kubernetes ingress.
        Transforms = [new Dictionary<string, string> { ["RequestHeaderOriginalHost"] = "true" }],
    };

    public static ClusterConfig Of(Backend backend)
    {
        var destinations = new Dictionary<string, DestinationConfig>(StringComparer.Ordinal);
        foreach (var each in backend.Destinations)
            destinations[each.Id] = new DestinationConfig { Address = $"http://{each.Address}/", Metadata = each.CanaryPercent > 0 ? CanaryShare.MetadataOf(each.CanaryPercent) : null };
        return new ClusterConfig
        {
            ClusterId = backend.Id,
            LoadBalancingPolicy = backend.Destinations.Any(each => each.CanaryPercent > 0) ? CanaryShare.PolicyName : LoadBalancingPolicies.PowerOfTwoChoices,
            SessionAffinity = backend.KeepsPod ? KeptPod(backend.Id) : null,
            HttpRequest = Forwarding,
            Destinations = destinations,
            Metadata = backend.Wakes ? Wakes : null,
        };
    }

    /// <summary>The Ingress that the request's route is of.</summary>
    public static string IngressOf(HttpContext context) => context.GetReverseProxyFeature().Route.Config.Metadata![IngressKey]; // every route made has it

    // A cookie of its own for each backend; it holds a hash of the pod's id. When that pod is gone, another one takes over.
    static SessionAffinityConfig KeptPod(string backend) => new()
    {
        Enabled = true,
        Policy = SessionAffinityConstants.Policies.HashCookie,
        FailurePolicy = SessionAffinityConstants.FailurePolicies.Redistribute,
        AffinityKeyName = $"orch-pod-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(backend)).AsSpan(0, 8))}",
        Cookie = new SessionAffinityCookieConfig { Path = "/", HttpOnly = true, SameSite = SameSiteMode.Lax, SecurePolicy = CookieSecurePolicy.SameAsRequest },
    };

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
