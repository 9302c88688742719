using Orchestrator.Model.Pods;
using Orchestrator.Scheduler.Asks;
using Orchestrator.Scheduler.Topology;

namespace Orchestrator.Scheduler.Filters;

/// <summary>Says in words what a filter refused, and by how much. The summaries are kube-scheduler's.</summary>
static class Refusals
{
    /// <summary>What keeps the pod off each node, in the order of the nodes' names.</summary>
    public static IReadOnlyList<Refusal> Of(Fleet fleet, Shape shape) =>
    [
        .. fleet.InOrder.OrderBy(node => fleet.Nodes[node].Name, StringComparer.Ordinal)
            .Select(node => (node, rule: Filter.Refuses(fleet, shape, node)))
            .Where(each => each.rule != Rule.None)
            .Select(each => Of(fleet, shape, each.node, each.rule)),
    ];

    public static Refusal Of(Fleet fleet, Shape shape, int node, Rule rule)
    {
        var (summary, detail) = Words(fleet, shape, node, rule);
        return new Refusal(fleet.Nodes[node].Name, rule.ToString(), summary, detail);
    }

    static (string Summary, string Detail) Words(Fleet fleet, Shape shape, int node, Rule rule) => rule switch
    {
        Rule.None => throw new System.Diagnostics.UnreachableException("nothing was refused"),
        Rule.NodeReady => ("node(s) were not ready", "its agent does not renew its lease"),
        Rule.NodeUnschedulable => ("node(s) were unschedulable", "it is cordoned"),
        Rule.NodeSelector => ("node(s) didn't match Pod's node selector", Selector(fleet, shape, node)),
        Rule.NodeAffinity => ("node(s) didn't match Pod's node affinity/selector", Affinity(fleet, shape, node)),
        Rule.TaintToleration => Taint(fleet, shape, node),
        Rule.VolumeBinding when shape.Constraint.VolumeNodes.Count == 0 => ("node(s) had no volume for the pod's claims", "a PersistentVolumeClaim is not there or is being deleted, or they are on different nodes"),
        Rule.VolumeBinding => ("node(s) had volume node affinity conflict", $"its volumes are on {string.Join(", ", shape.Constraint.VolumeNodes.Order(StringComparer.Ordinal))}"),
        Rule.NodePorts => ("node(s) didn't have free ports for the requested pod ports", $"port {fleet.TakenPort(node, shape.Ports)?.Number} is taken"),
        Rule.NodeResourcesFit => Room(fleet, shape, node, Filter.ShortOf(fleet, shape.Ask, node)),
        Rule.DeviceShare => ($"Insufficient {ResourceNames.Gpu}", Devices(fleet, shape, node)),
        Rule.InterPodAffinity => ("node(s) didn't match pod affinity rules", Near(shape, node)),
        Rule.InterPodAntiAffinity => ("node(s) didn't match pod anti-affinity rules", Far(shape, node)),
        Rule.ExistingAntiAffinity => ("node(s) didn't satisfy existing pods anti-affinity rules", Unwelcome(fleet, shape, node)),
        Rule.PodTopologySpread => Spread(shape, node),
    };

    static string Selector(Fleet fleet, Shape shape, int node)
    {
        var (name, wanted, actual) = shape.Constraint.Mismatch(fleet.Nodes[node])!.Value; // the rule refused for it
        return $"label {name} is {actual ?? "not set"}, not {wanted}";
    }

    static string Affinity(Fleet fleet, Shape shape, int node)
    {
        var labels = fleet.Nodes[node].Metadata.Labels;
        var failed = shape.Constraint.Required!.NodeSelectorTerms // the rule refused for it
            .Select(term => term.MatchExpressions.FirstOrDefault(each => !each.Holds(labels.GetValueOrDefault(each.Key)))
                ?? term.MatchFields.FirstOrDefault(each => !each.Holds(each.Key == NodeSelectorTerm.NameField ? fleet.Nodes[node].Name : null)))
            .Select(each => each is null ? "an empty term chooses nothing" : $"{each} does not hold, it is {labels.GetValueOrDefault(each.Key) ?? (each.Key == NodeSelectorTerm.NameField ? fleet.Nodes[node].Name : "not set")}");
        return string.Join("; ", failed);
    }

    static (string, string) Taint(Fleet fleet, Shape shape, int node)
    {
        var taint = shape.Constraint.Untolerated(fleet.Nodes[node])!; // the rule refused for it
        var text = taint.Value is null ? taint.Key : $"{taint.Key}={taint.Value}";
        return ($"node(s) had untolerated taint {{{text}}}", $"taint {text}:{taint.Effect}");
    }

    static (string, string) Room(Fleet fleet, Shape shape, int node, int column)
    {
        var at = (node * fleet.Stride) + column;
        if (column == Amounts.Pods) return ("Too many pods", $"it takes {fleet.Allocatable[at]}");
        var asked = Amounts.Text(column, shape.Ask.Values[column]);
        var free = Amounts.Text(column, Math.Max(0, fleet.Free[at]));
        return ($"Insufficient {fleet.Amounts.Name(column)}", $"asks for {asked} and {free} of {Amounts.Text(column, fleet.Allocatable[at])} is free");
    }

    static string Devices(Fleet fleet, Shape shape, int node)
    {
        var ask = shape.Ask;
        if (ask.Devices > fleet.WholeDevices[node]) return $"asks for {ask.Devices} whole devices and {fleet.WholeDevices[node]} of {fleet.DevicesOf(node).Length} are";
        return $"asks for {ask.Share}/1000 of a device and the largest free part is {(ask.Devices > 0 ? 0 : fleet.LargestShare[node])}/1000";
    }

    static string Near(Shape shape, int node)
    {
        var first = Filter.IsFirst(shape);
        var term = shape.Near.First(each => !Filter.NearHolds(each, each.Places.Of[node], first));
        return Placeless(term, node) ?? $"no pod with {Pods(term)} is in {PlaceOf(term, node)}";
    }

    static string Far(Shape shape, int node)
    {
        var term = shape.Far.First(each => !Filter.FarHolds(each, each.Places.Of[node]));
        return $"{Number(term.Matching[term.Places.Of[node]])} with {Pods(term)} in {PlaceOf(term, node)}";
    }

    static string Unwelcome(Fleet fleet, Shape shape, int node)
    {
        var term = shape.Identity.Matched(fleet).First(each => !Filter.IsWelcome(each, each.Places.Of[node]));
        return $"{Number(term.Refusing[term.Places.Of[node]])} in {PlaceOf(term, node)} keep pods with {Pods(term)} away";
    }

    static (string, string) Spread(Shape shape, int node)
    {
        var spread = shape.Spreads.First(each => each.Required && !Filter.SpreadHolds(each, each.Term.Places.Of[node], Filter.Smallest(each)));
        if (Placeless(spread.Term, node) is { } placeless) return ("node(s) didn't match pod topology spread constraints (missing required label)", placeless);
        var there = spread.Term.Matching[spread.Term.Places.Of[node]];
        var smallest = Filter.Smallest(spread);
        return ("node(s) didn't match pod topology spread constraints",
            $"{PlaceOf(spread.Term, node)} would have {there + spread.Own} and the least has {smallest}: a skew of {there + spread.Own - smallest}, and {spread.MaxSkew} is allowed");
    }

    static string? Placeless(Term term, int node) => term.Places.Of[node] < 0 ? $"it has no label {term.Places.Key}" : null;

    static string PlaceOf(Term term, int node) => $"{term.Places.Key}={term.Places.Names[term.Places.Of[node]]}";

    static string Number(int pods) => pods == 1 ? "1 pod" : $"{pods} pods";

    static string Pods(Term term)
    {
        var selector = term.Selector;
        if (selector is null || selector.IsEmpty) return "any labels";
        var labels = selector.MatchLabels.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key}={pair.Value}");
        return string.Join(",", labels.Concat(selector.MatchExpressions.Select(each => each.Values.Count == 0 ? $"{each.Key} {each.Operator}" : $"{each.Key} {each.Operator} ({string.Join(", ", each.Values)})")));
    }
}
