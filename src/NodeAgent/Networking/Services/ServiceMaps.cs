using System.Net;
using Microsoft.Extensions.Logging;
using Orchestrator.Model.Pods;
using Orchestrator.NodeAgent.Networking.Netlink;
using Orchestrator.Reconcile.Services;

namespace Orchestrator.NodeAgent.Networking.Services;

/// <summary>
/// Keeps the node's maps of services as the objects say. A change is one transaction of what differs; after one that was refused, and at the start, the
/// whole table is made anew. One caller at a time.
/// </summary>
sealed partial class ServiceMaps(NetworkNamespace home, string node, ILogger log)
{
    readonly HashSet<string> _chains = new(StringComparer.Ordinal);
    readonly Dictionary<ServiceName, Dictionary<Frontend, TargetPool>> _programmed = [];
    bool _stands;

    /// <summary>Makes the maps what the objects say of these services.</summary>
    /// <exception cref="IOException">The kernel refuses it; the maps are as before, and are made anew with the next call.</exception>
    public async Task SetAsync(NetworkObjects objects, IReadOnlyCollection<ServiceName> touched, CancellationToken cancel)
    {
        if (!_stands) _programmed.Clear();
        var names = _stands ? touched : [.. objects.All.Keys];
        Dictionary<ServiceName, Dictionary<Frontend, TargetPool>> next = [];
        List<PoolChange> changes = [];
        foreach (var name in names)
        {
            var before = _programmed.GetValueOrDefault(name) ?? [];
            var after = Pools(objects.Of(name), before);
            next[name] = after;
            changes.AddRange(before.Keys.Union(after.Keys).Select(frontend => new PoolChange(frontend, before.GetValueOrDefault(frontend), after.GetValueOrDefault(frontend))));
        }

        var rules = _stands ? ServiceRules.Change(changes, _chains) : ServiceRules.Whole(changes, _chains);
        if (rules.Length > 0)
        {
            var stood = _stands;
            _stands = false; // until it is known that the kernel has taken it
            await Nft.RunAsync(home, rules, cancel);
            if (stood) await ForgetAsync(changes, cancel);
            _stands = true;
        }

        foreach (var (name, pools) in next)
        {
            if (pools.Count > 0) _programmed[name] = pools;
            else _programmed.Remove(name);
        }
    }

    Dictionary<Frontend, TargetPool> Pools(KnownService known, Dictionary<Frontend, TargetPool> before)
    {
        Dictionary<Frontend, TargetPool> pools = [];
        if (known.Service is not { } service) return pools;
        foreach (var (frontend, pool) in NodeServices.Of(service, known.Slices.OrderBy(each => each.Key, StringComparer.Ordinal).Select(each => each.Value), node))
            pools[frontend] = before.TryGetValue(frontend, out var old) ? pool with { Targets = NodeServices.Arranged(old.Targets, pool.Targets) } : pool;
        return pools;
    }

    // What clients are remembered to be led to, and flows that have no end of their own, must not outlive the pod.
    async Task ForgetAsync(List<PoolChange> changes, CancellationToken cancel)
    {
        var gone = changes.Where(change => change.Before is not null)
            .SelectMany(change => change.Before!.Targets.Except(change.After?.Targets ?? []).Select(target => (change.Frontend, change.Before, target))).ToList();
        var udp = gone.Where(each => each.Frontend.Protocol == PortProtocol.UDP).Select(each => new IPEndPoint(IPAddress.Parse(each.target.Address), each.target.Port)).ToHashSet();
        if (udp.Count > 0)
        {
            var flows = home.Run(() => Connections.ForgetUdp(udp));
            if (flows > 0) LogForgotten(log, flows);
        }

        var sticky = changes.Where(change => change is { Before.StickySeconds: > 0, After: not null }).ToList();
        if (sticky.Count > 0) await StickyClients.FollowAsync(home, sticky, cancel);
    }

    [LoggerMessage(160, LogLevel.Debug, "{Flows} UDP flows to withdrawn pods are forgotten")]
    private static partial void LogForgotten(ILogger log, int flows);
}
