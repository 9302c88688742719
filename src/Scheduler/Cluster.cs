using Orchestrator.Model.Meta;
using Orchestrator.Model.Nodes;
using Orchestrator.Model.Pods;
using Orchestrator.Model.Scheduling;
using Orchestrator.Model.State;
using Orchestrator.Model.Storage;
using Orchestrator.Scheduler.Policies;
using Orchestrator.Scheduler.Sharing;
using Orchestrator.Scheduler.Topology;

namespace Orchestrator.Scheduler;

/// <summary>What placements rest on: the nodes with their pods, and the rules of the cluster about priorities, budgets, groups and quotas.</summary>
sealed record Cluster(Fleet Fleet, Quotas Quotas, FairShare Shares, Budgets Budgets, IReadOnlyDictionary<(string Namespace, string Name), int> Groups)
{
    /// <summary>A namespace's annotation with its weight when resources are short: a number above 0; 1 when it has none.</summary>
    public const string WeightAnnotation = "scheduling.orchestrator/weight";

    /// <summary>A namespace's annotation that names the profile of its pods.</summary>
    public const string ProfileAnnotation = "scheduling.orchestrator/profile";

    public static Cluster Of(ClusterState state, int seed)
    {
        var settings = SettingsOf(state, seed);
        var fleet = new Fleet([.. state.All<Node>(Node.KindName)], settings);
        var pods = state.All<Pod>(Pod.KindName).Where(pod => !pod.IsTerminal()).ToList();
        fleet.Learn(pods);
        foreach (var pod in pods.Where(pod => pod.Spec.NodeName is not null).OrderByDescending(pod => pod.Metadata.Annotations.ContainsKey(Pod.DevicesAnnotation)).ThenByDescending(Devices.Size).ThenBy(pod => pod.Metadata.CreationTimestamp).ThenBy(pod => pod.Key))
        {
            if (fleet.Find(pod.Spec.NodeName!) is not { } node) continue; // only bound pods are left
            var shape = fleet.ShapeOf(pod);
            fleet.Take(pod, shape, node);
            fleet.Demand.Remember(shape);
        }

        var namespaces = state.All<Namespace>(Namespace.KindName).ToDictionary(each => each.Name, WeightOf, StringComparer.Ordinal);
        var shares = new FairShare(fleet, name => namespaces.GetValueOrDefault(name, 1));
        foreach (var occupant in fleet.InOrder.SelectMany(fleet.PodsOn)) shares.Take(occupant.Pod, occupant.Shape);
        var groups = state.All<PodGroup>(PodGroup.KindName).ToDictionary(each => (each.Namespace, each.Name), each => each.Spec.MinMember ?? 1);
        return new Cluster(fleet, Quotas.Of(state), shares, Budgets.Of(state), groups);
    }

    /// <summary>How many pods of a group must run for any to run; null for a group that is not there.</summary>
    public int? LeastMembers(string @namespace, string name) => Groups.TryGetValue((@namespace, name), out var least) ? least : null;

    static double WeightOf(Namespace each) =>
        double.TryParse(each.Metadata.Annotations.GetValueOrDefault(WeightAnnotation), System.Globalization.CultureInfo.InvariantCulture, out var weight) && weight > 0 ? weight : 1;

    static FleetSettings SettingsOf(ClusterState state, int seed)
    {
        var namespaces = state.All<Namespace>(Namespace.KindName).ToDictionary(each => each.Name, StringComparer.Ordinal);
        var classes = state.All<PriorityClass>(PriorityClass.KindName).ToDictionary(each => each.Name, StringComparer.Ordinal);
        var usual = classes.Values.Where(each => each.GlobalDefault).Select(each => each.Value).DefaultIfEmpty(0).Max();
        return new FleetSettings
        {
            Seed = seed,
            PriorityOf = pod => pod.Spec.PriorityClassName is { } name
                ? classes.GetValueOrDefault(name)?.Value ?? BuiltIn(name) ?? pod.Spec.Priority ?? usual
                : pod.Spec.Priority ?? usual,
            ProfileOf = name => namespaces.GetValueOrDefault(name)?.Metadata.Annotations.GetValueOrDefault(ProfileAnnotation) is { } profile && Profiles.Names.Contains(profile) ? profile : Profiles.BinPack,
            Volumes = new VolumePlaces(key => state.Find(key) as PersistentVolumeClaim),
            LabelsOfNamespace = name => Namespace.LabelsOf(name, namespaces.GetValueOrDefault(name)),
        };
    }

    // Source: Kubernetes, "Guaranteed Scheduling For Critical Add-On Pods".
    static int? BuiltIn(string name) => name switch
    {
        "system-node-critical" => 2_000_001_000,
        "system-cluster-critical" => 2_000_000_000,
        _ => null,
    };
}
