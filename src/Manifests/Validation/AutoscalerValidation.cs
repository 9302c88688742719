using Orchestrator.Model.Autoscaling;
using Orchestrator.Model.Gateways;
using Orchestrator.Model.Pods;
using Orchestrator.Model.Services;
using Orchestrator.Model.Workloads;

namespace Orchestrator.Manifests.Validation;

/// <summary>What must hold in autoscalers.</summary>
static class AutoscalerValidation
{
    const int MostSeconds = 3600, MostPeriod = 1800;

    static readonly string[] Scaled = [Deployment.KindName, StatefulSet.KindName, ReplicaSet.KindName];

    public static void Check(Findings findings, HorizontalPodAutoscalerSpec spec)
    {
        var target = spec.ScaleTargetRef;
        findings.Require(Scaled.Contains(target.Kind), "spec.scaleTargetRef.kind", $"must be one of {string.Join(", ", Scaled)}: only these have replicas");
        findings.Require(target.Name.Length > 0, "spec.scaleTargetRef.name", "is required");
        var least = spec.MinReplicas ?? 1;
        findings.Require(least >= 0, "spec.minReplicas", "must not be negative");
        findings.Require(spec.MaxReplicas >= Math.Max(1, least), "spec.maxReplicas", $"is {spec.MaxReplicas}; it must be at least {Math.Max(1, least)}");
        findings.Require(least != 0 || spec.Metrics.Any(metric => metric.Type == MetricType.Object), "spec.minReplicas",
            $"0 needs a metric of type Object, {ObjectMetric.RequestsPerSecond} of an Ingress: without pods only that can ask for one");
        for (var i = 0; i < spec.Metrics.Count; i++) Metric(findings, $"spec.metrics[{i}]", spec.Metrics[i]);
        Rules(findings, "spec.behavior.scaleUp", spec.Behavior?.ScaleUp);
        Rules(findings, "spec.behavior.scaleDown", spec.Behavior?.ScaleDown);
    }

    static void Metric(Findings findings, string at, MetricSpec metric)
    {
        Belongs(findings, $"{at}.resource", metric.Type, MetricType.Resource, metric.Resource is not null);
        Belongs(findings, $"{at}.containerResource", metric.Type, MetricType.ContainerResource, metric.ContainerResource is not null);
        Belongs(findings, $"{at}.object", metric.Type, MetricType.Object, metric.Object is not null);
        if (metric is { Type: MetricType.Resource, Resource: { } resource }) OfPods(findings, $"{at}.resource", resource.Name, resource.Target);
        if (metric is { Type: MetricType.ContainerResource, ContainerResource: { } part })
        {
            findings.Require(part.Container.Length > 0, $"{at}.containerResource.container", "is required");
            OfPods(findings, $"{at}.containerResource", part.Name, part.Target);
        }

        if (metric is not { Type: MetricType.Object, Object: { } requests }) return;
        findings.Require(requests.DescribedObject.Kind is Ingress.KindName or HttpRoute.KindName, $"{at}.object.describedObject.kind", $"must be {Ingress.KindName} or {HttpRoute.KindName}: nothing else is counted");
        findings.Require(requests.DescribedObject.Name.Length > 0, $"{at}.object.describedObject.name", "is required");
        findings.Require(requests.Metric.Name == ObjectMetric.RequestsPerSecond, $"{at}.object.metric.name", $"must be {ObjectMetric.RequestsPerSecond}, the one metric there is of it");
        findings.Require(requests.Target.Type != MetricTargetType.Utilization, $"{at}.object.target.type", "must be Value or AverageValue: an Ingress requests nothing that this could be a percentage of");
        Target(findings, $"{at}.object.target", requests.Target);
    }

    static void Belongs(Findings findings, string at, MetricType type, MetricType its, bool there) =>
        findings.Require(there == (type == its), at, there ? $"does not go with type {type}" : $"is required with type {type}");

    static void OfPods(Findings findings, string at, string name, MetricTarget target)
    {
        findings.Require(name is ResourceNames.Cpu or ResourceNames.Memory, $"{at}.name", $"\"{name}\" must be {ResourceNames.Cpu} or {ResourceNames.Memory}: these are measured");
        findings.Require(target.Type != MetricTargetType.Value, $"{at}.target.type", "must be Utilization or AverageValue");
        Target(findings, $"{at}.target", target);
    }

    static void Target(Findings findings, string at, MetricTarget target)
    {
        var (field, there, positive) = target.Type switch
        {
            MetricTargetType.Utilization => ("averageUtilization", target.AverageUtilization is not null, target.AverageUtilization > 0),
            MetricTargetType.AverageValue => ("averageValue", target.AverageValue is not null, target.AverageValue?.Value > 0),
            MetricTargetType.Value => ("value", target.Value is not null, target.Value?.Value > 0),
        };
        findings.Require(there, $"{at}.{field}", $"is required with type {target.Type}");
        findings.Require(!there || positive, $"{at}.{field}", "must be more than 0");
    }

    static void Rules(Findings findings, string at, ScalingRules? rules)
    {
        if (rules is null) return;
        findings.Require(rules.StabilizationWindowSeconds is null or (>= 0 and <= MostSeconds), $"{at}.stabilizationWindowSeconds", $"must be from 0 to {MostSeconds}");
        for (var i = 0; i < rules.Policies.Count; i++)
        {
            findings.Require(rules.Policies[i].Value > 0, $"{at}.policies[{i}].value", "must be more than 0");
            findings.Require(rules.Policies[i].PeriodSeconds is > 0 and <= MostPeriod, $"{at}.policies[{i}].periodSeconds", $"must be from 1 to {MostPeriod}");
        }
    }
}
