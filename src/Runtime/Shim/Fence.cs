using System.Diagnostics;

namespace Orchestrator.Runtime.Shim;

/// <summary>
/// A time until which containers may run, unless it is put off again: that of a pod which must run at most once in a cluster, and whose agent may die or
/// hang while the cluster starts it elsewhere. By the monotonic clock, which nobody sets.
/// </summary>
sealed class Fence
{
    long? _due;

    /// <summary>True once the time is over, until it is put off again.</summary>
    public bool HasFallen { get; private set; }

    /// <summary>How long poll(2) may wait for it; -1 for ever.</summary>
    public int Milliseconds => _due is not { } due ? -1 : due <= Now ? 0 : (int)long.Min(due - Now, int.MaxValue);

    static long Now => (long)Stopwatch.GetElapsedTime(0).TotalMilliseconds;

    public void PutOff(int milliseconds) => (_due, HasFallen) = (Now + milliseconds, false);

    /// <summary>True once, when the time is over.</summary>
    public bool Falls()
    {
        if (_due is not { } due || due > Now) return false;
        (_due, HasFallen) = (null, true);
        return true;
    }
}
