using Orchestrator.Model.Meta;
using Orchestrator.Model.Pods;
using Orchestrator.Model.Schema;

namespace Orchestrator.Model.Workloads;

/// <summary>Runs pods until enough of them have ended well. Source: Kubernetes batch/v1 Job.</summary>
public sealed record Job() : Resource<JobSpec, JobStatus>("batch/v1", KindName)
{
    public const string KindName = "Job";

    /// <summary>On a pod: the job it belongs to.</summary>
    public const string NameLabel = "batch.kubernetes.io/job-name";

    /// <summary>On a pod: the uid of the job it belongs to, which no other job's selector chooses.</summary>
    public const string UidLabel = "batch.kubernetes.io/controller-uid";

    /// <summary>On a pod of an Indexed job, as an annotation and a label: its index.</summary>
    public const string IndexKey = "batch.kubernetes.io/job-completion-index";

    /// <summary>The variable in which each container of an Indexed job finds its index.</summary>
    public const string IndexVariable = "JOB_COMPLETION_INDEX";

    public bool IsComplete() => Status.Conditions.IsTrue(JobConditions.Complete);

    public bool IsFailed() => Status.Conditions.IsTrue(JobConditions.Failed);

    public bool IsFinished() => IsComplete() || IsFailed();
}

public static class JobConditions
{
    public const string Complete = "Complete";
    public const string Failed = "Failed";
    public const string Suspended = "Suspended";
}

[KnownUpstream("backoffLimitPerIndex", "managedBy", "manualSelector", "maxFailedIndexes", "podReplacementPolicy", "selector", "successPolicy")]
public sealed record JobSpec
{
    /// <summary>Pods at a time.</summary>
    [Default("1")]
    public int? Parallelism { get; init; }

    /// <summary>Pods that must end well; null is done when one has, and all others have ended.</summary>
    [Immutable]
    public int? Completions { get; init; }

    [Immutable]
    [Default("\"NonIndexed\"")]
    public CompletionMode CompletionMode { get; init; }

    /// <summary>Failed pods after which the job has failed.</summary>
    [Default("6")]
    public int? BackoffLimit { get; init; }

    /// <summary>Seconds after its start when the job has failed, whatever its pods do.</summary>
    public long? ActiveDeadlineSeconds { get; init; }

    /// <summary>Seconds after its end when the job is removed; null keeps it.</summary>
    public int? TtlSecondsAfterFinished { get; init; }

    /// <summary>True stops the job's pods, until it is false again.</summary>
    public bool Suspend { get; init; }

    /// <summary>What a pod's failure means; the first rule that fits decides.</summary>
    [Immutable]
    public PodFailurePolicy? PodFailurePolicy { get; init; }

    [Immutable]
    public PodTemplate Template { get; init => field = value ?? new(); } = new();
}

public enum CompletionMode
{
    NonIndexed,

    /// <summary>Each of the completions has an index, from 0, that its pod knows.</summary>
    Indexed,
}

public sealed record PodFailurePolicy
{
    public IReadOnlyList<PodFailureRule> Rules { get; init => field = value ?? []; } = [];
}

/// <summary>Exactly one of the two is asked about.</summary>
public sealed record PodFailureRule
{
    public required PodFailureAction Action { get; init; }

    public ExitCodeRequirement? OnExitCodes { get; init; }

    public IReadOnlyList<PodConditionRequirement> OnPodConditions { get; init => field = value ?? []; } = [];
}

public enum PodFailureAction
{
    /// <summary>The whole job fails at once.</summary>
    FailJob,

    /// <summary>It is not counted, and the pod made anew.</summary>
    Ignore,

    /// <summary>It is counted as ever.</summary>
    Count,
}

public sealed record ExitCodeRequirement
{
    /// <summary>Null for any container.</summary>
    public string? ContainerName { get; init; }

    public required ExitCodeOperator Operator { get; init; }

    public IReadOnlyList<int> Values { get; init => field = value ?? []; } = [];
}

public enum ExitCodeOperator
{
    In,
    NotIn,
}

public sealed record PodConditionRequirement
{
    public required string Type { get; init; }

    [Default("\"True\"")]
    public ConditionStatus Status { get; init; }
}

public sealed record JobStatus
{
    /// <summary>Pods that are waiting or running.</summary>
    public int Active { get; init; }

    public int Ready { get; init; }

    public int Succeeded { get; init; }

    public int Failed { get; init; }

    /// <summary>The indexes whose pods have ended well, such as <c>0-2,5</c>.</summary>
    public string? CompletedIndexes { get; init; }

    public DateTimeOffset? StartTime { get; init; }

    public DateTimeOffset? CompletionTime { get; init; }

    /// <summary>The uids of pods whose end is counted already, and that are kept to be looked at. Not upstream's: it has finalizers to the same end.</summary>
    public IReadOnlyList<string> CountedPods { get; init => field = value ?? []; } = [];

    [MergeKey("type")]
    public IReadOnlyList<Condition> Conditions { get; init => field = value ?? []; } = [];
}
