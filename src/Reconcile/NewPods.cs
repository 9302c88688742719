using Orchestrator.Model.Meta;
using Orchestrator.Model.Pods;
using Orchestrator.Model.Scheduling;

namespace Orchestrator.Reconcile;

/// <summary>Makes the pods of an owner from its template, with what the namespace's LimitRanges add and refuse.</summary>
static class NewPods
{
    public static Pod Of(PodTemplate template, Resource owner, string name, IReadOnlyList<LimitRange> limits, Ids ids) => Limits.Filled(Model.Pods.Dependencies.Gated(new Pod
    {
        Metadata = template.Metadata with
        {
            Name = name,
            Namespace = owner.Namespace,
            Uid = ids.Uid(),
            OwnerReferences = [Owners.ReferenceTo(owner)],
        },
        Spec = template.Spec,
    }), limits);

    /// <summary>Why pods of the template may not be created; null when they may.</summary>
    public static string? Refusal(PodTemplate template, IReadOnlyList<LimitRange> limits)
    {
        var pod = Limits.Filled(new Pod { Spec = template.Spec }, limits);
        var broken = Limits.Broken(pod.Spec, limits).Select(each => $"{each.Path}: {each.Message}").ToList();
        return broken.Count == 0 ? null : $"pods are forbidden: {string.Join("; ", broken)}";
    }

    /// <summary>The template with more labels.</summary>
    public static PodTemplate With(this PodTemplate template, params IReadOnlyList<(string Name, string Value)> labels)
    {
        var all = new Dictionary<string, string>(template.Metadata.Labels);
        foreach (var (name, value) in labels) all[name] = value;
        return template with { Metadata = template.Metadata with { Labels = all } };
    }
}
