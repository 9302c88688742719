using System.Text.Json.Serialization;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Pods;

namespace Orchestrator.Model.Workloads;

/// <summary>A template that a StatefulSet or DaemonSet has or had. Source: Kubernetes apps/v1 ControllerRevision.</summary>
public sealed record ControllerRevision() : Resource("apps/v1", KindName)
{
    public const string KindName = "ControllerRevision";

    /// <summary>On a pod: the name of the revision that it is made of.</summary>
    public const string Label = "controller-revision-hash";

    [JsonPropertyOrder(1)]
    public RevisionData Data { get; init => field = value ?? new(); } = new();

    /// <summary>Counts the revisions of one owner, from 1; the newest has the highest.</summary>
    [JsonPropertyOrder(2)]
    public long Revision { get; init; }

    public override bool SameSpecAs(Resource other) => other is ControllerRevision same && Revision == same.Revision && ModelJson.Same(Data, same.Data);
}

public sealed record RevisionData
{
    public RevisionSpec Spec { get; init => field = value ?? new(); } = new();
}

public sealed record RevisionSpec
{
    public PodTemplate Template { get; init => field = value ?? new(); } = new();
}
