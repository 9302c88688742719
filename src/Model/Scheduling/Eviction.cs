using System.Globalization;
using Orchestrator.Model.Pods;
using Orchestrator.Model.State;

namespace Orchestrator.Model.Scheduling;

/// <summary>
/// A pod that is asked to leave its node. It goes when a replacement has its place and every disruption budget allows it; until then it serves. Draining, rebalancing and whatever else
/// moves pods on purpose all ask in this way.
/// </summary>
public static class Eviction
{
    /// <summary>On a pod: since when it is asked to leave.</summary>
    public const string Annotation = "eviction.orchestrator/asked";

    public static bool IsAsked(Pod pod) => pod.Metadata.Annotations.ContainsKey(Annotation);

    public static Pod Ask(Pod pod, DateTimeOffset now) => IsAsked(pod) ? pod : pod with
    {
        Metadata = pod.Metadata with
        {
            Annotations = new Dictionary<string, string>(pod.Metadata.Annotations) { [Annotation] = now.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture) },
        },
    };

    /// <summary>The pod that may run again.</summary>
    public static Pod Withdraw(Pod pod) => pod with { Metadata = pod.Metadata with { Annotations = pod.Metadata.Annotations.Where(each => each.Key != Annotation).ToDictionary() } };

    public static IEnumerable<Pod> Asked(ClusterState state) =>
        state.All<Pod>(Pod.KindName).Where(pod => IsAsked(pod) && !pod.IsBeingDeleted() && !pod.IsTerminal());
}
