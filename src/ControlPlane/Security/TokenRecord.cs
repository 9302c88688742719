using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Orchestrator.Contracts.Security;
using Orchestrator.Model.Meta;
using Orchestrator.Model.State;

namespace Orchestrator.ControlPlane.Security;

/// <summary>A join token as the servers keep it: of the secret, only a hash.</summary>
sealed record TokenRecord(string Id, Purpose Role, string SecretHash, string RootDigest, DateTimeOffset Created, DateTimeOffset Expires, bool Once, string CreatedBy)
{
    const string Prefix = "token-";

    [JsonIgnore]
    public ResourceKey Key => KeyOf(Id);

    public static ResourceKey KeyOf(string id) => new(Record.KindName, "", Prefix + id);

    public static (TokenRecord Token, long Revision)? Of(ClusterState state, string id) =>
        state.Find(KeyOf(id)) is Record stored ? (Parse(stored), stored.Metadata.Revision()) : null;

    public static IReadOnlyList<TokenRecord> All(ClusterState state) =>
        [.. state.All<Record>(Record.KindName).Where(record => record.Name.StartsWith(Prefix, StringComparison.Ordinal)).Select(Parse)];

    /// <summary>In a time that does not depend on how much of the secret is right.</summary>
    public bool Fits(string secret) =>
        CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(SecretHash), Encoding.ASCII.GetBytes(JoinToken.HashOf(secret)));

    public Record ToRecord() => new() { Metadata = new ObjectMeta { Name = Prefix + Id, Uid = Prefix + Id }, Data = JsonSerializer.Serialize(this) };

    static TokenRecord Parse(Record stored) => JsonSerializer.Deserialize<TokenRecord>(stored.Data)!; // only ToRecord writes them
}
