using System.Buffers;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Orchestrator.Contracts;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Health;
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

    /// <summary>The name under which it is kept how many requests of a route's Ingress may be under way; without one there is no limit.</summary>
    public const string ConcurrencyKey = "concurrency";

    /// <summary>The name under which a route's Ingress is kept, as namespace/name.</summary>
    public const string IngressKey = "ingress";

    /// <summary>The names under which it is kept that any number of labels may stand for the star of the host, the one method, and how a request has to come in.</summary>
    public const string AnyLabelsKey = "labels", MethodKey = "method", DoorKey = "door";

    /// <summary>The name under which a backend's metadata say that requests wait for its pods.</summary>
    public const string WakesKey = "wakes";

    /// <summary>How long a request, an answer or a websocket may move no byte before it is given up.</summary>
    public static readonly TimeSpan IdleTimeout = TimeSpan.FromSeconds(100);

    static readonly SearchValues<char> PlainCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._/");

    static readonly Dictionary<string, string> Wakes = new(StringComparer.Ordinal) { [WakesKey] = "" };

    /// <summary>A pod that can't be reached again and again is set aside for a while; when all are, all are tried.</summary>
    static readonly HealthCheckConfig Watched = new()
    {
        AvailableDestinationsPolicy = HealthCheckConstants.AvailableDestinations.HealthyOrPanic,
        Passive = new PassiveHealthCheckConfig { Enabled = true, Policy = HealthCheckConstants.PassivePolicy.TransportFailureRate, ReactivationPeriod = TimeSpan.FromSeconds(10) },
    };

    /// <summary>How often each pod is asked whether it is well, and how long it may take to say so; after two bad answers it is set aside, until a good one.</summary>
    static readonly TimeSpan BetweenAsks = TimeSpan.FromSeconds(2), AskTimeout = TimeSpan.FromSeconds(1);

    /// <summary>How requests go to pods that speak HTTP/1.1.</summary>
    public static readonly ForwarderRequestConfig Forwarding = new() { ActivityTimeout = IdleTimeout };

    static readonly ForwarderRequestConfig ForwardingHttp2 = new() { ActivityTimeout = IdleTimeout, Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };

    /// <param name="hosts">All hosts of the table.</param>
    public static RouteConfig Of(Route route, IEnumerable<string> hosts) => new()
    {
        RouteId = route.Id,
        ClusterId = route.Backend,
        Order = route.Order,
        Match = new RouteMatch
        {
            Hosts = route.Host.Length == 0 ? null : [route.Host, .. Narrower(route.Host, hosts)],
            Path = PatternOf(route),
            Headers = [.. route.Headers.Select(each => new RouteHeader { Name = each.Name, Values = [each.Value], Mode = HeaderMatchMode.ExactHeader, IsCaseSensitive = true })],
            QueryParameters = [.. route.Query.Select(each => new RouteQueryParameter { Name = each.Name, Values = [each.Value], Mode = QueryParameterMatchMode.Exact, IsCaseSensitive = true })],
        },
        Metadata = MetadataOf(route),
        MaxRequestBodySize = route.BodyLimit > 0 ? route.BodyLimit : null,
        Timeout = TimeoutOf(route),
        Transforms = OnTheWay.Of(route),
    };

    public static ClusterConfig Of(Backend backend)
    {
        var destinations = new Dictionary<string, DestinationConfig>(StringComparer.Ordinal);
        foreach (var each in backend.Destinations)
            destinations[each.Id] = new DestinationConfig { Address = $"http://{each.Address}/", Metadata = Shares.MetadataOf(each) };
        return new ClusterConfig
        {
            ClusterId = backend.Id,
            LoadBalancingPolicy = backend.Destinations.Any(each => each.CanaryPercent > 0 || each.Weight > 0) ? Shares.PolicyName : LoadBalancingPolicies.PowerOfTwoChoices,
            SessionAffinity = backend.KeepsPod ? KeptPod(backend.Id) : null,
            HttpRequest = backend.Http2 ? ForwardingHttp2 : Forwarding,
            HealthCheck = (destinations.Count, backend.HealthPath) switch
            {
                ( <= 1, _) => null, // there is nobody else to send requests to
                (_, "") => Watched,
                _ => Watched with { Active = new ActiveHealthCheckConfig { Enabled = true, Path = backend.HealthPath, Policy = HealthCheckConstants.ActivePolicy.ConsecutiveFailures, Interval = BetweenAsks, Timeout = AskTimeout } },
            },
            Destinations = destinations,
            Metadata = backend.Wakes ? Wakes : null,
        };
    }

    static Dictionary<string, string> MetadataOf(Route route)
    {
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            [IngressKey] = route.Id[..Math.Max(0, route.Id.LastIndexOf('/'))],
            [PathKey] = route.Path,
            [ExactKey] = (route.PathType == Route.Types.PathType.Exact).ToString(),
            [RateKey] = route.RateLimit.ToString(CultureInfo.InvariantCulture),
        };
        if (route.ConcurrencyLimit > 0) metadata[ConcurrencyKey] = route.ConcurrencyLimit.ToString(CultureInfo.InvariantCulture);
        if (route.AnyLabels) metadata[AnyLabelsKey] = "";
        if (route.Method.Length > 0) metadata[MethodKey] = route.Method;
        if (route.Door != Door.Any) metadata[DoorKey] = route.Door.ToString();
        if (route.Redirect is { } redirect) metadata[Redirects.Key] = Redirects.Write(redirect);
        return metadata;
    }

    // The framework looks for a host among the routes that name it most narrowly and no others, so that one with a star names all that it covers.
    static IEnumerable<string> Narrower(string host, IEnumerable<string> hosts) =>
        host.StartsWith("*.", StringComparison.Ordinal) ? hosts.Where(other => other != host && other.EndsWith(host[1..], StringComparison.OrdinalIgnoreCase)) : [];

    static TimeSpan? TimeoutOf(Route route)
    {
        var (seconds, precise) = (TimeSpan.FromSeconds(route.TimeoutSeconds), TimeSpan.FromMilliseconds(route.TimeoutMilliseconds));
        if (seconds == TimeSpan.Zero || precise == TimeSpan.Zero) return seconds + precise is var one && one > TimeSpan.Zero ? one : null;
        return seconds < precise ? seconds : precise;
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
