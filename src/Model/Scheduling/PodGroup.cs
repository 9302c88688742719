using Orchestrator.Model.Meta;
using Orchestrator.Model.Schema;

namespace Orchestrator.Model.Scheduling;

/// <summary>
/// Pods that are placed together or not at all; they name it in their label <see cref="Label"/>. Source: scheduler-plugins, scheduling.x-k8s.io/v1alpha1 PodGroup.
/// </summary>
public sealed record PodGroup() : Resource<PodGroupSpec, PodGroupStatus>("scheduling.x-k8s.io/v1alpha1", KindName)
{
    public const string KindName = "PodGroup";

    public const string Label = "scheduling.x-k8s.io/pod-group";
}

[KnownUpstream("minResources", "scheduleTimeoutSeconds")]
public sealed record PodGroupSpec
{
    /// <summary>Fewer pods than this are not placed.</summary>
    [Default("1")]
    public int? MinMember { get; init; }
}

[KnownUpstream("failed", "occupiedBy", "phase", "running", "scheduleStartTime", "scheduled", "succeeded")]
public sealed record PodGroupStatus;
