using Orchestrator.Model.Meta;
using Orchestrator.Model.Schema;
using Orchestrator.Model.Values;

namespace Orchestrator.Model.Scheduling;

/// <summary>How many of an application's pods may be taken down at a time on purpose. Source: Kubernetes policy/v1 PodDisruptionBudget.</summary>
public sealed record PodDisruptionBudget() : Resource<PodDisruptionBudgetSpec, PodDisruptionBudgetStatus>("policy/v1", KindName)
{
    public const string KindName = "PodDisruptionBudget";

    /// <summary>How many more of the matching pods may go, by the spec and the pods as they are; never less than 0.</summary>
    /// <param name="expected">How many pods there should be.</param>
    /// <param name="healthy">How many of them are ready and stay.</param>
    public int Allowed(int expected, int healthy)
    {
        var needed = Spec.MinAvailable is { } min
            ? min.CountOf(expected, roundUp: true) ?? expected
            : Spec.MaxUnavailable is { } max ? expected - (max.CountOf(expected, roundUp: true) ?? 0) : 0;
        return Math.Max(0, healthy - needed);
    }
}

[KnownUpstream("unhealthyPodEvictionPolicy")]
public sealed record PodDisruptionBudgetSpec
{
    public LabelSelector? Selector { get; init; }

    /// <summary>A count or a percentage; not together with maxUnavailable.</summary>
    public IntOrString? MinAvailable { get; init; }

    public IntOrString? MaxUnavailable { get; init; }
}

[KnownUpstream("conditions", "currentHealthy", "desiredHealthy", "disruptedPods", "disruptionsAllowed", "expectedPods", "observedGeneration")]
public sealed record PodDisruptionBudgetStatus;
