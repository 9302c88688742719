using System.Globalization;
using Microsoft.AspNetCore.Http;
using Yarp.ReverseProxy.LoadBalancing;
using Yarp.ReverseProxy.Model;

namespace Orchestrator.Ingress;

/// <summary>Gives the pods of a canary their share of the requests, and the others the rest; among either the less busy of two by chance has it.</summary>
sealed class CanaryShare(Func<int, int>? random = null) : ILoadBalancingPolicy
{
    public const string PolicyName = "CanaryShare";

    const string PercentKey = "canary";

    readonly Func<int, int> _random = random ?? Random.Shared.Next;

    public string Name => PolicyName;

    public static Dictionary<string, string> MetadataOf(int percent) => new(StringComparer.Ordinal) { [PercentKey] = percent.ToString(CultureInfo.InvariantCulture) };

    public DestinationState? PickDestination(HttpContext context, ClusterState cluster, IReadOnlyList<DestinationState> availableDestinations)
    {
        var (canaries, percent) = (0, 0);
        foreach (var each in availableDestinations)
        {
            if (PercentOf(each) is not { } share) continue;
            canaries++;
            percent = share;
        }

        var all = availableDestinations.Count;
        if (all == 0) return null;
        // Where there is only one kind, it serves all.
        var canary = canaries == all || (canaries > 0 && _random(100) < percent);
        var count = canary ? canaries : all - canaries;
        var one = Nth(availableDestinations, canary, _random(count));
        if (count == 1) return one;
        var other = Nth(availableDestinations, canary, _random(count));
        return one.ConcurrentRequestCount <= other.ConcurrentRequestCount ? one : other;
    }

    static DestinationState Nth(IReadOnlyList<DestinationState> destinations, bool canary, int number)
    {
        foreach (var each in destinations)
        {
            if (PercentOf(each) is not null == canary && number-- == 0) return each;
        }

        throw new System.Diagnostics.UnreachableException("there are as many as were counted");
    }

    static int? PercentOf(DestinationState destination) =>
        destination.Model.Config.Metadata?.TryGetValue(PercentKey, out var text) == true && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var percent) ? percent : null;
}
