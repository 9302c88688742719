using System.Text.Json.Serialization;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Schema;
using Orchestrator.Model.Values;

namespace Orchestrator.Model.Gateways;

/// <summary>
/// What routes attach to: names and certificates under which the ingresses take requests, on the ports that they have. Source: Gateway API, gateway.networking.k8s.io/v1 Gateway.
/// </summary>
public sealed record Gateway() : Resource<GatewaySpec, GatewayStatus>("gateway.networking.k8s.io/v1", KindName)
{
    public const string KindName = "Gateway";

    /// <summary>The class of the ingresses here.</summary>
    public const string OwnClass = "orch";

    /// <summary>True when it is for the ingresses here; one of another class is for somebody else's.</summary>
    [JsonIgnore]
    public bool IsOurs => Spec.GatewayClassName == OwnClass;
}

[KnownUpstream("addresses", "backendTLS", "infrastructure", "allowedListeners", "tls")]
public sealed record GatewaySpec
{
    /// <summary>"orch" for the ingresses here.</summary>
    public string GatewayClassName { get; init => field = value ?? ""; } = "";

    [MergeKey("name")]
    public IReadOnlyList<GatewayListener> Listeners { get; init => field = value ?? []; } = [];
}

public sealed record GatewayListener
{
    public required string Name { get; init; }

    /// <summary>The names it is for, <c>*.example.com</c> for any number of labels in front; null for all.</summary>
    public string? Hostname { get; init; }

    /// <summary>80 or 443 by the protocol; the ingresses listen where their own options say.</summary>
    public required int Port { get; init; }

    public required GatewayProtocol Protocol { get; init; }

    public GatewayTls? Tls { get; init; }

    public AllowedRoutes? AllowedRoutes { get; init; }
}

public enum GatewayProtocol
{
    HTTP,
    HTTPS,
}

[KnownUpstream("options", "frontendValidation")]
public sealed record GatewayTls
{
    [Default("\"Terminate\"")]
    public GatewayTlsMode Mode { get; init; }

    /// <summary>Secrets of type kubernetes.io/tls in the gateway's namespace.</summary>
    public IReadOnlyList<GatewaySecret> CertificateRefs { get; init => field = value ?? []; } = [];
}

public enum GatewayTlsMode
{
    /// <summary>The ingress shows the certificate and forwards what comes as plain HTTP.</summary>
    Terminate,
}

[KnownUpstream("group", "kind", "namespace")]
public sealed record GatewaySecret
{
    public required string Name { get; init; }
}

[KnownUpstream("kinds")]
public sealed record AllowedRoutes
{
    public RouteNamespaces? Namespaces { get; init; }
}

public sealed record RouteNamespaces
{
    [Default("\"Same\"")]
    public RoutesFrom From { get; init; } = RoutesFrom.Same;

    /// <summary>With Selector: the labels of the namespaces.</summary>
    public LabelSelector? Selector { get; init; }
}

public enum RoutesFrom
{
    All,
    Same,
    Selector,
}

public sealed record GatewayStatus
{
    public const string Accepted = "Accepted", Programmed = "Programmed";

    public IReadOnlyList<GatewayAddress> Addresses { get; init => field = value ?? []; } = [];

    [MergeKey("type")]
    public IReadOnlyList<Condition> Conditions { get; init => field = value ?? []; } = [];
}

/// <summary>An ingress's address.</summary>
public sealed record GatewayAddress
{
    public required string Value { get; init; }
}
