using Orchestrator.Cli.Connection;
using Orchestrator.Model;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Pods;
using Orchestrator.Model.Services;
using Orchestrator.Model.Workloads;

namespace Orchestrator.Cli.Commands;

/// <summary>The one pod that is meant by its own name, by what makes it (<c>deployment/web</c>), or by a service in front of it.</summary>
static class PodNames
{
    /// <exception cref="CliException">It names nothing that has pods, or there are none.</exception>
    public static async Task<string> FindAsync(ClusterConnection cluster, string text, string @namespace, CancellationToken token) =>
        await OwnerAsync(cluster, text, @namespace, token) is { } owner ? (await ChosenAsync(cluster, owner, text, token)).Name : text[(text.IndexOf('/') + 1)..];

    /// <summary>What has the pods, when it is not a pod that is named.</summary>
    public static async Task<Resource?> OwnerAsync(ClusterConnection cluster, string text, string @namespace, CancellationToken token)
    {
        if (!text.Contains('/')) return null;
        var target = Target.Read([text])[0];
        return target.Kind.Name == Pod.KindName ? null : (await new Query(@namespace, "").FindAsync(cluster, target, token))[0];
    }

    /// <summary>One of its pods, a ready one if there is.</summary>
    public static async Task<Pod> ChosenAsync(ClusterConnection cluster, Resource owner, string text, CancellationToken token)
    {
        Func<Pod, bool> isIts = owner switch
        {
            Deployment deployment => pod => deployment.Spec.Selector.Matches(pod.Metadata.Labels),
            ReplicaSet or StatefulSet or DaemonSet or Job => pod => pod.Metadata.Controller()?.Uid == owner.Metadata.Uid,
            Service { Spec.Selector: { Count: > 0 } selector } => pod => selector.All(label => pod.Metadata.Labels.GetValueOrDefault(label.Key) == label.Value),
            _ => throw new CliException($"a {owner.Kind.ToLowerInvariant()} has no pods of its own; name a pod, or what makes pods, such as a deployment or a job"),
        };
        var pods = (await new Query(owner.Namespace, "").FindAsync(cluster, new Target(Kinds.Find(Pod.KindName)!, null), token)) // it is in the list
            .Cast<Pod>().Where(pod => isIts(pod) && !pod.IsBeingDeleted()).ToList();
        if (pods.Count == 0) throw new CliException($"{text} has no pods");
        var chosen = pods.FirstOrDefault(pod => pod.IsReady()) ?? pods[0];
        if (pods.Count > 1) await Console.Error.WriteLineAsync($"Found {pods.Count} pods, using pod/{chosen.Name}");
        return chosen;
    }
}
