using System.Collections.Concurrent;

namespace Orchestrator.Ingress;

/// <summary>How many requests came in through each Ingress since they were last taken, and how many are under way.</summary>
sealed class RequestCounts
{
    readonly ConcurrentDictionary<string, Count> _counts = new(StringComparer.Ordinal);

    public Count Of(string ingress) => _counts.GetOrAdd(ingress, static _ => new Count());

    /// <summary>Requests since the last time. One that was under way all the time counts once, so that a long one is never taken for no use at all.</summary>
    public IReadOnlyDictionary<string, long> Take()
    {
        var taken = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var (ingress, count) in _counts)
        {
            var number = count.Take();
            if (number > 0) taken[ingress] = number;
        }

        return taken;
    }

    public sealed class Count
    {
        long _begun;
        long _underWay;

        /// <summary>How many are under way now, with this one.</summary>
        public long Begin()
        {
            Interlocked.Increment(ref _begun);
            return Interlocked.Increment(ref _underWay);
        }

        public void End() => Interlocked.Decrement(ref _underWay);

        public long Take()
        {
            var underWay = Interlocked.Read(ref _underWay);
            return Math.Max(Interlocked.Exchange(ref _begun, 0), underWay);
        }
    }
}
