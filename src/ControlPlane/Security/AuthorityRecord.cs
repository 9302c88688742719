using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Serialization;
using Orchestrator.Model.Meta;
using Orchestrator.Model.State;

namespace Orchestrator.ControlPlane.Security;

/// <summary>
/// The cluster's CA as it is in the store: its roots, the newest last, with keys that only servers can open. The log and backups are worth nothing to who has not the cluster
/// key, which each server keeps in a file of its own.
/// </summary>
sealed record AuthorityRecord(IReadOnlyList<StoredRoot> Roots)
{
    const string Name = "authority";

    public static ResourceKey Key { get; } = new(Record.KindName, "", Name);

    [JsonIgnore]
    public string RootsPem => string.Concat(Roots.Select(root => root.Certificate.TrimEnd() + "\n"));

    [JsonIgnore]
    public X509Certificate2 Newest => X509Certificate2.CreateFromPem(Roots[^1].Certificate);

    public static AuthorityRecord? Of(ClusterState state) => state.Find(Key) is Record stored ? Parse(stored.Data) : null;

    public static AuthorityRecord Parse(string json) => JsonSerializer.Deserialize<AuthorityRecord>(json)!; // only ToJson writes them

    public string ToJson() => JsonSerializer.Serialize(this);

    public Record ToRecord() => new() { Metadata = new ObjectMeta { Name = Name, Uid = Name }, Data = ToJson() };

    /// <summary>The root that signs.</summary>
    /// <exception cref="CryptographicException">The cluster key is another one.</exception>
    public RootAuthority Signing(byte[] clusterKey) => RootAuthority.FromPem(Roots[^1].Certificate, ClusterKey.Open(clusterKey, Roots[^1].SealedKey));
}

/// <param name="Certificate">PEM.</param>
/// <param name="SealedKey">PKCS#8, sealed with the cluster key.</param>
sealed record StoredRoot(string Certificate, byte[] SealedKey)
{
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
