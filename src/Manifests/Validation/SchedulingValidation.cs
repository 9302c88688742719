using Orchestrator.Model.Meta;
using Orchestrator.Model.Pods;
using Orchestrator.Model.Scheduling;
using Orchestrator.Model.Values;

namespace Orchestrator.Manifests.Validation;

/// <summary>What must hold of everything that the scheduler is told: affinities, spread, shares of devices, budgets, quotas.</summary>
static class SchedulingValidation
{
    const int MaxWeight = 100;
    const int DeviceThousandths = 1000;

    public static void Placement(Findings findings, string path, PodSpec spec)
    {
        var affinity = spec.Affinity;
        var node = $"{path}.affinity.nodeAffinity";
        if (affinity?.NodeAffinity?.RequiredDuringSchedulingIgnoredDuringExecution is { } required)
        {
            var terms = $"{node}.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms";
            findings.Require(required.NodeSelectorTerms.Count > 0, terms, "needs at least one term");
            for (var i = 0; i < required.NodeSelectorTerms.Count; i++) Term(findings, $"{terms}[{i}]", required.NodeSelectorTerms[i]);
        }

        var wanted = affinity?.NodeAffinity?.PreferredDuringSchedulingIgnoredDuringExecution ?? [];
        for (var i = 0; i < wanted.Count; i++)
        {
            Weight(findings, $"{node}.preferredDuringSchedulingIgnoredDuringExecution[{i}].weight", wanted[i].Weight);
            Term(findings, $"{node}.preferredDuringSchedulingIgnoredDuringExecution[{i}].preference", wanted[i].Preference);
        }

        Pods(findings, $"{path}.affinity.podAffinity", affinity?.PodAffinity);
        Pods(findings, $"{path}.affinity.podAntiAffinity", affinity?.PodAntiAffinity);
        for (var i = 0; i < spec.TopologySpreadConstraints.Count; i++) Spread(findings, $"{path}.topologySpreadConstraints[{i}]", spec.TopologySpreadConstraints[i]);
        for (var i = 0; i < spec.Containers.Count; i++)
        {
            var share = spec.Containers[i].Resources.RequestOf(ResourceNames.GpuMilli);
            findings.Require(share.Value <= DeviceThousandths, $"{path}.containers[{i}].resources.requests.{ResourceNames.GpuMilli}",
                $"{share} is more than one device; ask for whole devices with {ResourceNames.Gpu}");
        }
    }

    public static void Check(Findings findings, Resource resource)
    {
        switch (resource)
        {
            case PodDisruptionBudget budget:
                findings.Require(budget.Spec.MinAvailable is null != budget.Spec.MaxUnavailable is null, "spec", "needs either minAvailable or maxUnavailable, and not both");
                Count(findings, "spec.minAvailable", budget.Spec.MinAvailable);
                Count(findings, "spec.maxUnavailable", budget.Spec.MaxUnavailable);
                break;
            case PodGroup group:
                findings.Require(group.Spec.MinMember is null or > 0, "spec.minMember", "must be more than 0");
                break;
            case ResourceQuota quota:
                foreach (var (name, amount) in quota.Spec.Hard) findings.Require(amount.Value >= 0, $"spec.hard.{name}", "must not be negative");
                break;
            case LimitRange range:
                for (var i = 0; i < range.Spec.Limits.Count; i++) Limits(findings, $"spec.limits[{i}]", range.Spec.Limits[i]);
                break;
        }
    }

    static void Term(Findings findings, string path, NodeSelectorTerm term)
    {
        for (var i = 0; i < term.MatchExpressions.Count; i++) Requirement(findings, $"{path}.matchExpressions[{i}]", term.MatchExpressions[i]);
        for (var i = 0; i < term.MatchFields.Count; i++)
        {
            findings.Require(term.MatchFields[i].Key == NodeSelectorTerm.NameField, $"{path}.matchFields[{i}].key", $"only {NodeSelectorTerm.NameField} can be chosen by");
            Requirement(findings, $"{path}.matchFields[{i}]", term.MatchFields[i]);
        }
    }

    static void Requirement(Findings findings, string path, NodeSelectorRequirement requirement)
    {
        var message = requirement.Operator switch
        {
            NodeSelectorOperator.In or NodeSelectorOperator.NotIn => requirement.Values.Count > 0 ? null : "needs at least one value",
            NodeSelectorOperator.Exists or NodeSelectorOperator.DoesNotExist => requirement.Values.Count == 0 ? null : $"must be left out with {requirement.Operator}",
            NodeSelectorOperator.Gt or NodeSelectorOperator.Lt => requirement.Values is [var only] && long.TryParse(only, out _) ? null : "needs exactly one whole number",
        };
        if (message is not null) findings.Add($"{path}.values", message);
    }

    static void Pods(Findings findings, string path, PodAffinity? affinity)
    {
        if (affinity is null) return;
        for (var i = 0; i < affinity.RequiredDuringSchedulingIgnoredDuringExecution.Count; i++)
            Topology(findings, $"{path}.requiredDuringSchedulingIgnoredDuringExecution[{i}].topologyKey", affinity.RequiredDuringSchedulingIgnoredDuringExecution[i].TopologyKey);
        for (var i = 0; i < affinity.PreferredDuringSchedulingIgnoredDuringExecution.Count; i++)
        {
            var each = affinity.PreferredDuringSchedulingIgnoredDuringExecution[i];
            Weight(findings, $"{path}.preferredDuringSchedulingIgnoredDuringExecution[{i}].weight", each.Weight);
            Topology(findings, $"{path}.preferredDuringSchedulingIgnoredDuringExecution[{i}].podAffinityTerm.topologyKey", each.PodAffinityTerm.TopologyKey);
        }
    }

    static void Spread(Findings findings, string path, TopologySpreadConstraint constraint)
    {
        findings.Require(constraint.MaxSkew > 0, $"{path}.maxSkew", "must be more than 0");
        Topology(findings, $"{path}.topologyKey", constraint.TopologyKey);
        findings.Require(constraint.MatchLabelKeys.Count == 0 || constraint.LabelSelector is not null, $"{path}.matchLabelKeys", "goes only with a labelSelector");
        for (var i = 0; i < constraint.MatchLabelKeys.Count; i++)
        {
            var key = constraint.MatchLabelKeys[i];
            var twice = constraint.LabelSelector?.MatchLabels.ContainsKey(key) == true || constraint.LabelSelector?.MatchExpressions.Any(each => each.Key == key) == true;
            findings.Require(!twice, $"{path}.matchLabelKeys[{i}]", $"{key} is in the labelSelector already");
        }

        if (constraint.MinDomains is not { } least) return;
        findings.Require(least > 0, $"{path}.minDomains", "must be more than 0");
        findings.Require(constraint.WhenUnsatisfiable == UnsatisfiableAction.DoNotSchedule, $"{path}.minDomains", "goes only with whenUnsatisfiable: DoNotSchedule");
    }

    static void Topology(Findings findings, string path, string key)
    {
        if (key.Length == 0) findings.Add(path, "is required");
        else Names.LabelName(findings, path, key);
    }

    static void Weight(Findings findings, string path, int weight) =>
        findings.Require(weight is >= 1 and <= MaxWeight, path, $"{weight} is no weight; weights go from 1 to {MaxWeight}");

    static void Count(Findings findings, string path, IntOrString? count)
    {
        if (count is { } said) findings.Require(said.CountOf(1, roundUp: true) is >= 0, path, $"\"{said}\" is neither a count nor a percentage such as 50%");
    }

    static void Limits(Findings findings, string path, LimitRangeItem item)
    {
        (string Name, IReadOnlyDictionary<string, Quantity> Amounts)[] rising = [("min", item.Min), ("defaultRequest", item.DefaultRequest), ("default", item.Default), ("max", item.Max)];
        for (var low = 0; low < rising.Length; low++)
        {
            for (var high = low + 1; high < rising.Length; high++)
            {
                foreach (var (name, least) in rising[low].Amounts)
                    if (rising[high].Amounts.TryGetValue(name, out var most)) findings.Require(least <= most, $"{path}.{rising[low].Name}.{name}", $"{least} is more than {rising[high].Name} {most}");
            }
        }

        foreach (var (name, ratio) in item.MaxLimitRequestRatio) findings.Require(ratio.Value >= 1, $"{path}.maxLimitRequestRatio.{name}", $"{ratio} is less than 1");
        if (item.Type == LimitType.Container) return;
        findings.Require(item.Default.Count == 0, $"{path}.default", "goes only with type: Container");
        findings.Require(item.DefaultRequest.Count == 0, $"{path}.defaultRequest", "goes only with type: Container");
    }
}
