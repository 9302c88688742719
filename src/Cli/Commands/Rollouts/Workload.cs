using System.Globalization;
using Orchestrator.Cli.Connection;
using Orchestrator.Contracts;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Pods;
using Orchestrator.Model.Workloads;

namespace Orchestrator.Cli.Commands.Rollouts;

/// <param name="Cause">What its maker said of it, or null.</param>
sealed record Revision(long Number, string? Cause, PodTemplate Template);

/// <summary>Anything that makes pods of a template and keeps its revisions.</summary>
sealed record Workload(Resource Resource)
{
    /// <summary>Labels and notes that are put onto a template when a revision is made of it.</summary>
    const string HashLabel = "pod-template-hash";

    public PodTemplate Template => Resource switch
    {
        Deployment deployment => deployment.Spec.Template,
        StatefulSet set => set.Spec.Template,
        DaemonSet set => set.Spec.Template,
        _ => throw Refused(Resource.Kind),
    };

    /// <exception cref="CliException">An object of another kind, or none, is named.</exception>
    public static IReadOnlyList<Target> Targets(IReadOnlyList<string> words)
    {
        var targets = Target.Read(words is [var only] && !only.Contains('/') && Model.Kinds.Named(only) is null ? [$"deployment/{only}"] : words);
        foreach (var target in targets)
        {
            if (target.Kind.Name is not (Deployment.KindName or StatefulSet.KindName or DaemonSet.KindName)) throw Refused(target.Kind.Name);
            if (target.Name is null) throw new CliException($"name the {target.Kind.Singular}, such as {target.Kind.Singular}/web");
        }

        return targets;
    }

    /// <summary>The workload and its revisions, oldest first.</summary>
    public static async Task<(Workload Present, IReadOnlyList<Revision> Revisions)> ReadAsync(ClusterConnection cluster, Target target, string @namespace, CancellationToken token)
    {
        var get = new GetRequest { Kind = target.Kind.Name, Namespace = @namespace, Name = target.Name! }; // targets have names
        var present = (await cluster.AskAsync(client => client.GetAsync(get, cancellationToken: token).ResponseAsync)).ToResource();
        var kept = Model.Kinds.Find(present is Deployment ? ReplicaSet.KindName : ControllerRevision.KindName)!; // they are in the list
        var revisions = (await new Query(@namespace, "").FindAsync(cluster, new Target(kept, null), token))
            .Where(each => each.Metadata.Controller()?.Uid == present.Metadata.Uid)
            .Select(Of)
            .OrderBy(each => each.Number);
        return (new Workload(present), [.. revisions]);

        static Revision Of(Resource kept)
        {
            var cause = kept.Metadata.Annotations.GetValueOrDefault(RolloutAnnotations.ChangeCause);
            return kept switch
            {
                ReplicaSet set => new Revision(RolloutAnnotations.RevisionOf(set), cause, WithoutHash(set.Spec.Template)),
                ControllerRevision revision => new Revision(revision.Revision, cause, WithoutHash(revision.Data.Spec.Template)),
                _ => throw new System.Diagnostics.UnreachableException($"{kept.Kind} is no revision"),
            };
        }
    }

    public Workload Restarted(DateTimeOffset now)
    {
        if (Resource is Deployment { Spec.Paused: true }) throw new CliException($"deployment/{Resource.Name} is paused; `orch rollout resume` it first");
        var stamp = now.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        var annotations = new Dictionary<string, string>(Template.Metadata.Annotations) { [RolloutAnnotations.RestartedAt] = stamp };
        return With(Template with { Metadata = Template.Metadata with { Annotations = annotations } });
    }

    public Workload Back(Revision revision) => Resource is Deployment { Spec.Paused: true }
        ? throw new CliException($"deployment/{Resource.Name} is paused; `orch rollout resume` it first")
        : With(revision.Template);

    public Workload Paused(bool paused)
    {
        if (Resource is not Deployment deployment) throw new CliException($"a {Resource.Kind.ToLowerInvariant()} can't be paused; only deployments can");
        if (deployment.Spec.Paused == paused) throw new CliException($"deployment/{Resource.Name} is {(paused ? "paused already" : "not paused")}");
        return new Workload(deployment with { Spec = deployment.Spec with { Paused = paused } });
    }

    Workload With(PodTemplate template) => new(Resource switch
    {
        Deployment deployment => deployment with { Spec = deployment.Spec with { Template = template } },
        StatefulSet set => set with { Spec = set.Spec with { Template = template } },
        DaemonSet set => set with { Spec = set.Spec with { Template = template } },
        _ => throw Refused(Resource.Kind),
    });

    static PodTemplate WithoutHash(PodTemplate template) =>
        template with
        {
            Metadata = template.Metadata with
            {
                Labels = template.Metadata.Labels.Where(each => each.Key != HashLabel).ToDictionary(),
                Annotations = template.Metadata.Annotations.Where(each => each.Key != RolloutAnnotations.Content).ToDictionary(),
            },
        };

    static CliException Refused(string kind) => new($"a {kind.ToLowerInvariant()} has no rollouts; deployments, statefulsets and daemonsets have");
}
