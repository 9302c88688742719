using System.Net;
using System.Text.Json;
using Orchestrator.ControlPlane.Store;
using Orchestrator.Model.Meta;
using Orchestrator.Model.State;

namespace Orchestrator.ControlPlane.Servers;

/// <summary>What a server says of itself in the store: who it is and where it is reached. Whether it votes, the log says.</summary>
/// <param name="Raft">Where it speaks Raft, as address:port: its identity.</param>
/// <param name="Api">Its API, as a URI.</param>
sealed record ServerInfo(string Name, string Raft, string Api, string Version)
{
    const string Prefix = "server-";

    public ResourceKey Key => new(Record.KindName, "", Prefix + Name);

    public Record ToRecord() => new() { Metadata = new ObjectMeta { Name = Prefix + Name, Uid = Prefix + Name }, Data = JsonSerializer.Serialize(this) };

    /// <summary>All that have said who they are, sorted by name.</summary>
    public static IReadOnlyList<ServerInfo> All(ClusterState state) =>
    [
        .. state.All<Record>(Record.KindName).Where(record => record.Name.StartsWith(Prefix, StringComparison.Ordinal))
            .Select(record => JsonSerializer.Deserialize<ServerInfo>(record.Data)!), // only ToRecord writes them
    ];

    public static bool Is(ResourceKey key) => key.Kind == Record.KindName && key.Name.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>Whether this server is one that votes.</summary>
    public bool Votes(ClusterStore store) => IPEndPoint.TryParse(Raft, out var endpoint) && store.Members.Contains(endpoint);

    /// <summary>What it takes to put this into a state.</summary>
    public Operation? Put(ClusterState state) => state.Find(Key) switch
    {
        null => new Create(ToRecord()),
        Record stored when stored.Data == ToRecord().Data => null,
        var stored => new Update(ToRecord() with { Metadata = stored.Metadata }),
    };
}
