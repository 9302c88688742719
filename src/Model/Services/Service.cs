using System.Text.Json.Serialization;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Schema;
using Orchestrator.Model.Values;

namespace Orchestrator.Model.Services;

/// <summary>A stable name and address for the ready pods that a selector chooses. Source: Kubernetes core/v1 Service.</summary>
public sealed record Service() : Resource<ServiceSpec, ServiceStatus>("v1", KindName)
{
    public const string KindName = "Service";

    /// <summary>Whether its selector chooses this pod of its namespace; one without a selector chooses none.</summary>
    public bool Chooses(Pods.Pod pod) => Spec.Selector.Count > 0 && Spec.Selector.All(pair => pod.Metadata.Labels.GetValueOrDefault(pair.Key) == pair.Value);
}

[KnownUpstream("allocateLoadBalancerNodePorts", "clusterIPs", "externalIPs", "healthCheckNodePort",
    "ipFamilies", "ipFamilyPolicy", "loadBalancerClass", "loadBalancerSourceRanges", "trafficDistribution")]
public sealed record ServiceSpec
{
    /// <summary>What <see cref="ClusterIp"/> says for a service without an address of its own: a name for the pods' addresses.</summary>
    public const string NoAddress = "None";

    [Default("\"ClusterIP\"")]
    public ServiceType Type { get; init; }

    /// <summary>The service's address; given by the control plane when a manifest leaves it out, "None" for a headless service.</summary>
    [JsonPropertyName("clusterIP")]
    public string? ClusterIp { get; init; }

    /// <summary>The name that an ExternalName service stands for.</summary>
    public string? ExternalName { get; init; }

    public IReadOnlyDictionary<string, string> Selector { get; init => field = value ?? Empty.Map; } = Empty.Map;

    [MergeKey("port")]
    public IReadOnlyList<ServicePort> Ports { get; init => field = value ?? []; } = [];

    /// <summary>Whether a client stays with the pod it was given first.</summary>
    [Default("\"None\"")]
    public SessionAffinity SessionAffinity { get; init; }

    public SessionAffinityConfig? SessionAffinityConfig { get; init; }

    /// <summary>Of type LoadBalancer: the address of a pool that it is to have; null for any.</summary>
    [JsonPropertyName("loadBalancerIP")]
    public string? LoadBalancerIp { get; init; }

    /// <summary>Local: connections from within the cluster go to pods of the same node only.</summary>
    [Default("\"Cluster\"")]
    public TrafficPolicy InternalTrafficPolicy { get; init; }

    /// <summary>Local: connections from outside go to pods of the node they arrive at only, with the client's own address.</summary>
    [Default("\"Cluster\"")]
    public TrafficPolicy ExternalTrafficPolicy { get; init; }

    /// <summary>Lists pods that are not ready as if they were, for peers that have to find each other first.</summary>
    public bool PublishNotReadyAddresses { get; init; }

    [JsonIgnore]
    public bool IsHeadless => ClusterIp == NoAddress;

    /// <summary>True when it has an address to be reached at.</summary>
    [JsonIgnore]
    public bool HasAddress => Type != ServiceType.ExternalName && ClusterIp is not (null or NoAddress);

    /// <summary>True when it takes connections on a port of every node.</summary>
    [JsonIgnore]
    public bool IsOnNodes => Type is ServiceType.NodePort or ServiceType.LoadBalancer;
}

public enum ServiceType
{
    ClusterIP,
    NodePort,
    LoadBalancer,
    ExternalName,
}

public enum SessionAffinity
{
    None,
    ClientIP,
}

public enum TrafficPolicy
{
    Cluster,
    Local,
}

public sealed record SessionAffinityConfig
{
    [JsonPropertyName("clientIP")]
    public ClientIpConfig ClientIp { get; init => field = value ?? new(); } = new();
}

public sealed record ClientIpConfig
{
    /// <summary>Three hours, as upstream.</summary>
    public const int DefaultTimeoutSeconds = 10800;

    /// <summary>How long a client that says nothing is remembered.</summary>
    [Default("10800")]
    public int TimeoutSeconds { get; init; } = DefaultTimeoutSeconds;
}

public sealed record ServicePort
{
    public string? Name { get; init; }

    public required int Port { get; init; }

    /// <summary>The pods' port, by number or name; the same as Port when null.</summary>
    public IntOrString? TargetPort { get; init; }

    [Default("\"TCP\"")]
    public Pods.PortProtocol Protocol { get; init; }

    /// <summary>The port on every node; given by the control plane when a manifest leaves it out.</summary>
    public int? NodePort { get; init; }

    /// <summary>The protocol above, such as kubernetes.io/h2c, for proxies that ask. Source: KEP-3726.</summary>
    public string? AppProtocol { get; init; }

    /// <summary>True when pods speak HTTP/2 in the clear and expect it from the first byte, as servers of gRPC do.</summary>
    public bool IsHttp2 => AppProtocol is "kubernetes.io/h2c" or "grpc";

    /// <summary>The number of a pod's port behind this one; null when the pod has no port of the name that is asked for.</summary>
    public int? TargetOn(Pods.Pod pod)
    {
        if (TargetPort is not { } target) return Port;
        if (target.Text is not { } name) return target.Number;
        return pod.Spec.Containers.SelectMany(container => container.Ports)
            .FirstOrDefault(each => each.Name == name && each.Protocol == Protocol)?.Port;
    }
}

[KnownUpstream("conditions")]
public sealed record ServiceStatus
{
    /// <summary>Of type LoadBalancer: the address that it has on the nodes' link.</summary>
    public LoadBalancerStatus LoadBalancer { get; init => field = value ?? new(); } = new();

    /// <summary>The node that answers for the address.</summary>
    public string? AnnouncedBy { get; init; }

    [JsonIgnore]
    public string? Address => LoadBalancer.Ingress is [{ Ip: { } ip }, ..] ? ip : null;
}
