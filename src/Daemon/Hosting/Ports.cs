namespace Orchestrator.Daemon.Hosting;

/// <summary>The ports of a server, the same on all servers of a cluster.</summary>
/// <param name="Api">gRPC, for users, agents, ingresses and other servers.</param>
/// <param name="Raft">The consensus protocol, between servers.</param>
/// <param name="Silo">Node sessions, between servers.</param>
/// <param name="Http">Health and metrics, over plain HTTP, on the loopback address only.</param>
sealed record Ports(int Api, int Raft, int Silo, int Http)
{
    public const int DefaultApi = 6440;

    public static Ports From(int api) => new(api, api + 1, api + 2, api + 3);
}
