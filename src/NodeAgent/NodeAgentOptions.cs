using System.Net;
using Orchestrator.NodeAgent.Images;
using Orchestrator.NodeAgent.Pressure;

namespace Orchestrator.NodeAgent;

/// <summary>
/// Everything a node agent is told when it is started.
/// </summary>
public sealed record NodeAgentOptions
{
    /// <summary>This node's name in the cluster.</summary>
    public required string NodeName { get; init; }

    /// <summary>The address other nodes reach this one at.</summary>
    public required IPAddress Address { get; init; }

    /// <summary>Kept over restarts of the machine: images, pods' records, logs, volumes.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>
    /// Kept over restarts of the agent only: sockets, namespaces, bundles. Short: a unix socket's path has at most
    /// 107 bytes (unix(7)), of which 60 are used below it.
    /// </summary>
    public required string RunDirectory { get; init; }

    /// <summary>The control plane's servers; any one will do, so they are tried in turn.</summary>
    public required IReadOnlyList<Uri> Servers { get; init; }

    /// <summary>The OCI runtime that also is the shim.</summary>
    public string RuntimeProgram { get; init; } = Path.Combine(AppContext.BaseDirectory, "orun");

    /// <summary>Labels of the node.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>Taints that the node has when it first comes to its cluster: <see cref="Session.JoinTaints"/>.</summary>
    public IReadOnlyList<string> Taints { get; init; } = [];

    /// <summary>What of the machine is not for pods: <see cref="Session.SystemReserve"/>.</summary>
    public string SystemReserved { get; init; } = "";

    /// <summary>Processor time to offer, in millicores; null for all the machine has.</summary>
    public long? CpuMillicores { get; init; }

    /// <summary>Memory to offer, in bytes; null for all the machine has.</summary>
    public long? MemoryBytes { get; init; }

    /// <summary>Pods this node takes. The default is Kubernetes'.</summary>
    public int MaxPods { get; init; } = 110;

    /// <summary>How registries are reached.</summary>
    public RegistryOptions Registries { get; init; } = new();

    /// <summary>What an image may cost.</summary>
    public ImageLimits ImageLimits { get; init; } = new();

    /// <summary>Unused images are removed when their disk is fuller than this, in percent. The default is Kubernetes'.</summary>
    public int ImageGcHighPercent { get; init; } = 85;

    /// <summary>And until it is as full as this: below the other, so that not every pull removes something.</summary>
    public int ImageGcLowPercent => Math.Max(0, ImageGcHighPercent - 5);

    /// <summary>Pods are evicted when less than this is left of something: <see cref="EvictionThresholds"/>.</summary>
    public string EvictionHard { get; init; } = EvictionThresholds.Usual;

    /// <summary>The cgroup below which all containers stand, absolute in every hierarchy.</summary>
    public string CgroupRoot { get; init; } = "/orch";

    /// <summary>The cgroup of a pod's container.</summary>
    internal string CgroupOf(string uid, string container) => $"{CgroupRoot}/{uid}/{container}";

    /// <summary>The pod network's bridge: at most 15 characters.</summary>
    public string BridgeName { get; init; } = "orch0";

    /// <summary>Where the administrator's network configuration for CNI plugins is; null for the node's own pod network.</summary>
    public string? CniConfigurations { get; init; }

    /// <summary>Where CNI plugins are looked for, in turn. The defaults are those of the project and of Debian.</summary>
    public IReadOnlyList<string> CniPlugins { get; init; } = ["/opt/cni/bin", "/usr/lib/cni"];

    /// <summary>The network namespace that plays the node's own; null for the process's.</summary>
    public string? NetworkNamespace { get; init; }

    /// <summary>Names the name servers that are asked for what is not the cluster's: resolv.conf(5).</summary>
    public string ResolvConf { get; init; } = "/etc/resolv.conf";

    /// <summary>Told where the servers are, whenever that has changed.</summary>
    public Action<IEnumerable<string>>? ServersHeard { get; init; }

    /// <summary>Changes the connections to the control plane, for instance gives them certificates.</summary>
    public Action<SocketsHttpHandler>? ConfigureConnections { get; init; }

    /// <summary>Pods that are set up, started or taken down at one time: more only wait for the same disk and cores.</summary>
    public int PodsInWork { get; init; } = 8;
}
