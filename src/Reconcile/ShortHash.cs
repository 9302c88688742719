namespace Orchestrator.Reconcile;

/// <summary>A short text that tells contents apart and may be part of a name.</summary>
static class ShortHash
{
    const string Digits = "bcdfghjklmnpqrstvwxz2456789";
    const int Length = 10;

    public static string Of(ReadOnlySpan<byte> content)
    {
        // FNV-1a, 64 bit: what is told apart is short, and equal contents must give equal names for ever.
        var hash = 14695981039346656037UL;
        foreach (var octet in content) hash = (hash ^ octet) * 1099511628211UL;
        return string.Create(Length, hash, static (text, rest) =>
        {
            for (var i = 0; i < text.Length; i++)
            {
                text[i] = Digits[(int)(rest % (ulong)Digits.Length)];
                rest /= (ulong)Digits.Length;
            }
        });
    }
}
