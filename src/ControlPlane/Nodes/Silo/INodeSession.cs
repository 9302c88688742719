namespace Orchestrator.ControlPlane.Nodes.Silo;

/// <summary>
/// The session of one node, in memory on one of the servers: the lease that beats renew and the server that holds the agent's stream. It keeps no
/// truth: when it is lost, the next call makes a new one, whose lease starts whole.
/// </summary>
[Alias("orchestrator.node-session")]
interface INodeSession : IGrainWithStringKey
{
    /// <summary>A new session, held by the server at this address. An older one than the present is ignored.</summary>
    [Alias("open")]
    Task Open(long epoch, string holder);

    /// <summary>Renews the lease; false when a newer session has been opened.</summary>
    [Alias("beat")]
    Task<bool> Beat(long epoch, string holder);

    [Alias("observe")]
    Task<SessionLease> Observe();
}

/// <param name="Epoch">0 when no session is known.</param>
/// <param name="Holder">The API address of the server that holds the agent's stream; null when not known.</param>
[GenerateSerializer]
[Alias("orchestrator.session-lease")]
readonly record struct SessionLease([property: Id(0)] long Epoch, [property: Id(1)] bool Expired, [property: Id(2)] string? Holder);
