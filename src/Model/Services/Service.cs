using System.Text.Json.Serialization;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Pods;
using Orchestrator.Model.Schema;
using Orchestrator.Model.Values;

namespace Orchestrator.Model.Services;

/// <summary>A stable name for the ready pods that a selector chooses. Source: Kubernetes core/v1 Service.</summary>
public sealed record Service() : Resource<ServiceSpec, ServiceStatus>("v1", KindName)
{
    public const string KindName = "Service";
}

[KnownUpstream("allocateLoadBalancerNodePorts", "clusterIP", "clusterIPs", "externalIPs", "externalName", "externalTrafficPolicy", "healthCheckNodePort", "internalTrafficPolicy",
    "ipFamilies", "ipFamilyPolicy", "loadBalancerClass", "loadBalancerIP", "loadBalancerSourceRanges", "publishNotReadyAddresses",
    "sessionAffinity", "sessionAffinityConfig", "trafficDistribution", "type")]
public sealed record ServiceSpec
{
    public IReadOnlyDictionary<string, string> Selector { get; init => field = value ?? Empty.Map; } = Empty.Map;

    [MergeKey("port")]
    public IReadOnlyList<ServicePort> Ports { get; init => field = value ?? []; } = [];
}

[KnownUpstream("appProtocol", "nodePort")]
public sealed record ServicePort
{
    public string? Name { get; init; }

    public required int Port { get; init; }

    /// <summary>The pods' port, by number or name; the same as Port when null.</summary>
    public IntOrString? TargetPort { get; init; }

    [Default("\"TCP\"")]
    public PortProtocol Protocol { get; init; }
}

public sealed record ServiceStatus;

/// <summary>The addresses behind a service, written by the control plane. Source: Kubernetes core/v1 Endpoints.</summary>
public sealed record Endpoints() : Resource("v1", KindName)
{
    public const string KindName = "Endpoints";

    [JsonPropertyOrder(1)]
    public IReadOnlyList<EndpointSubset> Subsets { get; init => field = value ?? []; } = [];

    public override bool SameSpecAs(Resource other) => other is Endpoints same && ModelJson.Same(Subsets, same.Subsets);
}

/// <summary>Addresses that share the same ports.</summary>
public sealed record EndpointSubset
{
    public IReadOnlyList<EndpointAddress> Addresses { get; init => field = value ?? []; } = [];

    public IReadOnlyList<EndpointAddress> NotReadyAddresses { get; init => field = value ?? []; } = [];

    public IReadOnlyList<EndpointPort> Ports { get; init => field = value ?? []; } = [];
}

public sealed record EndpointAddress
{
    public required string Ip { get; init; }

    public string? NodeName { get; init; }

    public EndpointTarget? TargetRef { get; init; }
}

/// <summary>The pod behind an address.</summary>
public sealed record EndpointTarget
{
    public required string Kind { get; init; }

    public required string Name { get; init; }

    public string? Namespace { get; init; }

    public string? Uid { get; init; }
}

public sealed record EndpointPort
{
    public string? Name { get; init; }

    public required int Port { get; init; }

    public PortProtocol Protocol { get; init; }
}
