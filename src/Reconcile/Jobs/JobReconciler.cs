using System.Globalization;
using Orchestrator.Model;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Pods;
using Orchestrator.Model.Scheduling;
using Orchestrator.Model.State;
using Orchestrator.Model.Workloads;

namespace Orchestrator.Reconcile.Jobs;

/// <summary>
/// Runs a job's pods until enough of them have ended well, or the job has failed. A pod that is deleted before it has ended is made anew and counts as nothing. Source: Kubernetes, "Jobs",
/// and pkg/controller/job.
/// </summary>
public static class JobReconciler
{
    const int DefaultBackoffLimit = 6;

    /// <summary>Pods created in one step, so that one command stays small.</summary>
    const int BatchSize = 250;

    /// <summary>The wait after the first failure, doubled by each further one.</summary>
    static readonly TimeSpan FirstDelay = TimeSpan.FromSeconds(10);

    static readonly TimeSpan LongestDelay = TimeSpan.FromMinutes(6);

    public static Plan Reconcile(ClusterState state, Job job, DateTimeOffset now, Ids ids)
    {
        var pods = state.In<Pod>(Pod.KindName, job.Namespace).Where(pod => pod.IsControlledBy(job)).ToList();
        var active = pods.Where(pod => !pod.IsTerminal() && !pod.IsBeingDeleted()).ToList();
        if (job.IsFinished()) return Finished(job, active, now);

        var count = JobCount.Of(job, pods);
        var operations = new List<Operation>();
        var because = new List<string>();
        DateTimeOffset? next = null;
        var conditions = job.Status.Conditions;
        DateTimeOffset? start = job.Spec.Suspend ? null : job.Status.StartTime ?? now;
        var deadline = job.Spec.ActiveDeadlineSeconds is { } seconds ? start?.AddSeconds(seconds) : null;
        var failure = Failure(job, active, count, deadline, now);
        var complete = failure is null && IsComplete(job, active, count);

        if (failure is not null || complete || job.Spec.Suspend)
        {
            foreach (var pod in active) operations.Add(new Delete(pod.Key, pod.Metadata.Uid));
        }
        else
        {
            var wait = count.LastFailure + Delay(count.Failed);
            Fill(wait > now ? wait : null);
            next = Earliest(deadline, wait > now ? wait : null);
        }

        if (failure is { } why) conditions = Ended(JobConditions.Failed, why.Reason, why.Message);
        else if (complete) conditions = Ended(JobConditions.Complete, "CompletionsReached", $"{count.Succeeded} pods have ended well");
        else if (job.Spec.Suspend != conditions.IsTrue(JobConditions.Suspended))
            conditions = With(JobConditions.Suspended, job.Spec.Suspend, job.Spec.Suspend ? "JobSuspended" : "JobResumed", job.Spec.Suspend ? "the job's pods are stopped" : "the job goes on");

        var made = operations.Count(operation => operation is Create) - operations.Count(operation => operation is Delete);
        var status = job.Status with
        {
            Active = Math.Max(0, active.Count + made),
            Ready = failure is null && !complete && !job.Spec.Suspend ? active.Count(pod => pod.IsReady()) : 0,
            Succeeded = count.Succeeded,
            Failed = count.Failed,
            CompletedIndexes = Indexes.Write(count.Completed),
            CountedPods = count.Counted,
            StartTime = start,
            CompletionTime = complete ? now : null,
            Conditions = conditions,
        };
        if (!ModelJson.Same(status, job.Status)) operations.Add(new UpdateStatus(job with { Status = status }));
        return operations.Count == 0 && next is null ? Plan.Nothing : new Plan(operations, string.Join("; ", because), next);

        void Fill(DateTimeOffset? notBefore)
        {
            var left = job.Spec.Completions is { } wanted ? Math.Max(0, wanted - count.Succeeded) : count.Succeeded > 0 ? active.Count : int.MaxValue;
            var most = Math.Min(job.Spec.Parallelism ?? 1, left);
            foreach (var pod in active.OrderBy(pod => pod.IsReady()).ThenByDescending(pod => pod.Metadata.CreationTimestamp).ThenBy(pod => pod.Name, StringComparer.Ordinal).Take(Math.Max(0, active.Count - most)))
                operations.Add(new Delete(pod.Key, pod.Metadata.Uid));
            var missing = Math.Min(BatchSize, most - active.Count);
            if (missing <= 0 || notBefore is not null) return;
            var limits = Limits.Of(state, job.Namespace);
            if (NewPods.Refusal(job.Spec.Template, limits) is { } refusal)
            {
                because.Add(refusal);
                return;
            }

            foreach (var pod in JobPods.New(job, active, count.Completed, missing, limits, ids)) operations.Add(new Create(pod));
            because.Add($"{count.Succeeded} of {job.Spec.Completions?.ToString(CultureInfo.InvariantCulture) ?? "1"} done, {count.Failed} failed: creates {missing}");
        }

        IReadOnlyList<Condition> Ended(string type, string reason, string message)
        {
            because.Add($"{type}: {message}");
            return With(type, true, reason, message);
        }

        IReadOnlyList<Condition> With(string type, bool holds, string reason, string message) => conditions.With(new Condition
        {
            Type = type, Status = holds ? ConditionStatus.True : ConditionStatus.False, Reason = reason, Message = message, LastTransitionTime = now,
        });
    }

    static (string Reason, string Message)? Failure(Job job, List<Pod> active, JobCount count, DateTimeOffset? deadline, DateTimeOffset now)
    {
        if (count.Fatal is { } fatal) return ("PodFailurePolicy", fatal);
        var limit = job.Spec.BackoffLimit ?? DefaultBackoffLimit;
        if (count.Failed > limit) return ("BackoffLimitExceeded", $"{count.Failed} pods have failed, and the limit is {limit}");
        var restarts = active.Sum(pod => pod.Status.InitContainerStatuses.Concat(pod.Status.ContainerStatuses).Sum(each => each.RestartCount));
        if (restarts > 0 && restarts >= limit) return ("BackoffLimitExceeded", $"containers were restarted {restarts} times, and the limit is {limit}");
        return deadline <= now ? ("DeadlineExceeded", $"the job ran longer than {job.Spec.ActiveDeadlineSeconds} s") : null;
    }

    static bool IsComplete(Job job, List<Pod> active, JobCount count) => job.Spec.Completions is { } wanted
        ? count.Succeeded >= wanted
        : count.Succeeded > 0 && active.Count == 0;

    /// <summary>What is over keeps its pods, to be looked at, until it is itself removed.</summary>
    static Plan Finished(Job job, List<Pod> active, DateTimeOffset now)
    {
        var operations = active.Select(pod => (Operation)new Delete(pod.Key, pod.Metadata.Uid)).ToList();
        var end = job.Status.CompletionTime ?? job.Status.Conditions.Find(JobConditions.Failed)?.LastTransitionTime;
        if (job.Spec.TtlSecondsAfterFinished is not { } ttl || end is not { } ended) return operations.Count == 0 ? Plan.Nothing : new Plan(operations, $"{operations.Count} pods are no longer needed");
        var gone = ended.AddSeconds(ttl);
        if (gone > now) return new Plan(operations, "", gone);
        return new Plan([.. operations, new Delete(job.Key, job.Metadata.Uid)], $"finished {ttl} s ago");
    }

    static TimeSpan Delay(int failures) => failures == 0 ? TimeSpan.Zero : TimeSpan.FromTicks(Math.Min(LongestDelay.Ticks, FirstDelay.Ticks << Math.Min(failures - 1, 10)));

    static DateTimeOffset? Earliest(DateTimeOffset? left, DateTimeOffset? right) => left is null || right < left ? right : left;
}
