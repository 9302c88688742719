using System.Globalization;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Workloads;

namespace Orchestrator.Model.Tables;

/// <summary>What a list shows of Jobs and CronJobs.</summary>
static class BatchColumns
{
    public static readonly IReadOnlyList<Column> Job =
    [
        new("STATUS", static (resource, _) => StatusOf((Job)resource)),
        new("COMPLETIONS", static (resource, _) => Completions((Job)resource)),
        new("DURATION", static (resource, now) => ((Job)resource).Status is { StartTime: { } start } status ? Durations.Text((status.CompletionTime ?? now) - start) : ""),
    ];

    public static readonly IReadOnlyList<Column> CronJob =
    [
        new("SCHEDULE", static (resource, _) => ((CronJob)resource).Spec.Schedule),
        new("TIMEZONE", static (resource, _) => Table.OrNone(((CronJob)resource).Spec.TimeZone)),
        new("SUSPEND", static (resource, _) => ((CronJob)resource).Spec.Suspend ? "True" : "False"),
        new("ACTIVE", static (resource, _) => ((CronJob)resource).Status.Active.Count.ToString(CultureInfo.InvariantCulture)),
        new("LAST SCHEDULE", static (resource, now) => ((CronJob)resource).Status.LastScheduleTime is { } last ? Durations.Text(now - last) : "<none>"),
    ];

    static string StatusOf(Job job)
    {
        if (job.IsComplete()) return "Complete";
        if (job.IsFailed()) return "Failed";
        return job.Status.Conditions.IsTrue(JobConditions.Suspended) ? "Suspended" : "Running";
    }

    static string Completions(Job job)
    {
        var parallel = job.Spec.Parallelism ?? 1;
        if (job.Spec.Completions is { } wanted) return $"{job.Status.Succeeded}/{wanted}";
        return parallel > 1 ? $"{job.Status.Succeeded}/1 of {parallel}" : $"{job.Status.Succeeded}/1";
    }
}
