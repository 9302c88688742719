using HdrHistogram;

namespace Orchestrator.Load.Running;

/// <summary>What came of a run's requests: latencies from the moment that each was to arrive, and for every second of it. Failed ones count with the time that they took.</summary>
public sealed class Recording
{
    const long LongestMicroseconds = 120_000_000;
    const int Digits = 3;

    readonly Lock _access = new();
    readonly LongHistogram _all = New();
    readonly List<Second> _seconds = [];
    readonly SortedDictionary<string, long> _statuses = new(StringComparer.Ordinal);

    public sealed class Second
    {
        internal LongHistogram Latencies { get; } = New();

        public long Ok { get; internal set; }

        public long Failed { get; internal set; }

        /// <summary>In milliseconds.</summary>
        public double Percentile(double percent) => Latencies.TotalCount == 0 ? 0 : Latencies.GetValueAtPercentile(percent) / 1000.0;
    }

    public IReadOnlyList<Second> Seconds => _seconds;

    public IReadOnlyDictionary<string, long> Statuses => _statuses;

    public long Count => _all.TotalCount;

    public long Failed => _seconds.Sum(second => second.Failed);

    /// <summary>In milliseconds.</summary>
    public double Percentile(double percent) => Count == 0 ? 0 : _all.GetValueAtPercentile(percent) / 1000.0;

    /// <summary>In milliseconds.</summary>
    public double Longest => Count == 0 ? 0 : _all.GetMaxValue() / 1000.0;

    /// <param name="arrival">When it was to arrive, from the beginning of the run.</param>
    /// <param name="latency">From then to its answer.</param>
    public void Add(TimeSpan arrival, TimeSpan latency, Outcome outcome)
    {
        var microseconds = Math.Clamp((long)latency.TotalMicroseconds, 1, LongestMicroseconds);
        lock (_access)
        {
            _all.RecordValue(microseconds);
            while (_seconds.Count <= (int)arrival.TotalSeconds) _seconds.Add(new Second());
            var second = _seconds[(int)arrival.TotalSeconds];
            second.Latencies.RecordValue(microseconds);
            if (outcome.Ok) second.Ok++;
            else second.Failed++;
            _statuses[outcome.Status] = _statuses.GetValueOrDefault(outcome.Status) + 1;
        }
    }

    static LongHistogram New() => new(LongestMicroseconds, Digits);
}
