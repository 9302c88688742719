using Orchestrator.Model.Pods;
using Orchestrator.Scheduler.Policies;
using Orchestrator.Scheduler.Ranking;
using Orchestrator.Scheduler.Topology;

namespace Orchestrator.Scheduler.Asks;

/// <summary>Everything of a pod that decides where it can and should go. Pods of the same shape are interchangeable to the scheduler.</summary>
sealed class Shape
{
    public required int Number { get; init; }

    public required Ask Ask { get; init; }

    public required HostPort[] Ports { get; init; }

    public required Constraint Constraint { get; init; }

    public required Identity Identity { get; init; }

    public required Policy Policy { get; init; }

    /// <summary>The uid of the owner whose pods should not all be on one node; null for a pod without one.</summary>
    public required string? Owner { get; init; }

    public required int Priority { get; init; }

    public required bool MayPreempt { get; init; }

    /// <summary>Pods in whose places it must be.</summary>
    public Term[] Near { get; init; } = [];

    /// <summary>Pods in whose places it must not be.</summary>
    public Term[] Far { get; init; } = [];

    /// <summary>Whether the pod itself is meant by every term of <see cref="Near"/>, so that it may be the first.</summary>
    public bool MayBeFirst { get; init; }

    public Spread[] Spreads { get; init; } = [];

    public Liking[] Likings { get; init; } = [];

    /// <summary>The nodes by how good they are for it; null until it is worth keeping.</summary>
    public NodeRanking? Ranking { get; set; }

    /// <summary>Where its pods are counted among what is asked for.</summary>
    public Demand.Entry? Seen { get; set; }

    /// <summary>How often a node was looked for.</summary>
    public int Uses { get; set; }

    /// <summary>A pod of this shape, to speak of.</summary>
    public required PodSpec Spec { get; init; }
}
