using System.Text.Json.Serialization;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Schema;

namespace Orchestrator.Model.Services;

/// <summary>Routes HTTP requests from outside to services by host and path. Source: Kubernetes networking.k8s.io/v1 Ingress.</summary>
public sealed record Ingress() : Resource<IngressSpec, IngressStatus>("networking.k8s.io/v1", KindName)
{
    public const string KindName = "Ingress";

    /// <summary>The class of the ingresses here.</summary>
    public const string OwnClass = "orch";

    /// <summary>True when it is for the ingresses here; one of another class is for somebody else's.</summary>
    [JsonIgnore]
    public bool IsOurs => Spec.IngressClassName is null or OwnClass;
}

public sealed record IngressSpec
{
    /// <summary>Which ingresses it is for: "orch", or nothing, for those here.</summary>
    public string? IngressClassName { get; init; }

    /// <summary>The certificates that hosts are served with.</summary>
    public IReadOnlyList<IngressTls> Tls { get; init => field = value ?? []; } = [];

    /// <summary>Takes the requests that no rule takes.</summary>
    public IngressBackend? DefaultBackend { get; init; }

    public IReadOnlyList<IngressRule> Rules { get; init => field = value ?? []; } = [];
}

public sealed record IngressTls
{
    /// <summary>The hosts, wildcards among them; all hosts of the rules when there are none.</summary>
    public IReadOnlyList<string> Hosts { get; init => field = value ?? []; } = [];

    /// <summary>A Secret of type kubernetes.io/tls in the same namespace.</summary>
    public required string SecretName { get; init; }
}

public sealed record IngressRule
{
    /// <summary>The host, or <c>*.example.com</c> for one label in front; null for every host.</summary>
    public string? Host { get; init; }

    public HttpIngress? Http { get; init; }
}

public sealed record HttpIngress
{
    public IReadOnlyList<IngressPath> Paths { get; init => field = value ?? []; } = [];
}

public sealed record IngressPath
{
    [Default("\"/\"")]
    public string Path { get; init => field = value ?? "/"; } = "/";

    public required IngressPathType PathType { get; init; }

    public required IngressBackend Backend { get; init; }
}

public enum IngressPathType
{
    Prefix,
    Exact,
    ImplementationSpecific,
}

[KnownUpstream("resource")]
public sealed record IngressBackend
{
    public required IngressServiceBackend Service { get; init; }
}

public sealed record IngressServiceBackend
{
    public required string Name { get; init; }

    public required ServiceBackendPort Port { get; init; }
}

/// <summary>A service's port by number or by name; one of the two is set.</summary>
public sealed record ServiceBackendPort
{
    public int? Number { get; init; }

    public string? Name { get; init; }
}

public sealed record IngressStatus
{
    /// <summary>The condition that says whether all of it is served, and what is not.</summary>
    public const string Served = "Served";

    public LoadBalancerStatus LoadBalancer { get; init => field = value ?? new(); } = new();

    [MergeKey("type")]
    public IReadOnlyList<Condition> Conditions { get; init => field = value ?? []; } = [];
}

/// <summary>Where something is reached from outside.</summary>
public sealed record LoadBalancerStatus
{
    public IReadOnlyList<LoadBalancerIngress> Ingress { get; init => field = value ?? []; } = [];
}

[KnownUpstream("hostname", "ipMode", "ports")]
public sealed record LoadBalancerIngress
{
    public string? Ip { get; init; }
}
