using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using Orchestrator.Contracts.Security;
using Orchestrator.Model.Meta;
using Orchestrator.Model.State;

namespace Orchestrator.ControlPlane.Security;

/// <summary>Who has joined under a name, and whether it was removed since. A removal stays noted until no certificate of it can be alive.</summary>
/// <param name="Trusts">The digests of the roots that it says it trusts; empty before it has said so.</param>
/// <param name="SignedBy">The digest of the root that signed the certificate that it says it has.</param>
sealed partial record MemberRecord(
    Purpose Purpose, string Name, string Membership, DateTimeOffset Joined, DateTimeOffset? Removed = null, string Trusts = "", string SignedBy = "")
{
    const string Prefix = "member-";

    [JsonIgnore]
    public ResourceKey Key => KeyOf(Name);

    public static ResourceKey KeyOf(string name) => new(Record.KindName, "", Prefix + name);

    public static MemberRecord? Of(ClusterState state, string name) => state.Find(KeyOf(name)) is Record stored ? Parse(stored) : null;

    public static IEnumerable<MemberRecord> All(ClusterState state) =>
        state.All<Record>(Record.KindName).Where(record => record.Name.StartsWith(Prefix, StringComparison.Ordinal)).Select(Parse);

    /// <summary>Whether a change of this object may let somebody in or out.</summary>
    public static bool Is(ResourceKey key) => key.Kind == Record.KindName && key.Name.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>
    /// Whether the bearer of a certificate is out. A membership that is newer than what is known here was given by a server that knows more; whom nobody has noted is
    /// as good as its certificate.
    /// </summary>
    public bool Excludes(Identity identity) => string.CompareOrdinal(identity.Membership, Membership) switch
    {
        < 0 => true,
        0 => Removed is not null,
        _ => false,
    };

    /// <summary>What it takes to put this into a state, and nothing if the state has moved meanwhile.</summary>
    public IReadOnlyList<Operation> Put(ClusterState state) => state.Find(Key) is { } stored
        ? [new Update(ToRecord() with { Metadata = stored.Metadata })]
        : [new Create(ToRecord())];

    /// <summary>What it takes to have a member out, and to forget the removals that no certificate can outlive.</summary>
    public static IEnumerable<Operation> Removal(ClusterState state, string name, DateTimeOffset now, TimeSpan certificateLife)
    {
        foreach (var old in All(state).Where(member => member.Removed + certificateLife + RootAuthority.Backdating < now && member.Name != name)) yield return new Delete(old.Key);
        if (Of(state, name) is { Removed: null } member)
        {
            foreach (var operation in (member with { Removed = now }).Put(state)) yield return operation;
        }
    }

    /// <summary>Whether a machine may be called so: as Kubernetes' nodes.</summary>
    public static bool IsName(string name) => NameText().IsMatch(name);

    Record ToRecord() => new() { Metadata = new ObjectMeta { Name = Prefix + Name, Uid = Prefix + Name }, Data = JsonSerializer.Serialize(this) };

    static MemberRecord Parse(Record stored) => JsonSerializer.Deserialize<MemberRecord>(stored.Data)!; // only ToRecord writes them

    // RFC 1123, 2.1, in lower case and with room for the prefix.
    [GeneratedRegex(@"\A[a-z0-9]([-a-z0-9.]{0,62}[a-z0-9])?\z")]
    private static partial Regex NameText();
}
