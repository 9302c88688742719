using System.Net;

namespace Orchestrator.Daemon.Hosting;

/// <summary>What one orchd process does and where.</summary>
sealed record ServerSettings
{
    public required string Name { get; init; }

    public required IPAddress Advertise { get; init; }

    public required string DataDirectory { get; init; }

    public required string RunDirectory { get; init; }

    public required Ports Ports { get; init; }

    /// <summary>All servers of the cluster, this one included, as they are at its first start.</summary>
    public required IReadOnlyList<IPAddress> Servers { get; init; }

    /// <summary>Servers of the cluster that this one joins; empty when it is one of the first, or alone.</summary>
    public IReadOnlyList<IPAddress> Join { get; init; } = [];

    /// <summary>Whether the control plane runs here.</summary>
    public bool Server { get; init; }

    /// <summary>Whether this machine runs pods.</summary>
    public bool Agent { get; init; }

    /// <summary>Where requests from outside come in; null for no ingress here.</summary>
    public IPEndPoint? Ingress { get; init; }

    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>The cgroup below which this node's containers stand.</summary>
    public string CgroupRoot { get; init; } = "/orch";

    /// <summary>Registries that are spoken to without TLS, as host:port.</summary>
    public IReadOnlyList<string> InsecureRegistries { get; init; } = [];

    public bool JsonLogs { get; init; }

    public bool Verbose { get; init; }

    /// <summary>How much of the past the store keeps; null for what it keeps by itself.</summary>
    public HistorySettings? History { get; init; }

    public Uri ApiOf(IPAddress server) => new($"http://{new IPEndPoint(server, Ports.Api)}");
}

/// <param name="Revisions">How many revisions are kept.</param>
/// <param name="Age">How old a kept revision may be.</param>
sealed record HistorySettings(int Revisions, TimeSpan Age);
