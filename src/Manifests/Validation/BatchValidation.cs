using Orchestrator.Model.Pods;
using Orchestrator.Model.Workloads;

namespace Orchestrator.Manifests.Validation;

/// <summary>What must hold in Jobs and in what makes them. Source: Kubernetes, pkg/apis/batch/validation.</summary>
static class BatchValidation
{
    /// <summary>A job's name gets the minute behind it, 11 characters, and is a label's value.</summary>
    const int MaxCronJobName = 52;

    /// <summary>Each completed index is kept in the status as text.</summary>
    const int MaxIndexes = 100_000;

    public static void Job(Findings findings, string path, JobSpec spec)
    {
        NotNegative(findings, $"{path}.parallelism", spec.Parallelism);
        NotNegative(findings, $"{path}.completions", spec.Completions);
        NotNegative(findings, $"{path}.backoffLimit", spec.BackoffLimit);
        NotNegative(findings, $"{path}.activeDeadlineSeconds", spec.ActiveDeadlineSeconds);
        NotNegative(findings, $"{path}.ttlSecondsAfterFinished", spec.TtlSecondsAfterFinished);
        if (spec.CompletionMode == CompletionMode.Indexed)
        {
            findings.Require(spec.Completions is not null, $"{path}.completions", "is required when completionMode is Indexed");
            findings.Require(spec.Completions is null or <= MaxIndexes, $"{path}.completions", $"must be at most {MaxIndexes} when completionMode is Indexed");
        }

        Names.Labels(findings, $"{path}.template.metadata.labels", spec.Template.Metadata.Labels);
        PodValidation.Annotations(findings, $"{path}.template.metadata", spec.Template.Metadata);
        PodValidation.Spec(findings, $"{path}.template.spec", spec.Template.Spec);
        findings.Require(spec.Template.Spec.RestartPolicy != RestartPolicy.Always, $"{path}.template.spec.restartPolicy", "must be OnFailure or Never, as the pods of a job come to an end");
        findings.Require(spec.Template.Spec.NodeName is null, $"{path}.template.spec.nodeName", "is chosen by the scheduler; use nodeSelector");
        if (spec.PodFailurePolicy is not { } policy) return;
        findings.Require(spec.Template.Spec.RestartPolicy == RestartPolicy.Never, $"{path}.podFailurePolicy", "goes only with restartPolicy: Never");
        for (var i = 0; i < policy.Rules.Count; i++) Rule(findings, $"{path}.podFailurePolicy.rules[{i}]", policy.Rules[i], spec.Template.Spec);
    }

    public static void CronJob(Findings findings, string name, CronJobSpec spec)
    {
        findings.Require(name.Length <= MaxCronJobName, "metadata.name", $"must be at most {MaxCronJobName} characters, as the jobs' names are longer");
        if (spec.Schedule.Length == 0) findings.Add("spec.schedule", "is required, such as \"0 3 * * *\" for every day at three");
        else if (CronSchedule.Problem(spec.Schedule) is { } wrong) findings.Add("spec.schedule", $"\"{spec.Schedule}\" is no schedule: {wrong}");
        if (spec.TimeZone is { } zone) findings.Require(CronSchedule.ZoneOf(zone) is not null, "spec.timeZone", $"\"{zone}\" is no time zone; write a name such as Europe/Berlin or Etc/UTC");
        NotNegative(findings, "spec.startingDeadlineSeconds", spec.StartingDeadlineSeconds);
        NotNegative(findings, "spec.successfulJobsHistoryLimit", spec.SuccessfulJobsHistoryLimit);
        NotNegative(findings, "spec.failedJobsHistoryLimit", spec.FailedJobsHistoryLimit);
        Job(findings, "spec.jobTemplate.spec", spec.JobTemplate.Spec);
    }

    static void Rule(Findings findings, string path, PodFailureRule rule, PodSpec pod)
    {
        findings.Require(rule.OnExitCodes is null != (rule.OnPodConditions.Count == 0), path, "needs either onExitCodes or onPodConditions, and not both");
        if (rule.OnExitCodes is not { } codes) return;
        findings.Require(codes.Values.Count > 0, $"{path}.onExitCodes.values", "needs at least one value");
        findings.Require(codes.Operator != ExitCodeOperator.In || !codes.Values.Contains(0), $"{path}.onExitCodes.values", "must not contain 0, which is no failure");
        if (codes.ContainerName is { } name)
            findings.Require(pod.Containers.Concat(pod.InitContainers).Any(each => each.Name == name), $"{path}.onExitCodes.containerName", $"there is no container {name} in this pod");
    }

    static void NotNegative(Findings findings, string path, long? number) => findings.Require(number is null or >= 0, path, "must not be negative");
}
