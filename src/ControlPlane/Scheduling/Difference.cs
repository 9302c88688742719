using System.Text.Json.Nodes;
using Orchestrator.Contracts;
using Orchestrator.Model;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Pods;
using Orchestrator.Model.State;

namespace Orchestrator.ControlPlane.Scheduling;

/// <summary>What is different after what was foreseen: the fields of what was asked for, and what becomes of pods. Pure.</summary>
static class Difference
{
    /// <summary>Fields that every write changes.</summary>
    static readonly string[] Bookkeeping = ["resourceVersion", "generation", "creationTimestamp", "uid"];

    const string LastApplied = "metadata.annotations";

    public static IEnumerable<FieldChange> OfFields(Resource? before, Resource after)
    {
        var name = $"{after.Kind.ToLowerInvariant()}/{after.Name}";
        if (before is null) return [new FieldChange { Object = name, After = "created" }];
        return Fields(JsonNode.Parse(ModelJson.Encode(before)), JsonNode.Parse(ModelJson.Encode(after)), "").Where(each => !each.Path.StartsWith("status", StringComparison.Ordinal))
            .Select(each => new FieldChange { Object = name, Path = each.Path, Before = each.Before ?? "", After = each.After ?? "" });
    }

    public static IEnumerable<PodOutcome> OfPods(ClusterState before, Foresight foresight)
    {
        var after = foresight.State;
        foreach (var pod in before.All<Pod>(Pod.KindName).Where(pod => !pod.IsTerminal()))
        {
            if (after.Find(pod.Key) is not Pod) yield return Of(pod, foresight.Preempted.Contains(pod.Key) ? PodOutcome.Types.Outcome.Preempted : PodOutcome.Types.Outcome.Removed, pod.Spec.NodeName);
        }

        foreach (var pod in after.All<Pod>(Pod.KindName).Where(pod => !pod.IsTerminal()))
        {
            var earlier = before.Find<Pod>(Pod.KindName, pod.Namespace, pod.Name);
            if (pod.Spec.NodeName is { } node && earlier?.Spec.NodeName != node) yield return Of(pod, PodOutcome.Types.Outcome.Placed, node, isNew: earlier is null);
            else if (pod.Spec.NodeName is null) yield return Of(pod, PodOutcome.Types.Outcome.Waiting, null, isNew: earlier is null, foresight.Waiting.GetValueOrDefault(pod.Key));
        }
    }

    static PodOutcome Of(Pod pod, PodOutcome.Types.Outcome outcome, string? node, bool isNew = false, string? reason = null) => new()
    {
        Outcome = outcome,
        Namespace = pod.Namespace,
        Pod = isNew && pod.Metadata.Controller() is { } owner ? $"{owner.Name}-*" : pod.Name,
        Node = node ?? "",
        Reason = reason ?? "",
    };

    static IEnumerable<(string Path, string? Before, string? After)> Fields(JsonNode? before, JsonNode? after, string path)
    {
        if (path == LastApplied || JsonNode.DeepEquals(before, after)) yield break;
        if (before is JsonObject left && after is JsonObject right)
        {
            foreach (var name in left.Select(each => each.Key).Union(right.Select(each => each.Key)).Where(name => !Bookkeeping.Contains(name)))
                foreach (var each in Fields(left[name], right[name], path.Length == 0 ? name : $"{path}.{name}")) yield return each;
        }
        else if (before is JsonArray old && after is JsonArray fresh && old.Count == fresh.Count)
        {
            for (var i = 0; i < old.Count; i++)
                foreach (var each in Fields(old[i], fresh[i], $"{path}[{i}]")) yield return each;
        }
        else yield return (path, before?.ToJsonString(), after?.ToJsonString());
    }
}
