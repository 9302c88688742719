using System.Security.Cryptography;
using System.Text;

namespace Orchestrator.Contracts.Security;

/// <summary>
/// What lets a machine into a cluster: <c>orch1.CA-DIGEST.ID.SECRET</c>. The digest lets the joiner know the cluster's CA before it sends the secret; the id tells
/// the servers which token is meant; of the secret they keep a hash only.
/// </summary>
/// <param name="RootDigest">The SHA-256 of the CA's certificate, in hexadecimal.</param>
public sealed record JoinToken(string RootDigest, string Id, string Secret)
{
    const string Prefix = "orch1";
    const int IdBytes = 4;

    /// <summary>128 bits can't be guessed, whatever the rate.</summary>
    const int SecretBytes = 16;

    public static JoinToken New(string rootDigest) =>
        new(rootDigest, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(IdBytes)), Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(SecretBytes)));

    /// <summary>Null for anything that is no token, a piece of one included.</summary>
    public static JoinToken? Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.Trim().Split('.') is [Prefix, var digest, var id, var secret] && IsHex(digest, SHA256.HashSizeInBytes) && IsHex(id, IdBytes) && IsHex(secret, SecretBytes)
            ? new JoinToken(digest, id, secret)
            : null;
    }

    /// <summary>What the servers keep of a secret.</summary>
    public static string HashOf(string secret) => Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(secret)));

    /// <summary>The whole token. Whoever has it can join, so it belongs in no log.</summary>
    public string ToText() => $"{Prefix}.{RootDigest}.{Id}.{Secret}";

    public override string ToString() => $"token {Id}";

    static bool IsHex(string text, int bytes) => text.Length == bytes * 2 && text.All(char.IsAsciiHexDigitLower);
}
