using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Orchestrator.NodeAgent.Images;

/// <summary>
/// The name of content: "sha256:" and 64 lower-case hexadecimal digits (OCI image-spec, descriptor.md, "Digests").
/// Nothing else parses, so a digest is always safe as a file name.
/// </summary>
public readonly record struct Digest
{
    const string Algorithm = "sha256:";
    const int HexLength = 64;
    static readonly SearchValues<char> LowerHex = SearchValues.Create("0123456789abcdef");

    readonly string? _hex;

    Digest(string hex) => _hex = hex;

    /// <summary>The 64 hexadecimal digits.</summary>
    public string Hex => _hex ?? throw new InvalidOperationException("an unset digest has no digits");

    /// <summary>Reads a digest; false for another algorithm, length or alphabet.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out Digest digest)
    {
        digest = default;
        if (text is null || text.Length != Algorithm.Length + HexLength
            || !text.StartsWith(Algorithm, StringComparison.Ordinal)
            || text.AsSpan(Algorithm.Length).ContainsAnyExcept(LowerHex))
            return false;
        digest = new Digest(text[Algorithm.Length..]);
        return true;
    }

    /// <summary>Reads a digest that content refers to.</summary>
    /// <exception cref="ImageException">It is not a sha256 digest.</exception>
    public static Digest Parse(string? text) => TryParse(text, out var digest)
        ? digest
        : throw new ImageException(ImageFault.Invalid, $"\"{text}\" is not a sha256 digest");

    internal static Digest Of(ReadOnlySpan<byte> content) => FromHash(SHA256.HashData(content));

    internal static Digest FromHash(ReadOnlySpan<byte> hash) => new(Convert.ToHexStringLower(hash));

    /// <inheritdoc/>
    public override string ToString() => Algorithm + Hex;
}
