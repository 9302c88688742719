using System.Net;
using Orchestrator.Contracts.Security;
using Orchestrator.NodeAgent.Pressure;

namespace Orchestrator.Daemon.Hosting;

/// <summary>What one orchd process does and where.</summary>
sealed record ServerSettings
{
    public required string Name { get; init; }

    public required IPAddress Advertise { get; init; }

    public required string DataDirectory { get; init; }

    public required string RunDirectory { get; init; }

    public required Ports Ports { get; init; }

    /// <summary>Where the servers are whose cluster this machine joins at its first start, as host:port; empty for the first server of a new one.</summary>
    public IReadOnlyList<string> Join { get; init; } = [];

    /// <summary>What lets it in at its first start.</summary>
    public string? Token { get; init; }

    /// <summary>Whether this server stays one that does not vote.</summary>
    public bool Learner { get; init; }

    /// <summary>How long the certificates are good that this server signs.</summary>
    public TimeSpan CertificateLife { get; init; } = TimeSpan.FromDays(90);

    /// <summary>Whether the control plane runs here.</summary>
    public bool Server { get; init; }

    /// <summary>Whether this machine runs pods.</summary>
    public bool Agent { get; init; }

    /// <summary>Where requests from outside come in; null for no ingress here.</summary>
    public IPEndPoint? Ingress { get; init; }

    /// <summary>Where those over TLS come in.</summary>
    public IPEndPoint? IngressTls { get; init; }

    /// <summary>Load balancers in front of the ingress that say whom their connections are from.</summary>
    public IReadOnlyList<IPNetwork> IngressProxyProtocol { get; init; } = [];

    /// <summary>A directory for the lines of the ingress's requests; null for none.</summary>
    public string? IngressAccessLog { get; init; }

    /// <summary>What this machine is in its cluster.</summary>
    public Purpose Purpose => Server ? Purpose.Server : Agent ? Purpose.Agent : Purpose.Ingress;

    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>Taints that this node has when it first comes to the cluster.</summary>
    public IReadOnlyList<string> Taints { get; init; } = [];

    /// <summary>What of this machine is not for pods.</summary>
    public string SystemReserved { get; init; } = "";

    /// <summary>Unused images are removed when their disk is fuller than this, in percent.</summary>
    public int ImageGcHighPercent { get; init; } = 85;

    /// <summary>How long a stop waits for this node's pods to be replaced elsewhere; null for a stop that leaves them running.</summary>
    public TimeSpan? DrainPatience { get; init; }

    /// <summary>When pods are evicted, as the kubelet's option of the same name.</summary>
    public string EvictionHard { get; init; } = EvictionThresholds.Usual;

    /// <summary>Where the network configuration for CNI plugins is; null for the node's own pod network.</summary>
    public string? CniConfigurations { get; init; }

    /// <summary>Where CNI plugins are looked for.</summary>
    public IReadOnlyList<string> CniPlugins { get; init; } = [];

    /// <summary>The cgroup below which this node's containers stand.</summary>
    public string CgroupRoot { get; init; } = "/orch";

    /// <summary>Registries that are spoken to without TLS, as host:port.</summary>
    public IReadOnlyList<string> InsecureRegistries { get; init; } = [];

    /// <summary>Whether this is a cluster of one machine, for trying.</summary>
    public bool IsDev { get; init; }

    public bool JsonLogs { get; init; }

    public bool Verbose { get; init; }

    /// <summary>How much of the past the store keeps; null for what it keeps by itself.</summary>
    public HistorySettings? History { get; init; }

    /// <summary>How long a node counts as alive after a sign of it.</summary>
    public TimeSpan NodeLease { get; init; } = TimeSpan.FromSeconds(3);

    public Uri ApiOf(IPAddress server) => new($"https://{new IPEndPoint(server, Ports.Api)}");

    /// <summary>This machine's certificate and what belongs to it.</summary>
    public string CredentialDirectory => Path.Combine(DataDirectory, "pki");

    /// <summary>Health and metrics are for this machine's own eyes: they are not secured.</summary>
    public IPEndPoint Health => new(IPAddress.IsLoopback(Advertise) ? Advertise : IPAddress.Loopback, Ports.Http);
}

/// <param name="Revisions">How many revisions are kept.</param>
/// <param name="Age">How old a kept revision may be.</param>
sealed record HistorySettings(int Revisions, TimeSpan Age);
