using System.Text.Json.Serialization;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Pods;
using Orchestrator.Model.Schema;

namespace Orchestrator.Model.Services;

/// <summary>
/// A part of the addresses behind a service, written by the control plane, or by users for a service without a selector. Source: Kubernetes
/// discovery.k8s.io/v1 EndpointSlice.
/// </summary>
public sealed record EndpointSlice() : Resource("discovery.k8s.io/v1", KindName)
{
    public const string KindName = "EndpointSlice";

    /// <summary>The label that names the service.</summary>
    public const string ServiceLabel = "kubernetes.io/service-name";

    /// <summary>The label that says who keeps the slice.</summary>
    public const string ManagedByLabel = "endpointslice.kubernetes.io/managed-by";

    /// <summary>What the control plane's own slices say there.</summary>
    public const string ManagedByUs = "endpointslice-controller.orchestrator";

    /// <summary>Addresses in a slice: a change rewrites one slice, not the whole of a large service. Upstream's default.</summary>
    public const int MaxEndpoints = 100;

    [JsonPropertyOrder(1)]
    [Default("\"IPv4\"")]
    public string AddressType { get; init => field = value ?? "IPv4"; } = "IPv4";

    [JsonPropertyOrder(2)]
    public IReadOnlyList<Endpoint> Endpoints { get; init => field = value ?? []; } = [];

    [JsonPropertyOrder(3)]
    public IReadOnlyList<EndpointPort> Ports { get; init => field = value ?? []; } = [];

    /// <summary>The service it belongs to; null when its label is missing.</summary>
    [JsonIgnore]
    public string? Service => Metadata.Labels.GetValueOrDefault(ServiceLabel);

    public override bool SameSpecAs(Resource other) =>
        other is EndpointSlice same && ModelJson.Same(this with { Metadata = new ObjectMeta() }, same with { Metadata = new ObjectMeta() });
}

[KnownUpstream("deprecatedTopology", "hints", "zone")]
public sealed record Endpoint
{
    public IReadOnlyList<string> Addresses { get; init => field = value ?? []; } = [];

    public EndpointConditions Conditions { get; init => field = value ?? new(); } = new();

    /// <summary>The name the pod has below a headless service.</summary>
    public string? Hostname { get; init; }

    public string? NodeName { get; init; }

    public EndpointTarget? TargetRef { get; init; }
}

/// <summary>Null means yes for ready and serving, and no for terminating, as upstream.</summary>
public sealed record EndpointConditions
{
    /// <summary>Takes new connections.</summary>
    public bool? Ready { get; init; }

    /// <summary>Passes its readiness probe, on its way out or not.</summary>
    public bool? Serving { get; init; }

    public bool? Terminating { get; init; }
}

/// <summary>The pod behind an address.</summary>
[KnownUpstream("apiVersion", "fieldPath", "resourceVersion")]
public sealed record EndpointTarget
{
    public required string Kind { get; init; }

    public required string Name { get; init; }

    public string? Namespace { get; init; }

    public string? Uid { get; init; }
}

[KnownUpstream("appProtocol")]
public sealed record EndpointPort
{
    public string? Name { get; init; }

    public required int Port { get; init; }

    public PortProtocol Protocol { get; init; }
}
