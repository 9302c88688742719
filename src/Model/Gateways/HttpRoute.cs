using Orchestrator.Model.Meta;
using Orchestrator.Model.Schema;

namespace Orchestrator.Model.Gateways;

/// <summary>Sends HTTP requests that come to a gateway to services, by host, path, method, headers and query. Source: Gateway API, gateway.networking.k8s.io/v1 HTTPRoute.</summary>
public sealed record HttpRoute() : Resource<HttpRouteSpec, HttpRouteStatus>("gateway.networking.k8s.io/v1", KindName)
{
    public const string KindName = "HTTPRoute";
}

[KnownUpstream("useDefaultGateways")]
public sealed record HttpRouteSpec
{
    /// <summary>The gateways it attaches to.</summary>
    public IReadOnlyList<ParentRef> ParentRefs { get; init => field = value ?? []; } = [];

    /// <summary>The names it is for, as far as a listener is for them, too; none for all of the listener's.</summary>
    public IReadOnlyList<string> Hostnames { get; init => field = value ?? []; } = [];

    public IReadOnlyList<HttpRouteRule> Rules { get; init => field = value ?? []; } = [];
}

[KnownUpstream("group", "kind", "port")]
public sealed record ParentRef
{
    public required string Name { get; init; }

    /// <summary>The route's own when null.</summary>
    public string? Namespace { get; init; }

    /// <summary>One listener; all that fit when null.</summary>
    public string? SectionName { get; init; }
}

[KnownUpstream("name", "retry", "sessionPersistence")]
public sealed record HttpRouteRule
{
    /// <summary>Any of them is enough; none takes everything.</summary>
    public IReadOnlyList<HttpRouteMatch> Matches { get; init => field = value ?? []; } = [];

    public IReadOnlyList<HttpRouteFilter> Filters { get; init => field = value ?? []; } = [];

    public IReadOnlyList<HttpBackendRef> BackendRefs { get; init => field = value ?? []; } = [];

    public HttpRouteTimeouts? Timeouts { get; init; }
}

/// <summary>What all has to be true of a request.</summary>
public sealed record HttpRouteMatch
{
    public HttpPathMatch? Path { get; init; }

    public IReadOnlyList<HttpValueMatch> Headers { get; init => field = value ?? []; } = [];

    public IReadOnlyList<HttpValueMatch> QueryParams { get; init => field = value ?? []; } = [];

    public string? Method { get; init; }
}

public sealed record HttpPathMatch
{
    [Default("\"PathPrefix\"")]
    public HttpPathMatchType Type { get; init; } = HttpPathMatchType.PathPrefix;

    [Default("\"/\"")]
    public string Value { get; init => field = value ?? "/"; } = "/";
}

public enum HttpPathMatchType
{
    Exact,
    PathPrefix,
}

/// <summary>A header or a parameter of the query with exactly this value.</summary>
public sealed record HttpValueMatch
{
    [Default("\"Exact\"")]
    public HttpValueMatchType Type { get; init; }

    public required string Name { get; init; }

    public required string Value { get; init; }
}

public enum HttpValueMatchType
{
    Exact,
}

[KnownUpstream("group", "kind")]
public sealed record HttpBackendRef
{
    /// <summary>A service in the route's namespace.</summary>
    public required string Name { get; init; }

    /// <summary>The service's namespace; only the route's own.</summary>
    public string? Namespace { get; init; }

    public required int Port { get; init; }

    /// <summary>Its part of the sum of all weights.</summary>
    [Default("1")]
    public int Weight { get; init; } = 1;
}

public sealed record HttpRouteTimeouts
{
    /// <summary>How long the whole of a request may take, such as 10s or 500ms; 0s for no limit.</summary>
    public string? Request { get; init; }

    /// <summary>How long one try at a pod may take; it is held to the whole as well.</summary>
    public string? BackendRequest { get; init; }
}

public sealed record HttpRouteStatus
{
    public IReadOnlyList<RouteParentStatus> Parents { get; init => field = value ?? []; } = [];
}

/// <summary>What became of a route at one of its gateways.</summary>
public sealed record RouteParentStatus
{
    public const string Controller = "orchestrator/ingress";
    public const string Accepted = "Accepted", ResolvedRefs = "ResolvedRefs";

    public required ParentRef ParentRef { get; init; }

    public required string ControllerName { get; init; }

    [MergeKey("type")]
    public IReadOnlyList<Condition> Conditions { get; init => field = value ?? []; } = [];
}
