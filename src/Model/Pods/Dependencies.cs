using Orchestrator.Model.Meta;
using Orchestrator.Model.Services;
using Orchestrator.Model.State;
using Orchestrator.Model.Workloads;

namespace Orchestrator.Model.Pods;

/// <summary>
/// What a pod waits for before it first gets a node: an annotation of the pod or of its template names objects of the same namespace, as
/// <c>deployment/db, job/migrate</c>. It orders starts only: what becomes of those objects later is no matter to a pod that has started.
/// </summary>
public static class Dependencies
{
    public const string Annotation = "orchestrator/depends-on";

    /// <summary>The scheduling gate of a pod that waits.</summary>
    public const string Gate = Annotation;

    static readonly string[] Known = [Deployment.KindName, StatefulSet.KindName, DaemonSet.KindName, ReplicaSet.KindName, Job.KindName, Service.KindName, Pod.KindName];

    /// <summary>Reads the annotation.</summary>
    /// <param name="problem">Gets what is wrong with it.</param>
    public static IReadOnlyList<(string Kind, string Name)> Read(IReadOnlyDictionary<string, string> annotations, Action<string> problem)
    {
        if (!annotations.TryGetValue(Annotation, out var text)) return [];
        var read = new List<(string, string)>();
        foreach (var word in text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (word.Split('/') is [var kind, { Length: > 0 } name] && Kinds.Named(kind) is { } known && Known.Contains(known.Name)) read.Add((known.Name, name));
            else problem($"\"{word}\" must be kind/name, such as deployment/db; the kinds are {string.Join(", ", Known.Select(each => each.ToLowerInvariant()))}");
        }

        return read;
    }

    /// <summary>A pod that is about to be created, held back if it depends on anything.</summary>
    public static Pod Gated(Pod pod) => Read(pod.Metadata.Annotations, static _ => { }).Count == 0 || pod.Spec.SchedulingGates.Any(gate => gate.Name == Gate)
        ? pod
        : pod with { Spec = pod.Spec with { SchedulingGates = [.. pod.Spec.SchedulingGates, new PodSchedulingGate(Gate)] } };

    /// <summary>What it still waits for, in words.</summary>
    public static IReadOnlyList<string> Unmet(ClusterState state, Pod pod) =>
        [.. Read(pod.Metadata.Annotations, static _ => { }).Select(each => Lack(state, new ResourceKey(each.Kind, pod.Namespace, each.Name))).OfType<string>()];

    static string? Lack(ClusterState state, ResourceKey key)
    {
        var name = $"{key.Kind.ToLowerInvariant()}/{key.Name}";
        return state.Find(key) switch
        {
            null => $"{name} is not there",
            Deployment deployment => Ready(deployment.Status.AvailableReplicas, deployment.Spec.Replicas ?? 1, IsSeen(deployment, deployment.Status.ObservedGeneration)),
            StatefulSet set => Ready(set.Status.ReadyReplicas, set.Spec.Replicas ?? 1, IsSeen(set, set.Status.ObservedGeneration)),
            ReplicaSet set => Ready(set.Status.ReadyReplicas, set.Spec.Replicas ?? 1, true),
            DaemonSet set => Ready(set.Status.NumberReady, set.Status.DesiredNumberScheduled, IsSeen(set, set.Status.ObservedGeneration)),
            Job job => job.Status.Conditions.IsTrue(JobConditions.Complete) ? null : $"{name} has not completed",
            Service => state.In<EndpointSlice>(EndpointSlice.KindName, key.Namespace).Any(slice => slice.Service == key.Name && slice.Endpoints.Any(endpoint => endpoint.Conditions.Ready != false)) ? null : $"{name} has no ready endpoint",
            Pod other => other.IsReady() || other.Status.Phase == PodPhase.Succeeded ? null : $"{name} is not ready",
            var other => throw new System.Diagnostics.UnreachableException($"{other.Kind} is none of the kinds that can be depended on"),
        };

        string? Ready(int ready, int wanted, bool seen) => seen && ready >= wanted ? null : $"{name} has {ready} of {wanted} pods ready";
    }

    static bool IsSeen(Resource resource, long? observed) => observed >= resource.Metadata.Generation;
}
