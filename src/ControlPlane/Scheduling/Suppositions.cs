using System.Globalization;
using System.Text.RegularExpressions;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Nodes;
using Orchestrator.Model.Pods;
using Orchestrator.Model.State;
using Orchestrator.Model.Values;

namespace Orchestrator.ControlPlane.Scheduling;

/// <summary>Changes of a cluster that people ask about, as commands. Pure.</summary>
public static partial class Suppositions
{
    /// <summary>So many nodes can be supposed at once.</summary>
    const int MostNodes = 1000;

    /// <summary>The node is cordoned and what controllers can make anew is stopped. Null when there is no such node.</summary>
    public static IReadOnlyList<Operation>? Drain(ClusterState state, string name)
    {
        if (state.Find<Node>(Node.KindName, "", name) is not { } node) return null;
        var cordoned = new Update(node with { Spec = node.Spec with { Unschedulable = true } });
        return [cordoned, .. PodsOn(state, [name]).Select(pod => new Delete(pod.Key, pod.Metadata.Uid))];
    }

    /// <summary>The nodes stop answering and their pods are given up. Null when none has the label.</summary>
    public static IReadOnlyList<Operation>? Lose(ClusterState state, LabelSelector selector, DateTimeOffset now)
    {
        var lost = state.All<Node>(Node.KindName).Where(node => selector.Matches(node.Metadata.Labels)).ToList();
        if (lost.Count == 0) return null;
        var unknown = new Condition { Type = NodeConditions.Ready, Status = ConditionStatus.Unknown, Reason = "Supposed", LastTransitionTime = now };
        return
        [
            .. lost.Select(node => new UpdateStatus(node with { Status = node.Status with { Conditions = node.Status.Conditions.With(unknown) } })),
            .. PodsOn(state, [.. lost.Select(node => node.Name)]).Select(pod => new Delete(pod.Key, pod.Metadata.Uid, GraceSeconds: 0)),
        ];
    }

    /// <param name="text">How many, their cores and their GiB of memory: <c>2x4c8g</c>.</param>
    public static IReadOnlyList<Operation>? Add(string text)
    {
        if (NodesText().Match(text) is not { Success: true } match) return null;
        var count = int.Parse(match.Groups["count"].Value, CultureInfo.InvariantCulture);
        if (count is < 1 or > MostNodes) return null;
        return [.. Enumerable.Range(1, count).Select(i => new Create(new Node
        {
            Metadata = new ObjectMeta { Name = $"new-{i}", Uid = $"supposed-{i}", Labels = new Dictionary<string, string> { ["kubernetes.io/hostname"] = $"new-{i}" } },
            Status = new NodeStatus
            {
                Allocatable = new Dictionary<string, Quantity>
                {
                    [ResourceNames.Cpu] = Quantity.Parse(match.Groups["cores"].Value),
                    [ResourceNames.Memory] = Quantity.Parse(match.Groups["gibibytes"].Value + "Gi"),
                    [ResourceNames.Pods] = Quantity.FromCount(110),
                },
                Conditions = [new Condition { Type = NodeConditions.Ready, Status = ConditionStatus.True }],
            },
        }))];
    }

    static IEnumerable<Pod> PodsOn(ClusterState state, HashSet<string> nodes) =>
        state.All<Pod>(Pod.KindName).Where(pod => pod.Spec.NodeName is { } node && nodes.Contains(node) && !pod.IsTerminal());

    [GeneratedRegex("^(?<count>[0-9]{1,4})x(?<cores>[0-9]{1,4})c(?<gibibytes>[0-9]{1,5})g$", RegexOptions.CultureInvariant)]
    private static partial Regex NodesText();
}
