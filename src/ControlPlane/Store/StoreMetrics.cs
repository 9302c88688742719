using System.Diagnostics.Metrics;

namespace Orchestrator.ControlPlane.Store;

/// <summary>
/// What the store says about itself under the meter "Orchestrator.Store".
/// </summary>
static class StoreMetrics
{
    static readonly Meter Meter = new("Orchestrator.Store");

    static readonly Counter<long> Entries = Meter.CreateCounter<long>("store.entries", "{entry}", "Entries applied");
    static readonly Histogram<double> ApplyTime = Meter.CreateHistogram<double>("store.apply.duration", "ms", "Time to apply one entry");
    static readonly Histogram<int> Batch = Meter.CreateHistogram<int>("store.batch.size", "{command}", "Commands in one proposed entry");
    static readonly UpDownCounter<int> Leads = Meter.CreateUpDownCounter<int>("store.leads", null, "1 while this server leads");
    static readonly UpDownCounter<int> WatchersNow = Meter.CreateUpDownCounter<int>("store.watchers", null, "Open watches");

    public static void Applied(TimeSpan took)
    {
        Entries.Add(1);
        ApplyTime.Record(took.TotalMilliseconds);
    }

    public static void Proposed(int commands) => Batch.Record(commands);

    public static void Leading(bool now) => Leads.Add(now ? 1 : -1);

    public static void Watching(bool now) => WatchersNow.Add(now ? 1 : -1);
}
