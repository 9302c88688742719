using System.Net;

namespace Orchestrator.ControlPlane;

/// <summary>What a server of the control plane is told at its start.</summary>
/// <param name="ServerName">What this server is called.</param>
/// <param name="ApiAddress">Where other servers and agents reach this server's API.</param>
public sealed record ControlPlaneOptions(string ServerName, Uri ApiAddress)
{
    /// <summary>The range of all pods' addresses; each node gets a part of it.</summary>
    public IPNetwork ClusterCidr { get; init; } = IPNetwork.Parse("10.244.0.0/16");

    /// <summary>How long a node counts as alive after a beat.</summary>
    public TimeSpan NodeLease { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>How long a certificate of a server, an agent or a user is good.</summary>
    public TimeSpan CertificateLife { get; init; } = TimeSpan.FromDays(90);

    /// <summary>Where the context for root on this machine is written; null for nowhere.</summary>
    public string? AdminFile { get; init; }

    /// <summary>Whether this server stays one that holds data and does not vote, until somebody promotes it.</summary>
    public bool Learner { get; init; }

    /// <summary>The version of this program.</summary>
    public string Version { get; init; } = "";
}
