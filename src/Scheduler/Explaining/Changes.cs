using Orchestrator.Model.Meta;
using Orchestrator.Model.Nodes;
using Orchestrator.Model.Pods;
using Orchestrator.Model.State;
using Orchestrator.Model.Values;
using Orchestrator.Scheduler.Asks;
using Orchestrator.Scheduler.Filters;

namespace Orchestrator.Scheduler.Explaining;

/// <summary>A change of one thing, and how large it is beside others: what a person changes in a manifest is smaller than what others lose by it.</summary>
/// <param name="Size">The smaller comes first; only comparable among changes for one pod.</param>
sealed record Change(string Text, double Size, Func<ClusterState, ClusterState> Of);

/// <summary>The single changes that could help a pod, from what each node refuses it for. Whether they do is for the scheduler to say.</summary>
static class Changes
{
    const double Cordon = 1;
    const double Toleration = 2;
    const double Request = 3;
    const double Label = 5;
    const double Eviction = 7;
    const double Constraint = 9;

    public static IEnumerable<Change> For(ClusterState state, Fleet fleet, Shape shape, Pod pod)
    {
        foreach (var node in fleet.InOrder)
        {
            var rule = Filter.Refuses(fleet, shape, node);
            foreach (var change in For(state, fleet, shape, pod, node, rule)) yield return change;
        }
    }

    static IEnumerable<Change> For(ClusterState state, Fleet fleet, Shape shape, Pod pod, int at, Rule rule)
    {
        var node = fleet.Nodes[at];
        switch (rule)
        {
            case Rule.NodeUnschedulable:
                yield return new Change($"uncordon {node.Name}", Cordon, With(node with { Spec = node.Spec with { Unschedulable = false } }));
                break;
            case Rule.TaintToleration:
                var taint = shape.Constraint.Untolerated(node)!; // the rule refused for it
                var toleration = new Toleration { Key = taint.Key, Operator = TolerationOperator.Equal, Value = taint.Value, Effect = taint.Effect };
                var text = taint.Value is null ? taint.Key : $"{taint.Key}={taint.Value}";
                yield return new Change($"tolerate taint {text}:{taint.Effect}", Toleration, With(pod with { Spec = pod.Spec with { Tolerations = [.. pod.Spec.Tolerations, toleration] } }));
                break;
            case Rule.NodeSelector:
                var (name, wanted, actual) = shape.Constraint.Mismatch(node)!.Value; // the rule refused for it
                yield return new Change($"label {node.Name} {name}={wanted}", Label, With(Labelled(node, name, wanted)));
                yield return new Change($"take {name}={wanted} out of the pod's node selector", Constraint, With(pod with { Spec = pod.Spec with { NodeSelector = pod.Spec.NodeSelector.Where(each => each.Key != name).ToDictionary() } }));
                break;
            case Rule.NodeAffinity:
                yield return new Change("take the required node affinity out of the pod", Constraint, With(pod with { Spec = pod.Spec with { Affinity = pod.Spec.Affinity! with { NodeAffinity = null } } })); // refused for it
                break;
            case Rule.InterPodAntiAffinity:
                yield return new Change("take the required pod anti-affinity out of the pod", Constraint, With(pod with { Spec = pod.Spec with { Affinity = pod.Spec.Affinity! with { PodAntiAffinity = null } } })); // refused for it
                break;
            case Rule.InterPodAffinity:
                yield return new Change("take the required pod affinity out of the pod", Constraint, With(pod with { Spec = pod.Spec with { Affinity = pod.Spec.Affinity! with { PodAffinity = null } } })); // refused for it
                break;
            case Rule.PodTopologySpread:
                var looser = pod.Spec.TopologySpreadConstraints.Select(each => each with { WhenUnsatisfiable = UnsatisfiableAction.ScheduleAnyway, MinDomains = null }).ToList();
                yield return new Change("set whenUnsatisfiable of the topology spread to ScheduleAnyway", Constraint, With(pod with { Spec = pod.Spec with { TopologySpreadConstraints = looser } }));
                break;
            case Rule.NodePorts or Rule.NodeResourcesFit or Rule.DeviceShare:
                foreach (var change in Room(fleet, shape, pod, at)) yield return change;
                break;
            case Rule.None or Rule.NodeReady or Rule.VolumeBinding or Rule.ExistingAntiAffinity:
                break; // nothing that one change of the cluster's objects mends
        }

        if (rule is Rule.NodePorts or Rule.NodeResourcesFit or Rule.DeviceShare or Rule.InterPodAntiAffinity or Rule.ExistingAntiAffinity)
            foreach (var change in Evictions(state, fleet, shape, at)) yield return change;
    }

    static IEnumerable<Change> Room(Fleet fleet, Shape shape, Pod pod, int at)
    {
        var column = Filter.ShortOf(fleet, shape.Ask, at);
        if (column < 0 || column == Amounts.Pods || column == Amounts.Gpu) yield break;
        var index = (at * fleet.Stride) + column;
        var (asked, free) = (shape.Ask.Values[column], fleet.Free[index]);
        var resource = fleet.Amounts.Name(column);
        if (free > 0 && pod.Spec.Containers.Count == 1 && pod.Spec.InitContainers.Count == 0)
            yield return new Change($"lower the {resource} request to {Amounts.Text(column, free)}", Request + ((double)(asked - free) / asked), With(Asking(pod, resource, column, free)));
        var node = fleet.Nodes[at];
        var missing = asked - free;
        var more = node.Status.Allocatable.GetValueOrDefault(resource) + (column == Amounts.Cpu ? Quantity.FromMillicores(missing) : Quantity.FromBytes(missing));
        yield return new Change($"free {Amounts.Text(column, missing)} {resource} on {node.Name}", Request + 1 + ((double)missing / Math.Max(1, fleet.Allocatable[index])),
            With(node with { Status = node.Status with { Allocatable = new Dictionary<string, Quantity>(node.Status.Allocatable) { [resource] = more } } }));
    }

    static IEnumerable<Change> Evictions(ClusterState state, Fleet fleet, Shape shape, int at)
    {
        foreach (var occupant in fleet.PodsOn(at).OrderBy(each => each.Shape.Priority).ThenBy(each => each.Pod.Key))
        {
            var victim = occupant.Pod;
            var priority = occupant.Shape.Priority == shape.Priority ? "" : $" (priority {occupant.Shape.Priority})";
            // The lower its priority and the smaller it is, the less is lost.
            var size = Eviction + (Math.Clamp(occupant.Shape.Priority, -1_000_000_000, 1_000_000_000) / 1e9) + ((double)occupant.Shape.Ask.Values[Amounts.Cpu] / 1e12);
            if (state.Find(victim.Key) is not null) yield return new Change($"evict {victim.Key} from {fleet.Nodes[at].Name}{priority}", size, current => current.Without(victim.Key));
        }
    }

    static Func<ClusterState, ClusterState> With(Resource resource) => state => state.With(resource);

    static Node Labelled(Node node, string name, string value) =>
        node with { Metadata = node.Metadata with { Labels = new Dictionary<string, string>(node.Metadata.Labels) { [name] = value } } };

    static Pod Asking(Pod pod, string resource, int column, long amount)
    {
        var container = pod.Spec.Containers[0];
        var quantity = column == Amounts.Cpu ? Quantity.FromMillicores(amount) : Quantity.FromBytes(amount);
        var resources = container.Resources with { Requests = new Dictionary<string, Quantity>(container.Resources.Requests) { [resource] = quantity } };
        return pod with { Spec = pod.Spec with { Containers = [container with { Resources = resources }] } };
    }
}
