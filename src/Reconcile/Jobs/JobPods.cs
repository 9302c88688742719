using System.Globalization;
using Orchestrator.Model.Pods;
using Orchestrator.Model.Scheduling;
using Orchestrator.Model.Workloads;

namespace Orchestrator.Reconcile.Jobs;

/// <summary>The pods of a job: those of an Indexed one know their index, by variable, host name, label and annotation.</summary>
static class JobPods
{
    public static IEnumerable<Pod> New(Job job, IReadOnlyList<Pod> active, IReadOnlySet<int> completed, int count, IReadOnlyList<LimitRange> limits, Ids ids)
    {
        var template = job.Spec.Template.With((Job.NameLabel, job.Name), (Job.UidLabel, job.Metadata.Uid ?? ""));
        if (job.Spec.CompletionMode == CompletionMode.NonIndexed) return Enumerable.Range(0, count).Select(_ => NewPods.Of(template, job, $"{job.Name}-{ids.Ending()}", limits, ids));
        var taken = active.Select(JobCount.IndexOf).OfType<int>().ToHashSet();
        return Enumerable.Range(0, job.Spec.Completions ?? 0)
            .Where(index => !taken.Contains(index) && !completed.Contains(index))
            .Take(count)
            .Select(index => NewPods.Of(Numbered(template, job, index), job, $"{job.Name}-{index}-{ids.Ending()}", limits, ids));
    }

    static PodTemplate Numbered(PodTemplate template, Job job, int index)
    {
        var text = index.ToString(CultureInfo.InvariantCulture);
        var labelled = template.With((Job.IndexKey, text));
        return labelled with
        {
            Metadata = labelled.Metadata with { Annotations = new Dictionary<string, string>(labelled.Metadata.Annotations) { [Job.IndexKey] = text } },
            Spec = labelled.Spec with
            {
                Hostname = labelled.Spec.Hostname ?? $"{job.Name}-{index}",
                InitContainers = [.. labelled.Spec.InitContainers.Select(Knowing)],
                Containers = [.. labelled.Spec.Containers.Select(Knowing)],
            },
        };

        Container Knowing(Container container) => container.Env.Any(each => each.Name == Job.IndexVariable) ? container : container with { Env = [.. container.Env, new EnvVar { Name = Job.IndexVariable, Value = text }] };
    }
}
