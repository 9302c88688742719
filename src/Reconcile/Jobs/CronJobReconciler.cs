using System.Globalization;
using Orchestrator.Model;
using Orchestrator.Model.State;
using Orchestrator.Model.Workloads;

namespace Orchestrator.Reconcile.Jobs;

/// <summary>Makes a job at each time of a schedule; of times that were missed, for the last one only. Source: Kubernetes, "CronJob", and pkg/controller/cronjob.</summary>
public static class CronJobReconciler
{
    const int DefaultSuccessfulLimit = 3;
    const int DefaultFailedLimit = 1;

    public static Plan Reconcile(ClusterState state, CronJob cron, DateTimeOffset now, Ids ids)
    {
        var jobs = state.In<Job>(Job.KindName, cron.Namespace).Where(job => job.IsControlledBy(cron)).ToList();
        var running = jobs.Where(job => !job.IsFinished()).ToList();
        var operations = new List<Operation>();
        var because = new List<string>();
        var status = cron.Status;

        foreach (var job in Forgotten(jobs.Where(job => job.IsComplete()), cron.Spec.SuccessfulJobsHistoryLimit ?? DefaultSuccessfulLimit)
            .Concat(Forgotten(jobs.Where(job => job.IsFailed()), cron.Spec.FailedJobsHistoryLimit ?? DefaultFailedLimit)))
            operations.Add(new Delete(job.Key, job.Metadata.Uid));

        var times = new CronTimes(cron);
        if (!cron.Spec.Suspend && times.LastDue(now) is { } due)
        {
            var late = cron.Spec.StartingDeadlineSeconds is { } deadline && due.AddSeconds(deadline) < now;
            var name = NameOf(cron, due);
            if (late) Skip($"misses {due:HH:mm:ss}, more than {cron.Spec.StartingDeadlineSeconds} s ago");
            else if (cron.Spec.ConcurrencyPolicy == ConcurrencyPolicy.Forbid && running.Count > 0) because.Add($"{running[0].Name} still runs, and concurrencyPolicy is Forbid");
            else if (jobs.Exists(job => job.Name == name)) status = status with { LastScheduleTime = due };
            else Start(due, name);
        }

        status = status with
        {
            Active = [.. running.Select(job => new ObjectReference { ApiVersion = job.ApiVersion, Kind = job.Kind, Namespace = job.Namespace, Name = job.Name, Uid = job.Metadata.Uid })],
            LastSuccessfulTime = jobs.Select(job => job.IsComplete() ? job.Status.CompletionTime : null).Append(status.LastSuccessfulTime).Max(),
        };
        if (!ModelJson.Same(status, cron.Status)) operations.Add(new UpdateStatus(cron with { Status = status }));
        var next = cron.Spec.Suspend ? null : times.NextAfter(now);
        return operations.Count == 0 && next is null ? Plan.Nothing : new Plan(operations, string.Join("; ", because), next);

        void Skip(string why)
        {
            status = status with { LastScheduleTime = due };
            because.Add(why);
        }

        void Start(DateTimeOffset time, string name)
        {
            if (cron.Spec.ConcurrencyPolicy == ConcurrencyPolicy.Replace)
            {
                foreach (var job in running) operations.Add(new Delete(job.Key, job.Metadata.Uid));
                running.Clear();
            }

            var made = New(cron, name, time, ids);
            operations.Add(new Create(made));
            running.Add(made);
            status = status with { LastScheduleTime = time };
            because.Add($"creates {name} for {time:yyyy-MM-dd HH:mm:ss} UTC");
        }
    }

    // The same time always has the same name, so that no time ever has two jobs.
    static string NameOf(CronJob cron, DateTimeOffset time) => string.Create(CultureInfo.InvariantCulture, $"{cron.Name}-{time.ToUnixTimeSeconds() / 60}");

    static Job New(CronJob cron, string name, DateTimeOffset time, Ids ids) => new()
    {
        Metadata = cron.Spec.JobTemplate.Metadata with
        {
            Name = name,
            Namespace = cron.Namespace,
            Uid = ids.Uid(),
            Annotations = new Dictionary<string, string>(cron.Spec.JobTemplate.Metadata.Annotations) { [CronJob.ScheduledAnnotation] = time.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture) },
            OwnerReferences = [Owners.ReferenceTo(cron)],
        },
        Spec = cron.Spec.JobTemplate.Spec,
    };

    static IEnumerable<Job> Forgotten(IEnumerable<Job> finished, int kept) =>
        finished.OrderByDescending(job => job.Status.StartTime).ThenByDescending(job => job.Name, StringComparer.Ordinal).Skip(kept);
}
