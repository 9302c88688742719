using Orchestrator.Model.Pods;
using Orchestrator.Model.Values;
using Orchestrator.Model.Workloads;

namespace Orchestrator.Manifests.Validation;

/// <summary>What must hold in the kinds that make pods from a template.</summary>
static class WorkloadValidation
{
    public static void Deployment(Findings findings, Deployment deployment)
    {
        var spec = deployment.Spec;
        Template(findings, spec.Replicas, spec.Selector, spec.Template);
        findings.Require(spec.MinReadySeconds >= 0, "spec.minReadySeconds", "must not be negative");
        findings.Require(spec.RevisionHistoryLimit is null or >= 0, "spec.revisionHistoryLimit", "must not be negative");
        findings.Require(spec.ProgressDeadlineSeconds is null || spec.ProgressDeadlineSeconds > spec.MinReadySeconds, "spec.progressDeadlineSeconds", "must be more than minReadySeconds, else no rollout could be in time");
        var rolling = spec.Strategy.RollingUpdate;
        if (spec.Strategy.Type == DeploymentStrategyType.Recreate) findings.Require(rolling is null, "spec.strategy.rollingUpdate", "means nothing when the type is Recreate; leave it out");
        Count(findings, "spec.strategy.rollingUpdate.maxSurge", rolling?.MaxSurge);
        Count(findings, "spec.strategy.rollingUpdate.maxUnavailable", rolling?.MaxUnavailable);
        if (rolling is { MaxSurge: { } surge, MaxUnavailable: { } unavailable } && surge.CountOf(100, roundUp: true) == 0 && unavailable.CountOf(100, roundUp: true) == 0)
            findings.Add("spec.strategy.rollingUpdate.maxUnavailable", "must not be 0 when maxSurge is 0: no pod could ever be replaced");
        if (!deployment.Metadata.Annotations.TryGetValue(Canary.Annotation, out var canary)) return;
        findings.Require(Canary.TryParse(canary, out _, out var problem), $"metadata.annotations.{Canary.Annotation}", problem);
        findings.Require(spec.Strategy.Type != DeploymentStrategyType.Recreate, "spec.strategy.type", "must be RollingUpdate for a canary: the old pods serve beside the new ones");
    }

    public static void ReplicaSet(Findings findings, ReplicaSetSpec spec)
    {
        Template(findings, spec.Replicas, spec.Selector, spec.Template);
        findings.Require(spec.MinReadySeconds >= 0, "spec.minReadySeconds", "must not be negative");
    }

    public static void StatefulSet(Findings findings, string name, StatefulSetSpec spec)
    {
        // The claims are volumes of their names, which containers mount like those of the template.
        var claims = spec.VolumeClaimTemplates.Where(claim => spec.Template.Spec.Volumes.All(volume => volume.Name != claim.Metadata.Name))
            .DistinctBy(claim => claim.Metadata.Name)
            .Select(claim => new Volume { Name = claim.Metadata.Name, PersistentVolumeClaim = new ClaimVolume { ClaimName = claim.Metadata.Name } });
        var template = spec.Template with { Spec = spec.Template.Spec with { Volumes = [.. spec.Template.Spec.Volumes, .. claims] } };
        Template(findings, spec.Replicas, spec.Selector, template);
        for (var i = 0; i < spec.VolumeClaimTemplates.Count; i++)
        {
            Names.Label(findings, $"spec.volumeClaimTemplates[{i}].metadata.name", spec.VolumeClaimTemplates[i].Metadata.Name);
            VolumeValidation.Claim(findings, $"spec.volumeClaimTemplates[{i}].spec", spec.VolumeClaimTemplates[i].Spec);
        }

        findings.Unique(spec.VolumeClaimTemplates, claim => claim.Metadata.Name, i => $"spec.volumeClaimTemplates[{i}].metadata.name");
        Kept(findings, spec.MinReadySeconds, spec.RevisionHistoryLimit);
        if (name.Length > 0) Names.Label(findings, "metadata.name", name); // it becomes a host name
        if (spec.ServiceName is { Length: > 0 } service) Names.Label(findings, "spec.serviceName", service);
        findings.Require(spec.Ordinals is null or { Start: >= 0 }, "spec.ordinals.start", "must not be negative");
        Strategy(findings, spec.UpdateStrategy.Type, spec.UpdateStrategy.RollingUpdate);
        findings.Require(spec.UpdateStrategy.RollingUpdate is null or { Partition: >= 0 }, "spec.updateStrategy.rollingUpdate.partition", "must not be negative");
    }

    public static void DaemonSet(Findings findings, DaemonSetSpec spec)
    {
        Template(findings, replicas: null, spec.Selector, spec.Template);
        Kept(findings, spec.MinReadySeconds, spec.RevisionHistoryLimit);
        Strategy(findings, spec.UpdateStrategy.Type, spec.UpdateStrategy.RollingUpdate);
        var rolling = spec.UpdateStrategy.RollingUpdate;
        Count(findings, "spec.updateStrategy.rollingUpdate.maxSurge", rolling?.MaxSurge);
        Count(findings, "spec.updateStrategy.rollingUpdate.maxUnavailable", rolling?.MaxUnavailable);
        if (rolling is null) return;
        var (surge, unavailable) = (rolling.MaxSurge?.CountOf(100, roundUp: true) ?? 0, rolling.MaxUnavailable?.CountOf(100, roundUp: true) ?? 1);
        if (surge == 0 && unavailable == 0) findings.Add("spec.updateStrategy.rollingUpdate.maxUnavailable", "must not be 0 when maxSurge is 0: no pod could ever be replaced");
        if (surge > 0 && unavailable > 0) findings.Add("spec.updateStrategy.rollingUpdate.maxSurge", "goes only with maxUnavailable: 0");
    }

    static void Kept(Findings findings, int minReadySeconds, int? history)
    {
        findings.Require(minReadySeconds >= 0, "spec.minReadySeconds", "must not be negative");
        findings.Require(history is null or >= 0, "spec.revisionHistoryLimit", "must not be negative");
    }

    static void Strategy(Findings findings, UpdateStrategyType type, object? rolling)
    {
        if (type == UpdateStrategyType.OnDelete) findings.Require(rolling is null, "spec.updateStrategy.rollingUpdate", "means nothing when the type is OnDelete; leave it out");
    }

    static void Template(Findings findings, int? replicas, LabelSelector selector, PodTemplate template)
    {
        findings.Require(replicas is null or >= 0, "spec.replicas", "must not be negative");
        Names.Labels(findings, "spec.template.metadata.labels", template.Metadata.Labels);
        Names.Labels(findings, "spec.selector.matchLabels", selector.MatchLabels);
        for (var i = 0; i < selector.MatchExpressions.Count; i++) Requirement(findings, $"spec.selector.matchExpressions[{i}]", selector.MatchExpressions[i]);
        if (selector.IsEmpty) findings.Add("spec.selector", "must choose the template's labels, for example matchLabels: {app: web}");
        else if (!selector.Matches(template.Metadata.Labels)) findings.Add("spec.selector", "does not match spec.template.metadata.labels, so that the pods would not be found again");
        PodValidation.Annotations(findings, "spec.template.metadata", template.Metadata);
        PodValidation.Spec(findings, "spec.template.spec", template.Spec);
        findings.Require(template.Spec.RestartPolicy == RestartPolicy.Always, "spec.template.spec.restartPolicy", "must be Always here");
        findings.Require(template.Spec.NodeName is null, "spec.template.spec.nodeName", "is chosen by the scheduler; use nodeSelector");
    }

    static void Requirement(Findings findings, string path, LabelRequirement requirement)
    {
        Names.LabelName(findings, $"{path}.key", requirement.Key);
        var takesValues = requirement.Operator is LabelOperator.In or LabelOperator.NotIn;
        findings.Require(takesValues == requirement.Values.Count > 0, $"{path}.values", takesValues ? $"{requirement.Operator} needs at least one value" : $"{requirement.Operator} takes no values");
    }

    static void Count(Findings findings, string path, IntOrString? count)
    {
        if (count is { } value) findings.Require(value.CountOf(100, roundUp: true) is >= 0, path, $"\"{value}\" must be a number or a percentage such as 25%");
    }
}
