using System.Text.Json.Serialization;
using Orchestrator.Model.Meta;

namespace Orchestrator.Model.Scheduling;

/// <summary>A name for a priority that pods ask for by priorityClassName. Source: Kubernetes scheduling.k8s.io/v1 PriorityClass.</summary>
public sealed record PriorityClass() : Resource("scheduling.k8s.io/v1", KindName)
{
    public const string KindName = "PriorityClass";

    /// <summary>The higher is placed first and may preempt the lower.</summary>
    [JsonPropertyOrder(1)]
    public int Value { get; init; }

    /// <summary>True for the one class that pods without a name get.</summary>
    [JsonPropertyOrder(2)]
    public bool GlobalDefault { get; init; }

    [JsonPropertyOrder(3)]
    public string? Description { get; init; }

    [JsonPropertyOrder(4)]
    public PreemptionPolicy? PreemptionPolicy { get; init; }

    public override bool SameSpecAs(Resource other) =>
        other is PriorityClass same && Value == same.Value && GlobalDefault == same.GlobalDefault && Description == same.Description && PreemptionPolicy == same.PreemptionPolicy;
}

public enum PreemptionPolicy
{
    PreemptLowerPriority,
    Never,
}
