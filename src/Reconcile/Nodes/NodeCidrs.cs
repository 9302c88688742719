using System.Globalization;
using System.Net;
using Orchestrator.Model.Nodes;
using Orchestrator.Model.State;

namespace Orchestrator.Reconcile.Nodes;

/// <summary>Gives every node a range of its own for its pods' addresses, out of the cluster's range.</summary>
public static class NodeCidrs
{
    /// <summary>The size of a node's range: 254 addresses, of which the node keeps the first for its bridge.</summary>
    public const int NodePrefixLength = 24;

    public static Plan Reconcile(ClusterState state, IPNetwork cluster)
    {
        var nodes = state.All<Node>(Node.KindName).ToList();
        var taken = nodes.Select(node => node.Spec.PodCidr).OfType<string>().ToHashSet(StringComparer.Ordinal);
        var operations = new List<Operation>();
        var because = new List<string>();
        foreach (var node in nodes.Where(node => node.Spec.PodCidr is null))
        {
            if (Ranges(cluster).FirstOrDefault(range => !taken.Contains(range)) is not { } free)
            {
                because.Add($"no range is left in {cluster} for node {node.Name}");
                continue;
            }

            taken.Add(free);
            operations.Add(new Update(node with { Spec = node.Spec with { PodCidr = free } }));
            because.Add($"{node.Name} gets {free}");
        }

        return because.Count == 0 ? Plan.Nothing : new Plan(operations, string.Join("; ", because));
    }

    static IEnumerable<string> Ranges(IPNetwork cluster)
    {
        var first = BitConverter.ToUInt32([.. cluster.BaseAddress.GetAddressBytes().Reverse()]);
        var count = 1u << (NodePrefixLength - cluster.PrefixLength);
        for (var i = 0u; i < count; i++)
        {
            var address = first + (i << (32 - NodePrefixLength));
            yield return string.Create(CultureInfo.InvariantCulture, $"{address >> 24}.{address >> 16 & 255}.{address >> 8 & 255}.{address & 255}/{NodePrefixLength}");
        }
    }
}
