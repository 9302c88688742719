using Orchestrator.Model.Policies;
using Orchestrator.Model.Values;

namespace Orchestrator.Model.Tables;

/// <summary>What a list shows of network policies.</summary>
static class PolicyColumns
{
    public static readonly Column PodSelector = new("POD-SELECTOR", static (resource, _) => Text(((NetworkPolicy)resource).Spec.PodSelector));

    static string Text(LabelSelector selector) => Table.OrNone(string.Join(',',
    [
        .. selector.MatchLabels.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key}={pair.Value}"),
        .. selector.MatchExpressions.Select(each => each.Operator switch
        {
            LabelOperator.In => $"{each.Key} in ({string.Join(',', each.Values)})",
            LabelOperator.NotIn => $"{each.Key} notin ({string.Join(',', each.Values)})",
            LabelOperator.Exists => each.Key,
            LabelOperator.DoesNotExist => $"!{each.Key}",
        }),
    ]));
}
