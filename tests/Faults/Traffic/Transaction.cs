using System.Collections.Immutable;

namespace Orchestrator.Faults.Traffic;

/// <summary>What a client asks of the store: to read some objects at one revision, or to change all of what it names, or nothing.</summary>
/// <param name="Id">The same for every try; also the author of the change, so that a watcher sees whose a revision is.</param>
/// <param name="Steps">Either all read, or none; no object twice.</param>
sealed record Transaction(string Id, ImmutableArray<Step> Steps)
{
    public bool IsRead => Steps[0].Verb is Verb.Read;

    public override string ToString() => $"{Id}: {string.Join(", ", Steps)}";
}

/// <param name="Value">What is written; no value is written twice.</param>
/// <param name="Seen">For a swap: the revision at which the object was last changed when its writer read it.</param>
/// <param name="SeenValue">For a swap: the value it had then.</param>
sealed record Step(Verb Verb, string Key, string Value = "", long Seen = 0, string SeenValue = "")
{
    public override string ToString() => $"{Verb} {Key} {(Verb is Verb.Swap ? $"{SeenValue}@{Seen} for {Value}" : Value)}".TrimEnd();
}

enum Verb
{
    Read,

    /// <summary>Makes an object that must not be there.</summary>
    Create,

    /// <summary>Writes an object that must be there.</summary>
    Put,

    /// <summary>Writes an object that must be as it was seen.</summary>
    Swap,

    /// <summary>Removes an object that must be there.</summary>
    Delete,
}

/// <summary>What the store answered.</summary>
/// <param name="Revision">Of a read: the revision it shows. Of a write: the one it made; 0 when it was refused.</param>
/// <param name="Values">Of a read: what each object held, in the order of the steps.</param>
/// <param name="Key">Of a refusal: the object it is about.</param>
/// <param name="Current">Of a conflict: the revision at which the object was last changed.</param>
sealed record Reply(Outcome Outcome, long Revision = 0, ImmutableArray<Held> Values = default, string Key = "", long Current = 0)
{
    public ImmutableArray<Held> Values { get; init; } = Values.IsDefault ? [] : Values;

    public override string ToString() => Outcome switch
    {
        Outcome.Done => $"done at {Revision} {string.Join(", ", Values)}".TrimEnd(),
        Outcome.Conflict => $"{Key} conflicts, it is of {Current}",
        Outcome.AlreadyExists or Outcome.NotFound => $"{Key} {Outcome}",
    };
}

enum Outcome
{
    Done,
    AlreadyExists,
    NotFound,
    Conflict,
}

/// <param name="Value">Null when there is no such object.</param>
/// <param name="Revision">At which it was last changed; 0 when there is none.</param>
readonly record struct Held(string? Value, long Revision)
{
    public override string ToString() => Value is null ? "none" : $"{Value}@{Revision}";
}

/// <summary>One revision, as a watcher saw it.</summary>
/// <param name="Author">The id of the request that made it.</param>
sealed record Event(long Revision, string Author, ImmutableArray<Changed> Changes)
{
    public bool Equals(Event? other) =>
        other is not null && Revision == other.Revision && Author == other.Author && Changes.AsSpan().SequenceEqual(other.Changes.AsSpan());

    public override int GetHashCode() => HashCode.Combine(Revision, Author, Changes.Length);

    public override string ToString() => $"{Revision} by {Author}: {string.Join(", ", Changes)}";
}

/// <param name="Before">Null when the object was made.</param>
/// <param name="After">Null when it was removed.</param>
readonly record struct Changed(string Key, string? Before, string? After)
{
    public override string ToString() => $"{Key} {Before ?? "none"} to {After ?? "none"}";
}
