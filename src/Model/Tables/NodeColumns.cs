using Orchestrator.Model.Meta;
using Orchestrator.Model.Nodes;

namespace Orchestrator.Model.Tables;

/// <summary>What a list shows of nodes.</summary>
static class NodeColumns
{
    const string RolePrefix = "node-role.kubernetes.io/";

    public static readonly IReadOnlyList<Column> Own =
    [
        new("STATUS", static (resource, _) => StatusOf((Node)resource)),
        new("ROLES", static (resource, _) => Table.OrNone(string.Join(',', resource.Metadata.Labels.Keys
            .Where(label => label.StartsWith(RolePrefix, StringComparison.Ordinal)).Select(label => label[RolePrefix.Length..]).Order(StringComparer.Ordinal)))),
    ];

    public static readonly Column Version = new("VERSION", static (resource, _) => Table.OrNone(((Node)resource).Status.NodeInfo.AgentVersion));

    public static readonly IReadOnlyList<Column> Wide =
    [
        new("INTERNAL-IP", static (resource, _) => Table.OrNone(((Node)resource).Status.InternalIp()), Wide: true),
        new("POD-CIDR", static (resource, _) => Table.OrNone(((Node)resource).Spec.PodCidr), Wide: true),
        new("OS-IMAGE", static (resource, _) => Table.OrNone(((Node)resource).Status.NodeInfo.OsImage), Wide: true),
        new("KERNEL-VERSION", static (resource, _) => Table.OrNone(((Node)resource).Status.NodeInfo.KernelVersion), Wide: true),
    ];

    static string StatusOf(Node node)
    {
        var ready = node.Status.Conditions.Find(NodeConditions.Ready)?.Status switch
        {
            ConditionStatus.True => "Ready",
            ConditionStatus.False or ConditionStatus.Unknown or null => "NotReady",
        };
        return node.Spec.Unschedulable ? $"{ready},SchedulingDisabled" : ready;
    }
}
