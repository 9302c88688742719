using System.Collections.Concurrent;
using System.Net;

namespace Orchestrator.Ingress.Pods;

/// <summary>The kept connections to all pods. An address is never forgotten: there are no more of them than a cluster's ranges have.</summary>
sealed class PodConnections : IDisposable
{
    static readonly TimeSpan BetweenSweeps = TimeSpan.FromSeconds(5);

    readonly ConcurrentDictionary<string, PodPool?> _pools = new(StringComparer.Ordinal);
    readonly TimeProvider _time;
    readonly ITimer _sweeps;

    public PodConnections(TimeProvider time)
    {
        _time = time;
        _sweeps = time.CreateTimer(_ => Sweep(), null, BetweenSweeps, BetweenSweeps);
    }

    /// <param name="destination">http://ADDRESS:PORT/</param>
    /// <returns>null for a destination that is no address.</returns>
    public PodPool? Of(string destination) => _pools.TryGetValue(destination, out var pool) ? pool : _pools.GetOrAdd(destination, Make);

    public void Dispose()
    {
        _sweeps.Dispose();
        foreach (var pool in _pools.Values) pool?.Clear();
    }

    PodPool? Make(string destination)
    {
        const string Before = "http://";
        return destination.StartsWith(Before, StringComparison.Ordinal) && IPEndPoint.TryParse(destination.AsSpan(Before.Length).TrimEnd('/'), out var address) && address.Port > 0
            ? new PodPool(address, _time)
            : null;
    }

    void Sweep()
    {
        foreach (var pool in _pools.Values) pool?.Sweep(RouteConfigs.IdleTimeout);
    }
}
