using Orchestrator.Model;
using Orchestrator.Model.Nodes;
using Orchestrator.Model.Pods;
using Orchestrator.Model.Scheduling;
using Orchestrator.Model.State;
using Orchestrator.Model.Workloads;

namespace Orchestrator.Reconcile.DaemonSets;

/// <summary>Keeps one pod of a DaemonSet on each node that its template allows. Which node is in the pod's affinity; the scheduler binds it there. Source: Kubernetes, pkg/controller/daemon.</summary>
public static class DaemonSetReconciler
{
    public static Plan Reconcile(ClusterState state, DaemonSet set, DateTimeOffset now, Ids ids)
    {
        var pods = state.In<Pod>(Pod.KindName, set.Namespace).Where(pod => pod.IsControlledBy(set)).ToList();
        var inUse = pods.Select(TemplateRevisions.NameOn).OfType<string>().ToHashSet(StringComparer.Ordinal);
        var revisions = TemplateRevisions.Of(state, set, set.Spec.Template, set.Spec.RevisionHistoryLimit, inUse, ids);
        var byNode = pods.ToLookup(pod => NodeOf(pod) ?? "", StringComparer.Ordinal);
        var nodes = state.All<Node>(Node.KindName).Where(node => Fits(set, node)).ToList();
        var limits = Limits.Of(state, set.Namespace);
        var refusal = NewPods.Refusal(set.Spec.Template, limits);
        List<Operation> operations = [.. revisions.Operations];
        var because = new List<string>();

        foreach (var pod in pods.Where(pod => !pod.IsBeingDeleted()))
        {
            if (pod.IsTerminal()) Remove(pod, $"has ended: {pod.Status.Reason ?? pod.Status.Phase.ToString()}");
            else if (nodes.All(node => node.Name != NodeOf(pod))) Remove(pod, "is on a node that it is not meant for");
        }

        var rollout = new DaemonRollout(set, revisions.Update.Name, nodes, byNode, now);
        foreach (var pod in rollout.Old()) Remove(pod, "makes room for the present revision");
        foreach (var node in rollout.Bare())
        {
            if (refusal is null) operations.Add(new Create(New(node)));
            because.Add(refusal ?? $"creates a pod for {node.Name}");
        }

        var status = Observed(set, pods, nodes, byNode, revisions, now);
        if (!ModelJson.Same(status, set.Status)) operations.Add(new UpdateStatus(set with { Status = status }));
        var next = pods.NextAvailable(set.Spec.MinReadySeconds, now);
        return operations.Count == 0 && next is null ? Plan.Nothing : new Plan(operations, string.Join("; ", because), next);

        void Remove(Pod pod, string why)
        {
            operations.Add(new Delete(pod.Key, pod.Metadata.Uid));
            because.Add($"{pod.Name} {why}");
        }

        Pod New(Node node)
        {
            var template = revisions.Update.Data.Spec.Template.With((ControllerRevision.Label, revisions.Update.Name));
            return NewPods.Of(template with { Spec = DaemonPods.For(template.Spec, node.Name) }, set, $"{set.Name}-{ids.Ending()}", limits, ids);
        }
    }

    static bool Fits(DaemonSet set, Node node)
    {
        var spec = DaemonPods.For(set.Spec.Template.Spec, node.Name);
        return spec.NodeSelector.All(pair => node.Metadata.Labels.GetValueOrDefault(pair.Key) == pair.Value)
            && set.Spec.Template.Spec.Affinity?.NodeAffinity?.RequiredDuringSchedulingIgnoredDuringExecution is var required
            && (required is null || required.NodeSelectorTerms.Any(term => term.Matches(node.Name, node.Metadata.Labels)))
            && node.Taints().All(taint => taint.Effect == TaintEffect.PreferNoSchedule || spec.Tolerations.Any(toleration => toleration.Tolerates(taint)));
    }

    static string? NodeOf(Pod pod) => pod.Spec.NodeName ?? DaemonPods.NodeOf(pod.Spec);

    static DaemonSetStatus Observed(DaemonSet set, List<Pod> pods, List<Node> nodes, ILookup<string, Pod> byNode, TemplateRevisions revisions, DateTimeOffset now)
    {
        var living = nodes.Select(node => byNode[node.Name].Where(pod => !pod.IsTerminal() && !pod.IsBeingDeleted()).ToList()).ToList();
        var available = living.Count(on => on.Exists(pod => pod.IsAvailable(set.Spec.MinReadySeconds, now)));
        return new DaemonSetStatus
        {
            DesiredNumberScheduled = nodes.Count,
            CurrentNumberScheduled = living.Count(on => on.Count > 0),
            NumberMisscheduled = pods.Where(pod => !pod.IsTerminal() && nodes.TrueForAll(node => node.Name != NodeOf(pod))).Select(NodeOf).Distinct().Count(),
            NumberReady = living.Count(on => on.Exists(pod => pod.IsReady())),
            NumberAvailable = available,
            NumberUnavailable = nodes.Count - available,
            UpdatedNumberScheduled = living.Count(on => on.Exists(pod => TemplateRevisions.NameOn(pod) == revisions.Update.Name)),
            ObservedGeneration = set.Metadata.Generation,
            Conditions = set.Status.Conditions,
        };
    }
}
