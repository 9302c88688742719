namespace Orchestrator.Model.Workloads;

/// <summary>What is noted of rollouts on deployments and on the ReplicaSets that are their revisions.</summary>
public static class RolloutAnnotations
{
    /// <summary>The number of a revision, from 1; on the deployment, of the one that it asks for. The same as upstream's.</summary>
    public const string Revision = "deployment.kubernetes.io/revision";

    /// <summary>Why somebody made a revision, in their own words. The same as upstream's.</summary>
    public const string ChangeCause = "kubernetes.io/change-cause";

    /// <summary>On a pod template: makes a new revision of what is otherwise the same. The same as kubectl's.</summary>
    public const string RestartedAt = "kubectl.kubernetes.io/restartedAt";

    /// <summary>
    /// On a deployment: <c>"false"</c> leaves a rollout that fails where it stands, as upstream does. Otherwise, when it makes no progress within progressDeadlineSeconds or its pods
    /// crash again and again, the last revision that was once complete takes its place. The deployment's own spec stays as it was written, so that nothing that is applied again fights with it:
    /// another template begins the next try.
    /// </summary>
    public const string AutoRollback = "rollout.orchestrator/auto-rollback";

    /// <summary>On a ReplicaSet: it had all its pods available once, at this time.</summary>
    public const string Completed = "rollout.orchestrator/completed";

    /// <summary>On a ReplicaSet: its rollout has failed, and why. Taken off when the deployment asks for another template.</summary>
    public const string Failed = "rollout.orchestrator/failed";

    /// <summary>On the template of a revision: the versions of the ConfigMaps and Secrets that its pods refer to.</summary>
    public const string Content = "rollout.orchestrator/content";

    public static long RevisionOf(Meta.Resource resource) => long.TryParse(resource.Metadata.Annotations.GetValueOrDefault(Revision), out var revision) ? revision : 0;

    public static bool RollsBack(Deployment deployment) => deployment.Metadata.Annotations.GetValueOrDefault(AutoRollback) != "false";
}

/// <summary>The types of a deployment's conditions, and the reasons that programs look for. Source: Kubernetes, pkg/controller/deployment/util.</summary>
public static class DeploymentConditions
{
    public const string Available = "Available";
    public const string Progressing = "Progressing";
    public const string ReplicaFailure = "ReplicaFailure";

    /// <summary>The newest revision has all its pods, and no other has any.</summary>
    public const string Complete = "NewReplicaSetAvailable";

    public const string Updated = "ReplicaSetUpdated";
    public const string Created = "NewReplicaSetCreated";
    public const string Found = "FoundNewReplicaSet";
    public const string Paused = "DeploymentPaused";
    public const string Resumed = "DeploymentResumed";
    public const string DeadlineExceeded = "ProgressDeadlineExceeded";

    /// <summary>Not upstream's: the newest revision gets a share of the requests, and it is not over yet.</summary>
    public const string CanaryStep = "CanaryStep";

    /// <summary>Not upstream's: the newest revision's pods crash again and again.</summary>
    public const string PodsCrash = "PodsCrash";
}
