using Orchestrator.Model.Meta;
using Orchestrator.Model.Schema;

namespace Orchestrator.Model.Workloads;

/// <summary>Makes a Job at each of a schedule's times. Source: Kubernetes batch/v1 CronJob.</summary>
public sealed record CronJob() : Resource<CronJobSpec, CronJobStatus>("batch/v1", KindName)
{
    public const string KindName = "CronJob";

    /// <summary>On a job: the time it was made for.</summary>
    public const string ScheduledAnnotation = "batch.kubernetes.io/cronjob-scheduled-timestamp";
}

public sealed record CronJobSpec
{
    /// <summary>Minute, hour, day of month, month, day of week; or @hourly, @daily, @weekly, @monthly, @yearly.</summary>
    public string Schedule { get; init => field = value ?? ""; } = "";

    /// <summary>A name of the IANA time zone database, such as Europe/Berlin; UTC when null.</summary>
    public string? TimeZone { get; init; }

    [Default("\"Allow\"")]
    public ConcurrencyPolicy ConcurrencyPolicy { get; init; }

    /// <summary>How many seconds late a job may still be made; null for however late.</summary>
    public long? StartingDeadlineSeconds { get; init; }

    /// <summary>True makes no more jobs, and leaves those that run alone.</summary>
    public bool Suspend { get; init; }

    [Default("3")]
    public int? SuccessfulJobsHistoryLimit { get; init; }

    [Default("1")]
    public int? FailedJobsHistoryLimit { get; init; }

    [Copied]
    public JobTemplate JobTemplate { get; init => field = value ?? new(); } = new();
}

public enum ConcurrencyPolicy
{
    Allow,

    /// <summary>No job is made while the last one runs.</summary>
    Forbid,

    /// <summary>The running job is deleted and a new one made.</summary>
    Replace,
}

public sealed record JobTemplate
{
    public ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    public JobSpec Spec { get; init => field = value ?? new(); } = new();
}

public sealed record CronJobStatus
{
    /// <summary>The jobs that run.</summary>
    public IReadOnlyList<ObjectReference> Active { get; init => field = value ?? []; } = [];

    public DateTimeOffset? LastScheduleTime { get; init; }

    public DateTimeOffset? LastSuccessfulTime { get; init; }
}

/// <summary>Names another object. Source: Kubernetes core/v1 ObjectReference.</summary>
public sealed record ObjectReference
{
    public string? ApiVersion { get; init; }

    public string? Kind { get; init; }

    public string? Namespace { get; init; }

    public required string Name { get; init; }

    public string? Uid { get; init; }
}
