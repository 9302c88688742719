using System.Globalization;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Pods;
using Orchestrator.Model.Workloads;

namespace Orchestrator.Reconcile.Jobs;

/// <summary>What has come of a job's pods so far: each that has ended is counted once, and what was counted stays when the pod is deleted.</summary>
/// <param name="Fatal">Why the job has failed by a pod's failure that its policy calls fatal; null when none is.</param>
/// <param name="LastFailure">When the last pod that counts failed.</param>
sealed record JobCount(int Succeeded, int Failed, SortedSet<int> Completed, IReadOnlyList<string> Counted, string? Fatal, DateTimeOffset? LastFailure)
{
    public static JobCount Of(Job job, IReadOnlyList<Pod> pods)
    {
        var status = job.Status;
        var before = status.CountedPods.ToHashSet(StringComparer.Ordinal);
        var completed = Indexes.Read(status.CompletedIndexes);
        var (succeeded, failed) = (status.Succeeded, status.Failed);
        var counted = new List<string>();
        string? fatal = null;
        DateTimeOffset? last = null;
        foreach (var pod in pods.Where(pod => pod.IsTerminal()))
        {
            var uid = pod.Metadata.Uid ?? "";
            counted.Add(uid);
            var isNew = !before.Contains(uid);
            if (pod.Status.Phase == PodPhase.Succeeded)
            {
                if (!isNew) continue;
                if (job.Spec.CompletionMode == CompletionMode.NonIndexed) succeeded++;
                else if (IndexOf(pod) is { } index && index < job.Spec.Completions) completed.Add(index);
                continue;
            }

            var action = ActionOf(job, pod);
            if (action == PodFailureAction.FailJob) fatal ??= $"pod {pod.Name} failed in a way that the job's podFailurePolicy calls the end of it";
            if (action == PodFailureAction.Ignore) continue;
            if (isNew) failed++;
            if (EndOf(pod) is { } end && (last is null || end > last)) last = end;
        }

        if (job.Spec.CompletionMode == CompletionMode.Indexed) succeeded = completed.Count;
        return new JobCount(succeeded, failed, completed, counted, fatal, last);
    }

    public static int? IndexOf(Pod pod) => int.TryParse(pod.Metadata.Annotations.GetValueOrDefault(Job.IndexKey), NumberStyles.None, CultureInfo.InvariantCulture, out var index) ? index : null;

    static PodFailureAction ActionOf(Job job, Pod pod) => job.Spec.PodFailurePolicy?.Rules.FirstOrDefault(rule => Fits(rule, pod))?.Action ?? PodFailureAction.Count;

    static bool Fits(PodFailureRule rule, Pod pod)
    {
        if (rule.OnExitCodes is not { } codes) return rule.OnPodConditions.Any(each => pod.Status.Conditions.Find(each.Type)?.Status == each.Status);
        return pod.Status.InitContainerStatuses.Concat(pod.Status.ContainerStatuses)
            .Where(each => codes.ContainerName is null || each.Name == codes.ContainerName)
            .Any(each => each.State.Terminated is { ExitCode: not 0 and var code } && codes.Values.Contains(code) == (codes.Operator == ExitCodeOperator.In));
    }

    static DateTimeOffset? EndOf(Pod pod) => pod.Status.ContainerStatuses.Select(each => each.State.Terminated?.FinishedAt).Max();
}
