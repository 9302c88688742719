using Orchestrator.Model.State;

namespace Orchestrator.Reconcile;

/// <summary>What a reconciler wants done, as data: whoever carries it out has no choices left.</summary>
/// <param name="Operations">The steps, which belong in one command.</param>
/// <param name="Because">Why, in a few words, for the log. Empty when there is nothing to do.</param>
/// <param name="NextCheck">When to look again even if nothing changes; null for not at all.</param>
public sealed record Plan(IReadOnlyList<Operation> Operations, string Because = "", DateTimeOffset? NextCheck = null)
{
    public static Plan Nothing { get; } = new([]);

    public bool IsEmpty => Operations.Count == 0;
}
