using Orchestrator.Scheduler.Asks;
using Orchestrator.Scheduler.Topology;

namespace Orchestrator.Scheduler.Filters;

/// <summary>
/// Whether a pod of a shape may be on a node as the fleet is now. Placements ask the parts, explanations the whole: there is no second set of rules.
/// </summary>
static class Filter
{
    /// <summary>The first rule that keeps the pod off the node.</summary>
    public static Rule Refuses(Fleet fleet, Shape shape, int node)
    {
        var rule = shape.Constraint.Refuses(fleet.Nodes[node]);
        if (rule == Rule.None) rule = Room(fleet, shape, node);
        return rule == Rule.None ? Company(fleet, shape, node) : rule;
    }

    /// <summary>Ports, resources and devices: what only the pods on the node itself can take.</summary>
    public static Rule Room(Fleet fleet, Shape shape, int node)
    {
        if (shape.Ports.Length > 0 && fleet.TakenPort(node, shape.Ports) is not null) return Rule.NodePorts;
        if (ShortOf(fleet, shape.Ask, node) >= 0) return Rule.NodeResourcesFit;
        return shape.Ask.WantsGpu && !HasDevices(fleet, shape.Ask, node) ? Rule.DeviceShare : Rule.None;
    }

    /// <summary>The first column of which the node has too little; -1 for none.</summary>
    public static int ShortOf(Fleet fleet, in Ask ask, int node)
    {
        var free = fleet.Free.AsSpan(node * fleet.Stride, fleet.Stride);
        foreach (var column in ask.Columns)
            if (ask.Values[column] > free[column]) return column;
        return -1;
    }

    static bool HasDevices(Fleet fleet, in Ask ask, int node)
    {
        if (ask.Devices > fleet.WholeDevices[node]) return false;
        if (ask.Share == 0) return true;
        if (ask.Devices == 0) return fleet.LargestShare[node] >= ask.Share;
        if (fleet.WholeDevices[node] > ask.Devices) return ask.Share <= Amounts.Device;
        foreach (var free in fleet.DevicesOf(node))
            if (free < Amounts.Device && free >= ask.Share) return true;
        return false;
    }

    /// <summary>The pods that are already placed, on this node and in its places.</summary>
    static Rule Company(Fleet fleet, Shape shape, int node)
    {
        var first = IsFirst(shape);
        foreach (var term in shape.Near)
            if (!NearHolds(term, term.Places.Of[node], first)) return Rule.InterPodAffinity;
        foreach (var term in shape.Far)
            if (!FarHolds(term, term.Places.Of[node])) return Rule.InterPodAntiAffinity;
        foreach (var term in shape.Identity.Matched(fleet))
            if (!IsWelcome(term, term.Places.Of[node])) return Rule.ExistingAntiAffinity;
        foreach (var spread in shape.Spreads)
            if (spread.Required && !SpreadHolds(spread, spread.Term.Places.Of[node], Smallest(spread))) return Rule.PodTopologySpread;
        return Rule.None;
    }

    /// <summary>Whether no pod is there yet that this one has to be near, so that it may start anywhere.</summary>
    public static bool IsFirst(Shape shape)
    {
        if (!shape.MayBeFirst) return false;
        foreach (var term in shape.Near)
            if (term.Total > 0) return false;
        return true;
    }

    public static bool NearHolds(Term term, int place, bool first) => place >= 0 && (first || term.Matching[place] > 0);

    public static bool FarHolds(Term term, int place) => place < 0 || term.Matching[place] == 0;

    public static bool IsWelcome(Term term, int place) => place < 0 || term.Refusing[place] == 0;

    public static bool SpreadHolds(Spread spread, int place, int smallest) => place >= 0 && spread.Term.Matching[place] + spread.Own - smallest <= spread.MaxSkew;

    /// <summary>The smallest number of pods in any place.</summary>
    public static int Smallest(Spread spread) =>
        spread.Term.Places.Names.Count < Math.Max(1, spread.MinPlaces) ? 0 : spread.Term.Matching.Min();
}
