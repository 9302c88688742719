namespace Orchestrator.Reconcile.Nodes;

/// <summary>What a node can run out of. The names in options are Kubernetes' eviction signals.</summary>
public enum Signal
{
    /// <summary>memory.available, in bytes.</summary>
    Memory,

    /// <summary>nodefs.available: what is free on the disk of the agent's data, in bytes.</summary>
    Disk,

    /// <summary>nodefs.inodesFree.</summary>
    Inodes,

    /// <summary>pid.available: how many more processes and threads there may be.</summary>
    Pids,
}

/// <summary>How much of something is left of how much there is.</summary>
public readonly record struct Supply(long Available, long Capacity);

/// <summary>The least that should be left of something: an amount, or percent of all there is.</summary>
public sealed record Threshold(Signal Signal, long? Amount, int? Percent)
{
    public long Of(Supply supply) => Amount ?? supply.Capacity / 100 * (Percent ?? 0);

    public bool IsMet(Supply supply) => supply.Available < Of(supply);
}
