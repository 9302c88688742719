namespace Orchestrator.Faults.Linearizability;

/// <summary>
/// What an object does when it is used by one client at a time; a history is linearizable when its operations can be put in an order, within their
/// times, that does the same.
/// </summary>
/// <remarks>A state is immutable and compared by value: states that are equal are searched once.</remarks>
abstract class Specification<TState, TInput, TOutput>
    where TState : notnull
{
    public abstract TState Initial { get; }

    /// <summary>
    /// Does an operation. An answered one must have been answered so in this state; one without an answer may have done what it does to the state.
    /// </summary>
    /// <returns>False when it can't have happened here.</returns>
    public abstract bool TryStep(TState state, Operation<TInput, TOutput> operation, out TState next);

    /// <summary>
    /// Which independent object an operation is about. A history is linearizable when each object's part of it is (Herlihy and Wing 1990, theorem 1).
    /// </summary>
    public virtual string ObjectOf(TInput input) => "";
}
