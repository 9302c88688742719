namespace Orchestrator.Reconcile;

/// <summary>New ids and name endings, drawn from a seed so that a decision can be repeated exactly.</summary>
public sealed class Ids(int seed)
{
    // No vowels and no digits that look like letters, so that no name spells a word or is misread.
    const string Letters = "bcdfghjklmnpqrstvwxz2456789";
    const int EndingLength = 5;

    readonly Random _random = new(seed);

    /// <summary>A unique id in the form of a version 4 UUID (RFC 9562).</summary>
    public string Uid()
    {
        Span<byte> bytes = stackalloc byte[16];
        _random.NextBytes(bytes);
        bytes[6] = (byte)((bytes[6] & 0x0f) | 0x40);
        bytes[8] = (byte)((bytes[8] & 0x3f) | 0x80);
        return new Guid(bytes, bigEndian: true).ToString();
    }

    /// <summary>Five characters that make a name unique among its siblings.</summary>
    public string Ending() => string.Create(EndingLength, _random, static (text, random) =>
    {
        for (var i = 0; i < text.Length; i++) text[i] = Letters[random.Next(Letters.Length)];
    });
}
