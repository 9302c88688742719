using System.Net;

namespace Orchestrator.Model.Services;

/// <summary>The numbers that services get theirs from.</summary>
public static class ServiceNetwork
{
    /// <summary>All services' addresses: 65,534 of them, away from the pods' range.</summary>
    public static IPNetwork Range { get; } = IPNetwork.Parse("10.96.0.0/16");

    /// <summary>Ports on nodes that are given to services. Upstream's default.</summary>
    public const int FirstNodePort = 30000;

    /// <summary>The last of them.</summary>
    public const int LastNodePort = 32767;

    /// <summary>The domain that all names inside the cluster end in.</summary>
    public const string Domain = "cluster.local";
}
