namespace Orchestrator.ControlPlane.Store;

/// <summary>
/// What a log of entries is turned into, the same on every member. It knows nothing of consensus.
/// </summary>
public interface IReplicatedState
{
    /// <summary>
    /// Applies one committed entry. Total and deterministic: a refused command is a result, and an exception is a
    /// bug that ends the process. Never called concurrently. The span is valid only during the call.
    /// </summary>
    /// <param name="meaning">What the proposer on this very member has read in the entry; null when it comes from elsewhere, or from disk.</param>
    object? Apply(ReadOnlySpan<byte> entry, long index, object? meaning);

    /// <summary>
    /// Freezes the state as it is now, at once, and returns what writes it down later, from another thread,
    /// while entries go on being applied.
    /// </summary>
    Action<Stream> Freeze();

    /// <summary>Replaces the state by the one written to <paramref name="source"/>, which held at <paramref name="index"/>.</summary>
    void Load(Stream source, long index);
}
