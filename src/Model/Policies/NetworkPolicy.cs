using System.Text.Json.Serialization;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Pods;
using Orchestrator.Model.Schema;
using Orchestrator.Model.Values;

namespace Orchestrator.Model.Policies;

/// <summary>
/// Who may connect to the pods that it selects, and to whom those may connect. A pod that no policy selects is open; one that is selected takes, or makes, only
/// what one of its policies allows. Source: Kubernetes networking.k8s.io/v1 NetworkPolicy.
/// </summary>
public sealed record NetworkPolicy() : Resource<NetworkPolicySpec, NetworkPolicyStatus>("networking.k8s.io/v1", KindName)
{
    public const string KindName = "NetworkPolicy";
}

public sealed record NetworkPolicySpec
{
    /// <summary>The pods of the namespace that it is for; an empty one selects all of them.</summary>
    public LabelSelector PodSelector { get; init => field = value ?? new(); } = new();

    /// <summary>Which directions it limits. Without any: ingress, and egress if it has rules for that.</summary>
    public IReadOnlyList<PolicyType> PolicyTypes { get; init => field = value ?? []; } = [];

    public IReadOnlyList<NetworkPolicyIngressRule> Ingress { get; init => field = value ?? []; } = [];

    public IReadOnlyList<NetworkPolicyEgressRule> Egress { get; init => field = value ?? []; } = [];

    [JsonIgnore]
    public bool LimitsIngress => PolicyTypes.Count == 0 || PolicyTypes.Contains(PolicyType.Ingress);

    [JsonIgnore]
    public bool LimitsEgress => PolicyTypes.Count == 0 ? Egress.Count > 0 : PolicyTypes.Contains(PolicyType.Egress);
}

public enum PolicyType
{
    Ingress,
    Egress,
}

public sealed record NetworkPolicyIngressRule
{
    /// <summary>Who may connect; everyone when it is empty.</summary>
    public IReadOnlyList<NetworkPolicyPeer> From { get; init => field = value ?? []; } = [];

    /// <summary>To which ports; all when it is empty.</summary>
    public IReadOnlyList<NetworkPolicyPort> Ports { get; init => field = value ?? []; } = [];
}

public sealed record NetworkPolicyEgressRule
{
    /// <summary>To whom they may connect; to everyone when it is empty.</summary>
    public IReadOnlyList<NetworkPolicyPeer> To { get; init => field = value ?? []; } = [];

    public IReadOnlyList<NetworkPolicyPort> Ports { get; init => field = value ?? []; } = [];
}

/// <summary>Pods by their labels and those of their namespaces (the policy's own when none are chosen), or addresses.</summary>
public sealed record NetworkPolicyPeer
{
    public LabelSelector? PodSelector { get; init; }

    public LabelSelector? NamespaceSelector { get; init; }

    public IpBlock? IpBlock { get; init; }
}

public sealed record IpBlock
{
    /// <summary>A range of addresses, such as 192.168.1.0/24.</summary>
    public string Cidr { get; init => field = value ?? ""; } = "";

    /// <summary>Ranges within it that are not meant.</summary>
    public IReadOnlyList<string> Except { get; init => field = value ?? []; } = [];
}

public sealed record NetworkPolicyPort
{
    [Default("\"TCP\"")]
    public PortProtocol Protocol { get; init; }

    /// <summary>A number, or the name of a port of the pod that is connected to; every port when it is missing.</summary>
    public IntOrString? Port { get; init; }

    /// <summary>With a number: all ports from that to this one.</summary>
    public int? EndPort { get; init; }
}

/// <summary>The addresses of the pods that the rules' selectors choose now, kept by the control plane for the nodes: by rule, in the rules' order.</summary>
public sealed record NetworkPolicyStatus
{
    public IReadOnlyList<PeerAddresses> Ingress { get; init => field = value ?? []; } = [];

    public IReadOnlyList<PeerAddresses> Egress { get; init => field = value ?? []; } = [];
}

public sealed record PeerAddresses
{
    public IReadOnlyList<string> Addresses { get; init => field = value ?? []; } = [];

    /// <summary>Which numbers the named ports of a rule have, pod by pod: of egress rules only, since the pods connected to are elsewhere.</summary>
    public IReadOnlyList<NamedPortAddresses> Named { get; init => field = value ?? []; } = [];
}

public sealed record NamedPortAddresses
{
    public string Name { get; init => field = value ?? ""; } = "";

    public PortProtocol Protocol { get; init; }

    public int Port { get; init; }

    public IReadOnlyList<string> Addresses { get; init => field = value ?? []; } = [];
}
