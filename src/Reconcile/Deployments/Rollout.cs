using Orchestrator.Model.Workloads;

namespace Orchestrator.Reconcile.Deployments;

/// <summary>How many pods each ReplicaSet of a deployment should have next.</summary>
/// <param name="Old">The wanted replicas of each old ReplicaSet, by name.</param>
sealed record Rollout(int New, IReadOnlyDictionary<string, int> Old)
{
    /// <summary>
    /// The next step from the old template to the new one that keeps at most maxSurge pods too many and at most maxUnavailable pods too few.
    /// Source: Kubernetes, "Rolling update deployment".
    /// </summary>
    public static Rollout Next(Deployment deployment, ReplicaSet? current, IReadOnlyList<ReplicaSet> old) => deployment.Spec.Paused ? Paused(deployment.Spec, current, old) : deployment.Spec.Strategy.Type switch
    {
        DeploymentStrategyType.RollingUpdate => Rolling(deployment.Spec, current, old),
        DeploymentStrategyType.Recreate => Recreated(deployment.Spec, current, old),
    };

    /// <summary>Nothing is replaced; each revision keeps its share of what there should be altogether.</summary>
    static Rollout Paused(DeploymentSpec spec, ReplicaSet? current, IReadOnlyList<ReplicaSet> old)
    {
        var sets = (current is null ? old : [current, .. old]).OrderByDescending(Wanted).ThenBy(set => set.Name, StringComparer.Ordinal).ToList();
        var (wanted, total) = (spec.Replicas ?? 1, sets.Sum(Wanted));
        var surge = sets.Count(set => Wanted(set) > 0) > 1 ? SurgeOf(spec, wanted) : 0;
        var size = Math.Clamp(total, wanted, wanted + surge);
        var shares = sets.ToDictionary(set => set.Name, set => total == 0 ? 0 : (int)((long)Wanted(set) * size / total));
        if (sets.Count > 0) shares[sets[0].Name] += size - shares.Values.Sum(); // what rounding left over; all of it when there was nothing
        return new Rollout(current is null ? 0 : shares[current.Name], old.ToDictionary(set => set.Name, set => shares[set.Name]));
    }

    static int SurgeOf(DeploymentSpec spec, int wanted) => spec.Strategy.RollingUpdate?.MaxSurge?.CountOf(wanted, roundUp: true) ?? (wanted + 3) / 4;

    static Rollout Recreated(DeploymentSpec spec, ReplicaSet? current, IReadOnlyList<ReplicaSet> old)
    {
        var gone = old.All(set => set.Status.Replicas == 0 && Wanted(set) == 0);
        return new Rollout(gone ? spec.Replicas ?? 1 : Wanted(current), old.ToDictionary(set => set.Name, _ => 0));
    }

    static Rollout Rolling(DeploymentSpec spec, ReplicaSet? current, IReadOnlyList<ReplicaSet> old)
    {
        var wanted = spec.Replicas ?? 1;
        var surge = SurgeOf(spec, wanted);
        var unavailable = spec.Strategy.RollingUpdate?.MaxUnavailable?.CountOf(wanted, roundUp: false) ?? wanted / 4;
        if (surge == 0 && unavailable == 0) unavailable = 1; // else nothing could ever move

        var total = Wanted(current) + old.Sum(Wanted);
        var present = Wanted(current);
        var living = present + old.Sum(set => Math.Max(Wanted(set), set.Status.Replicas)); // a pod makes room when it goes, not when it is asked to
        var next = present > wanted ? wanted : present + Math.Max(0, Math.Min(wanted - present, wanted + surge - living));

        // Pods of the new template that are not available yet keep as many old ones alive.
        var notYet = Math.Max(0, present - (current?.Status.AvailableReplicas ?? 0));
        var mayGo = Math.Max(0, total - (wanted - unavailable) - notYet);
        return new Rollout(next, ScaledDown(old, mayGo));
    }

    static Dictionary<string, int> ScaledDown(IReadOnlyList<ReplicaSet> old, int mayGo)
    {
        var left = old.ToDictionary(set => set.Name, Wanted);
        var oldestFirst = old.OrderBy(set => set.Metadata.CreationTimestamp).ThenBy(set => set.Name, StringComparer.Ordinal).ToList();
        foreach (var set in oldestFirst)
        {
            // Pods that serve nobody go first and cost nothing of the allowance.
            var broken = Math.Max(0, Wanted(set) - set.Status.AvailableReplicas);
            var go = Math.Min(broken, Math.Min(mayGo, left[set.Name]));
            left[set.Name] -= go;
            mayGo -= go;
        }

        foreach (var set in oldestFirst)
        {
            var go = Math.Min(mayGo, left[set.Name]);
            left[set.Name] -= go;
            mayGo -= go;
        }

        return left;
    }

    static int Wanted(ReplicaSet? set) => set is null ? 0 : set.Spec.Replicas ?? 1;
}
