namespace Orchestrator.NodeAgent.Metrics;

/// <summary>What something has consumed by a moment.</summary>
/// <param name="CpuNanoseconds">Processor time since it began.</param>
/// <param name="MemoryBytes">Memory that is in use now and can't be given back at once.</param>
readonly record struct Consumption(long CpuNanoseconds, long MemoryBytes)
{
    const long NanosecondsPerMillisecond = 1_000_000;

    /// <summary>The processor time since an earlier moment as millicores, rounded up; 0 where the count began anew meanwhile.</summary>
    public long MillicoresSince(Consumption earlier, TimeSpan passed) =>
        (long)Math.Ceiling(Math.Max(0, CpuNanoseconds - earlier.CpuNanoseconds) / (passed.TotalSeconds * NanosecondsPerMillisecond));
}
