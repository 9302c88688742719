using System.Globalization;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Nodes;

namespace Orchestrator.Reconcile.Nodes;

/// <summary>
/// How far a node's clock is from that of the server that hears it. Leases are measured by monotonic clocks and don't mind; certificates, logs and CronJobs do.
/// </summary>
public sealed class ClockSkew
{
    /// <summary>What is worth a word: etcd warns of as much.</summary>
    public static TimeSpan Most { get; } = TimeSpan.FromSeconds(1);

    /// <summary>A beat that was long under way looks like a clock that is behind; of so many in a row one was not.</summary>
    const int Beats = 5;

    readonly Queue<TimeSpan> _last = new();

    /// <summary>Takes the time that a beat tells.</summary>
    /// <returns>How far ahead the node is, behind if negative; null before it is known.</returns>
    public TimeSpan? Heard(DateTimeOffset told, DateTimeOffset now)
    {
        _last.Enqueue(told - now);
        if (_last.Count > Beats) _last.Dequeue();
        return _last.Count == Beats ? _last.Max() : null;
    }

    /// <summary>The node with the condition of its clock; null when it has it already, or never needed one.</summary>
    public static Node? Told(Node node, TimeSpan ahead, DateTimeOffset now)
    {
        var skewed = ahead.Duration() > Most;
        if (skewed == node.Status.Conditions.IsTrue(NodeConditions.ClockSkewed)) return null;
        var condition = new Condition
        {
            Type = NodeConditions.ClockSkewed,
            Status = skewed ? ConditionStatus.True : ConditionStatus.False,
            Reason = skewed ? "ClockIsOff" : "ClockIsRight",
            Message = skewed
                ? $"the node's clock is {ahead.Duration().TotalSeconds.ToString("0.#", CultureInfo.InvariantCulture)} s {(ahead > TimeSpan.Zero ? "ahead of" : "behind")} the servers'; set it, for instance with `timedatectl set-ntp true`"
                : "the node's clock is the servers'",
            LastTransitionTime = now,
        };
        return node with { Status = node.Status with { Conditions = node.Status.Conditions.With(condition) } };
    }
}
