namespace Orchestrator.Faults.Linearizability;

/// <summary>
/// A set of small numbers, with a hash that is kept up at each change so that a step of the search does not read the whole set.
/// </summary>
sealed class Bits : IEquatable<Bits>
{
    readonly ulong[] _words;
    ulong _hash;

    public Bits(int count) => _words = new ulong[(count + 63) / 64];

    Bits(ulong[] words, ulong hash) => (_words, _hash) = (words, hash);

    public void Flip(int number)
    {
        _words[number >> 6] ^= 1UL << (number & 63);
        _hash ^= Mixed((ulong)number + 1);
    }

    public Bits Copy() => new([.. _words], _hash);

    public bool Equals(Bits? other) => other is not null && _hash == other._hash && _words.AsSpan().SequenceEqual(other._words);

    public override bool Equals(object? obj) => Equals(obj as Bits);

    public override int GetHashCode() => _hash.GetHashCode();

    /// <summary>The finalizer of SplitMix64 (Steele, Lea, Flood 2014): neighbours come out unlike each other.</summary>
    static ulong Mixed(ulong number)
    {
        number *= 0x9E3779B97F4A7C15;
        number = (number ^ (number >> 30)) * 0xBF58476D1CE4E5B9;
        number = (number ^ (number >> 27)) * 0x94D049BB133111EB;
        return number ^ (number >> 31);
    }
}
