using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Serialization;
using Orchestrator.Contracts.Security;
using Orchestrator.Model.Meta;
using Orchestrator.Model.State;

namespace Orchestrator.ControlPlane.Security;

/// <summary>
/// The cluster's CA as it is in the store: its roots, of which the last one signs, with keys that only servers can open. The log and backups are worth nothing to who has not
/// the cluster key, which each server keeps in a file of its own.
/// </summary>
sealed record AuthorityRecord(IReadOnlyList<StoredRoot> Roots, RotationStage Stage = RotationStage.Settled)
{
    const string Name = "authority";

    public static ResourceKey Key { get; } = new(Record.KindName, "", Name);

    [JsonIgnore]
    public string RootsPem => string.Concat(Roots.Select(root => root.Certificate.TrimEnd() + "\n"));

    /// <summary>The certificate of the root that signs.</summary>
    [JsonIgnore]
    public X509Certificate2 Signer => X509Certificate2.CreateFromPem(Roots[^1].Certificate);

    /// <summary>The digest of the root that signs.</summary>
    [JsonIgnore]
    public string SignerDigest => Roots[^1].Digest;

    /// <summary>As <see cref="Credential.RootDigests"/> says it of who trusts them all.</summary>
    [JsonIgnore]
    public string RootDigests => string.Join(',', Roots.Select(root => root.Digest).Order(StringComparer.Ordinal));

    public static AuthorityRecord? Of(ClusterState state) => state.Find(Key) is Record stored ? Parse(stored.Data) : null;

    /// <summary>What makes a write count only while the CA is as it is in a state.</summary>
    /// <exception cref="StoreNotReadyException">There is none yet.</exception>
    public static Expect Unchanged(ClusterState state) =>
        new(Key, state.Find(Key)?.Metadata.Revision() ?? throw new StoreNotReadyException("the cluster's CA is not in the store yet"));

    public static AuthorityRecord Parse(string json) => JsonSerializer.Deserialize<AuthorityRecord>(json)!; // only ToJson writes them

    public string ToJson() => JsonSerializer.Serialize(this);

    /// <summary>Puts this into the place of what a state has, unless that is another by then.</summary>
    public Update Replacing(ClusterState state) =>
        new(ToRecord() with { Metadata = state.Find(Key)?.Metadata ?? throw new StoreNotReadyException("the cluster's CA is not in the store yet") });

    public Record ToRecord() => new() { Metadata = new ObjectMeta { Name = Name, Uid = Name }, Data = ToJson() };

    /// <summary>The root that signs.</summary>
    /// <exception cref="CryptographicException">The cluster key is another one.</exception>
    public RootAuthority Signing(byte[] clusterKey) => RootAuthority.FromPem(Roots[^1].Certificate, ClusterKey.Open(clusterKey, Roots[^1].SealedKey));
}

/// <param name="Certificate">PEM.</param>
/// <param name="SealedKey">PKCS#8, sealed with the cluster key.</param>
sealed record StoredRoot(string Certificate, byte[] SealedKey)
{
    [JsonIgnore]
    public string Digest => Credential.Digest(X509Certificate2.CreateFromPem(Certificate));

    public static StoredRoot Of(RootAuthority root, byte[] clusterKey) => new(root.Certificate.ExportCertificatePem(), ClusterKey.Seal(clusterKey, root.ExportKey()));
}

/// <summary>Seals what is in the store and only servers may read: AES-256-GCM, nonce first, tag last.</summary>
static class ClusterKey
{
    const int KeyBytes = 32;
    const int NonceBytes = 12;
    const int TagBytes = 16;

    public static byte[] New() => RandomNumberGenerator.GetBytes(KeyBytes);

    public static byte[] Seal(byte[] key, byte[] plain)
    {
        var whole = new byte[NonceBytes + plain.Length + TagBytes];
        RandomNumberGenerator.Fill(whole.AsSpan(0, NonceBytes));
        using var cipher = new AesGcm(key, TagBytes);
        cipher.Encrypt(whole.AsSpan(0, NonceBytes), plain, whole.AsSpan(NonceBytes, plain.Length), whole.AsSpan(^TagBytes..));
        return whole;
    }

    /// <exception cref="CryptographicException">It was sealed with another key, or changed.</exception>
    public static byte[] Open(byte[] key, byte[] whole)
    {
        var plain = new byte[int.Max(whole.Length - NonceBytes - TagBytes, 0)];
        using var cipher = new AesGcm(key, TagBytes);
        cipher.Decrypt(whole.AsSpan(0, NonceBytes), whole.AsSpan(NonceBytes, plain.Length), whole.AsSpan(^TagBytes..), plain);
        return plain;
    }
}
