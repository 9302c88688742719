using System.Globalization;
using Orchestrator.Model.Workloads;

namespace Orchestrator.Reconcile.Deployments;

/// <summary>Where the canary of a deployment's newest revision stands.</summary>
/// <param name="Step">From 1.</param>
/// <param name="Replicas">The pods that the new revision has in this step; the old one has all of its own beside them.</param>
/// <param name="Since">When all of them were available; null before.</param>
/// <param name="Next">When the next step begins by itself; null for one that holds, or has not begun.</param>
sealed record Trial(int Step, int Steps, int Percent, int Replicas, DateTimeOffset? Since, DateTimeOffset? Next, ReplicaSet Stable)
{
    /// <summary>Whether all its pods are available now. While they are not, the rollout has its deadline, and no step is over.</summary>
    public bool Serves { get; private init; }

    const string Time = "yyyy-MM-dd'T'HH:mm:ss'Z'";

    /// <returns>Null when the deployment asks for none, has nothing to fall back on, or the newest has taken all steps.</returns>
    public static Trial? Of(Deployment deployment, Revisions revisions, DateTimeOffset now)
    {
        var steps = Canary.StepsOf(deployment);
        if (steps.Count == 0 || deployment.Spec.Paused || deployment.Spec.Strategy.Type == DeploymentStrategyType.Recreate || revisions.IsRolledBack) return null;
        var stable = revisions.Others.Where(set => set.Spec.Replicas > 0 && set.Metadata.Annotations.ContainsKey(RolloutAnnotations.Completed)).MaxBy(RolloutAnnotations.RevisionOf);
        var newest = revisions.Newest;
        // What was in use once is no trial: who goes back wants it at once.
        if (stable is null || newest?.Metadata.Annotations.ContainsKey(RolloutAnnotations.Completed) == true || newest?.Metadata.Annotations.GetValueOrDefault(Canary.Step) == Canary.Done) return null;
        if (newest is null || Canary.StepOf(newest) is not { } at) return At(1, null);
        if (at > steps.Count) return null; // there are fewer than before
        var since = DateTimeOffset.TryParseExact(newest.Metadata.Annotations.GetValueOrDefault(Canary.Since), Time, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var known) ? known : (DateTimeOffset?)null;
        var present = At(at, since);
        var serves = newest.Status.AvailableReplicas >= present.Replicas && newest.Spec.Replicas >= present.Replicas;
        present = At(at, since ?? (serves ? now : null)) with { Serves = serves };
        if (!serves || (Canary.PromotedBeyond(deployment, newest.Name) < at && !(present.Next <= now))) return present;
        return at < steps.Count ? At(at + 1, null) : null;

        Trial At(int step, DateTimeOffset? begun)
        {
            var (percent, length) = (steps[step - 1].Percent, steps[step - 1].Length);
            var replicas = Math.Max(1, (int)Math.Ceiling((deployment.Spec.Replicas ?? 1) * percent / 100.0));
            return new Trial(step, steps.Count, percent, replicas, begun, begun + length, stable);
        }
    }

    /// <summary>The old revision keeps all that there should be, and whatever else is left of others goes when it has it.</summary>
    public Rollout Rollout(Deployment deployment, IReadOnlyList<ReplicaSet> old)
    {
        var wanted = deployment.Spec.Replicas ?? 1;
        var others = Stable.Status.AvailableReplicas >= wanted;
        return new Rollout(Replicas, old.ToDictionary(set => set.Name, set => set == Stable ? wanted : others ? 0 : set.Spec.Replicas ?? 1));
    }

    /// <summary>What its condition says.</summary>
    public string Message(string set) =>
        $"step {Step} of {Steps}: {set} gets {Percent} % of the requests until {(Next is { } next ? $"{next:HH:mm:ss} UTC" : "it is promoted")}";

    /// <summary>Puts where a set stands onto it, and takes off what is over.</summary>
    public static void Note(Dictionary<string, string> notes, Trial? trial)
    {
        if (trial is null)
        {
            if (notes.ContainsKey(Canary.Step)) notes[Canary.Step] = Canary.Done;
            notes.Remove(Canary.Percent);
            notes.Remove(Canary.Since);
            return;
        }

        notes[Canary.Step] = trial.Step.ToString(CultureInfo.InvariantCulture);
        // The share grows when the pods for it are there.
        if (trial.Since is not null || !notes.ContainsKey(Canary.Percent)) notes[Canary.Percent] = trial.Percent.ToString(CultureInfo.InvariantCulture);
        if (trial.Since is { } since) notes[Canary.Since] = since.ToString(Time, CultureInfo.InvariantCulture);
        else notes.Remove(Canary.Since);
    }

    /// <summary>Takes all of it off a set that is not the newest any more: should it become that again, it begins anew.</summary>
    public static void Forget(Dictionary<string, string> notes)
    {
        notes.Remove(Canary.Step);
        notes.Remove(Canary.Percent);
        notes.Remove(Canary.Since);
    }
}
