using Orchestrator.Model.Meta;
using Orchestrator.Model.Pods;
using Orchestrator.Model.Values;

namespace Orchestrator.Model.Workloads;

/// <summary>What has a number of pods that can be set: a Deployment, a ReplicaSet or a StatefulSet. Source: Kubernetes, the scale subresource.</summary>
public sealed record Scale(Resource Owner, int Replicas, LabelSelector Selector, PodTemplate Template)
{
    /// <summary>Null for any other kind.</summary>
    public static Scale? Of(Resource? owner) => owner switch
    {
        Deployment deployment => new(deployment, deployment.Spec.Replicas ?? 1, deployment.Spec.Selector, deployment.Spec.Template),
        ReplicaSet set => new(set, set.Spec.Replicas ?? 1, set.Spec.Selector, set.Spec.Template),
        StatefulSet set => new(set, set.Spec.Replicas ?? 1, set.Spec.Selector, set.Spec.Template),
        _ => null,
    };

    /// <summary>The owner with another number.</summary>
    public Resource To(int replicas) => Owner switch
    {
        Deployment deployment => deployment with { Spec = deployment.Spec with { Replicas = replicas } },
        ReplicaSet set => set with { Spec = set.Spec with { Replicas = replicas } },
        StatefulSet set => set with { Spec = set.Spec with { Replicas = replicas } },
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}
