using System.Collections.Immutable;

namespace Orchestrator.Reconcile.Autoscaling;

/// <summary>
/// What an autoscaler must remember between two looks and the store need not: a leader that begins without it is slower to scale down, and otherwise
/// decides the same.
/// </summary>
public sealed record AutoscalerMemory
{
    public static AutoscalerMemory Empty { get; } = new();

    /// <summary>How many pods the load alone asked for, oldest first.</summary>
    public ImmutableList<(DateTimeOffset At, int Replicas)> Recommended { get; init; } = [];

    /// <summary>By how many pods the number was changed, oldest first.</summary>
    public ImmutableList<(DateTimeOffset At, int Change)> Changed { get; init; } = [];

    /// <summary>The number that it left; null before the first look.</summary>
    public int? Left { get; init; }

    /// <summary>When the status was last written.</summary>
    public DateTimeOffset? Told { get; init; }
}
