using Orchestrator.Model.Pods;

namespace Orchestrator.Scheduler;

/// <summary>What becomes of one pending pod.</summary>
public abstract record Decision(Pod Pod);

/// <summary>The pod goes to this node.</summary>
public sealed record Placed(Pod Pod, string Node) : Decision(Pod)
{
    /// <summary>The devices it gets, by their numbers on the node.</summary>
    public IReadOnlyList<int> Devices { get; init; } = [];
}

/// <summary>The pod goes to this node when these pods of lower priority have gone.</summary>
public sealed record Preempting(Pod Pod, string Node, IReadOnlyList<Pod> Victims) : Decision(Pod);

/// <summary>No node will do, and why each of them will not.</summary>
public sealed record Unplaced(Pod Pod, IReadOnlyList<Refusal> Refusals) : Decision(Pod)
{
    /// <summary>Why no node was looked for; null when one was.</summary>
    public string? Because { get; init; }

    /// <summary>One line in the words of kube-scheduler: <c>0/3 nodes are available: 2 Insufficient cpu, 1 node(s) were unschedulable.</c></summary>
    public string Summary()
    {
        if (Because is not null) return Because;
        if (Refusals.Count == 0) return "0/0 nodes are available: no node has joined the cluster yet.";
        var reasons = Refusals
            .GroupBy(refusal => refusal.Summary, StringComparer.Ordinal)
            .OrderByDescending(group => group.Count())
            .ThenBy(group => group.Key, StringComparer.Ordinal)
            .Select(group => $"{group.Count()} {group.Key}");
        return $"0/{Refusals.Count} nodes are available: {string.Join(", ", reasons)}.";
    }
}

/// <summary>Why one node was refused.</summary>
/// <param name="Filter">The rule that refused it.</param>
/// <param name="Detail">By how much, for this node.</param>
public sealed record Refusal(string Node, string Filter, string Summary, string Detail);
