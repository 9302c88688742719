using System.Globalization;
using Microsoft.AspNetCore.Http;
using Orchestrator.Contracts;
using Yarp.ReverseProxy.LoadBalancing;
using Yarp.ReverseProxy.Model;

namespace Orchestrator.Ingress;

/// <summary>
/// Gives each of several services its weight of the requests, the pods of a canary their share of their service's, and the others the rest; among either the less busy of two by chance has it.
/// </summary>
sealed class Shares(Func<int, int>? random = null) : ILoadBalancingPolicy
{
    public const string PolicyName = "Shares";

    /// <summary>Services behind one backend; admission lets no more in.</summary>
    const int MaxGroups = 16;

    const string PercentKey = "canary", GroupKey = "group", WeightKey = "weight";

    readonly Func<int, int> _random = random ?? Random.Shared.Next;

    public string Name => PolicyName;

    /// <summary>What a destination's metadata say of its part; null where all pods are alike.</summary>
    public static Dictionary<string, string>? MetadataOf(Destination destination)
    {
        if (destination is { CanaryPercent: 0, Weight: 0 }) return null;
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        if (destination.CanaryPercent > 0) metadata[PercentKey] = destination.CanaryPercent.ToString(CultureInfo.InvariantCulture);
        if (destination.Weight == 0) return metadata;
        metadata[GroupKey] = destination.Group.ToString(CultureInfo.InvariantCulture);
        metadata[WeightKey] = destination.Weight.ToString(CultureInfo.InvariantCulture);
        return metadata;
    }

    public DestinationState? PickDestination(HttpContext context, ClusterState cluster, IReadOnlyList<DestinationState> availableDestinations)
    {
        var group = GroupFor(availableDestinations);
        var (all, canaries, percent) = (0, 0, 0);
        foreach (var each in availableDestinations)
        {
            if (!IsOf(each, group)) continue;
            all++;
            if (NumberOf(each, PercentKey) is not { } share) continue;
            canaries++;
            percent = share;
        }

        if (all == 0) return null;
        // Where there is only one kind, it serves all.
        var canary = canaries == all || (canaries > 0 && _random(100) < percent);
        var count = canary ? canaries : all - canaries;
        var one = Nth(availableDestinations, group, canary, _random(count));
        if (count == 1) return one;
        var other = Nth(availableDestinations, group, canary, _random(count));
        return one.ConcurrentRequestCount <= other.ConcurrentRequestCount ? one : other;
    }

    /// <summary>The service that has its turn; null where there is one only. One without a pod that is there gives its part to the others.</summary>
    int? GroupFor(IReadOnlyList<DestinationState> destinations)
    {
        Span<int> weights = stackalloc int[MaxGroups];
        weights.Clear();
        foreach (var each in destinations)
        {
            if (NumberOf(each, GroupKey) is { } number and >= 0 and < MaxGroups) weights[number] = NumberOf(each, WeightKey) ?? 0;
        }

        var sum = 0;
        foreach (var weight in weights) sum += weight;
        if (sum == 0) return null;
        var drawn = _random(sum);
        var group = 0;
        while (drawn >= weights[group]) drawn -= weights[group++];
        return group;
    }

    static DestinationState Nth(IReadOnlyList<DestinationState> destinations, int? group, bool canary, int number)
    {
        foreach (var each in destinations)
        {
            if (IsOf(each, group) && NumberOf(each, PercentKey) is not null == canary && number-- == 0) return each;
        }

        throw new System.Diagnostics.UnreachableException("there are as many as were counted");
    }

    static bool IsOf(DestinationState destination, int? group) => group is null || NumberOf(destination, GroupKey) == group;

    static int? NumberOf(DestinationState destination, string key) =>
        destination.Model.Config.Metadata?.TryGetValue(key, out var text) == true && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
