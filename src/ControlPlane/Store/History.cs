using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Orchestrator.Model.State;

namespace Orchestrator.ControlPlane.Store;

/// <summary>One revision: what it changed (nothing, when it changed no object), who made it and when.</summary>
/// <param name="Time">The clock of the server that proposed it, in UTC.</param>
public sealed record RevisionChanges(long Revision, DateTimeOffset Time, string Author, ImmutableArray<Change> Changes);

/// <summary>What is kept of the past: the objects at a base, and every revision after it.</summary>
/// <param name="Base">The state at the revision before the oldest one in <paramref name="Revisions"/>.</param>
/// <param name="BaseTime">When that was made; null when it is not known.</param>
sealed record KeptHistory(ClusterState Base, DateTimeOffset? BaseTime, IReadOnlyList<RevisionChanges> Revisions);

/// <summary>
/// The latest revisions, each in the slot of its number, as many and as old as is allowed. Watchers read from here at their own pace and hold nothing;
/// one that falls behind the oldest kept revision is cut off.
/// </summary>
sealed class History(int capacity, TimeSpan maxAge)
{
    /// <summary>
    /// From one revision whose state is kept to the next; a state in between is made of the one before and the changes since. A state of each would keep
    /// its part of the trees alive just long enough to be the dearest garbage there is.
    /// </summary>
    const int LongestStep = 64;

    /// <summary>How many revisions a watcher takes at once.</summary>
    const int Take = 256;

    readonly int _step = int.Clamp(capacity / 16, 1, LongestStep);
    readonly RevisionChanges?[] _slots = new RevisionChanges?[capacity + LongestStep];
    readonly Queue<ClusterState> _milestones = []; // after the base, oldest first
    readonly Lock _access = new();

    ClusterState _base = ClusterState.Empty;
    DateTimeOffset? _baseTime = DateTimeOffset.MinValue;
    long _compacted; // at or after the base, which follows by milestones
    long _newest;
    TaskCompletionSource _more = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The oldest revision that a watch can still deliver. The state can be read at the one before it, too.</summary>
    public long Oldest
    {
        get
        {
            lock (_access) return OldestKept;
        }
    }

    long OldestKept => _compacted + 1;

    DateTimeOffset? CompactedTime => _compacted == _base.Revision ? _baseTime : At(_compacted).Time;

    /// <summary>Adds the next revision. Watchers see it after <see cref="Announce"/>.</summary>
    /// <param name="state">Everything there is at this revision.</param>
    public void Add(RevisionChanges changes, ClusterState state)
    {
        lock (_access)
        {
            if (changes.Revision != _newest + 1)
                throw new InvalidOperationException($"Revision {changes.Revision} follows {_newest}, which leaves a gap.");

            _slots[changes.Revision % _slots.Length] = changes;
            _newest = changes.Revision;

            // By the revisions' own times and not by a clock, so that all members keep the same.
            _compacted = long.Max(_compacted, _newest - capacity);
            while (_compacted < _newest - 1 && changes.Time - At(OldestKept).Time > maxAge) _compacted++;
            while (_milestones.TryPeek(out var next) && next.Revision <= _compacted) Drop();
            if (changes.Revision % _step == 0) _milestones.Enqueue(state);
        }
    }

    /// <summary>Wakes the watchers.</summary>
    public void Announce()
    {
        TaskCompletionSource more;
        lock (_access)
        {
            more = _more;
            _more = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        more.SetResult();
    }

    /// <summary>Replaces everything by what a snapshot has kept.</summary>
    public void Restart(KeptHistory kept)
    {
        lock (_access)
        {
            Array.Clear(_slots);
            _milestones.Clear();
            (_base, _baseTime, _compacted, _newest) = (kept.Base, kept.BaseTime, kept.Base.Revision, kept.Base.Revision);
            var state = kept.Base;
            foreach (var revision in kept.Revisions) Add(revision, state = After(state, revision));
        }

        Announce();
    }

    /// <summary>All that is kept, as it is now.</summary>
    public KeptHistory Kept()
    {
        lock (_access) return new KeptHistory(_base, _baseTime, Slice(_base.Revision + 1, _newest));
    }

    /// <summary>The state at a revision.</summary>
    /// <exception cref="CompactedException">It is no longer kept.</exception>
    /// <exception cref="FutureRevisionException">There is no such revision yet.</exception>
    public ClusterState StateAt(long revision)
    {
        lock (_access)
        {
            if (revision > _newest) throw new FutureRevisionException(revision, _newest);
            if (revision < _compacted) throw CompactedException.Read(revision, _compacted);
            return Made(revision);
        }
    }

    /// <summary>The state as it was at a time: at the last revision made until then.</summary>
    /// <exception cref="CompactedException">It is no longer kept.</exception>
    public ClusterState StateAt(DateTimeOffset time)
    {
        lock (_access)
        {
            // Clocks of servers differ a little, so times need not rise with revisions: no binary search.
            for (var revision = _newest; revision >= OldestKept; revision--)
            {
                if (At(revision).Time <= time) return Made(revision);
            }

            return CompactedTime <= time ? Made(_compacted) : throw CompactedException.Read(time, _compacted, _newest > _compacted ? At(OldestKept).Time : CompactedTime);
        }
    }

    /// <summary>The kept revisions from one to another, both included, as far as they are there.</summary>
    public IReadOnlyList<RevisionChanges> Between(long first, long last)
    {
        lock (_access) return Slice(long.Max(first, OldestKept), long.Min(last, _newest));
    }

    /// <summary>Every revision after <paramref name="after"/>, once and in order, until cancelled.</summary>
    /// <exception cref="CompactedException">The next revision is no longer kept.</exception>
    public async IAsyncEnumerable<RevisionChanges> WatchAsync(long after, [EnumeratorCancellation] CancellationToken token)
    {
        StoreMetrics.Watching(true);
        try
        {
            var taken = new List<RevisionChanges>(Take);
            while (true)
            {
                var more = Read(after, taken);
                foreach (var changes in taken)
                {
                    token.ThrowIfCancellationRequested();
                    yield return changes;
                    after = changes.Revision;
                }

                if (taken.Count == 0) await more.WaitAsync(token);
                taken.Clear();
            }
        }
        finally
        {
            StoreMetrics.Watching(false);
        }
    }

    RevisionChanges At(long revision) => _slots[revision % _slots.Length]!; // callers stay between the oldest kept and the newest

    ClusterState Made(long revision)
    {
        var state = _milestones.LastOrDefault(each => each.Revision <= revision) ?? _base;
        for (var next = state.Revision + 1; next <= revision; next++) state = After(state, At(next));
        return state;
    }

    static ClusterState After(ClusterState state, RevisionChanges revision) => state.After(revision.Revision, revision.Changes.Select(static change => (change.Key, change.After)));

    void Drop()
    {
        var next = _milestones.Dequeue();
        _baseTime = At(next.Revision).Time;
        for (var revision = _base.Revision + 1; revision <= next.Revision; revision++) _slots[revision % _slots.Length] = null;
        _base = next;
    }

    RevisionChanges[] Slice(long first, long last)
    {
        var slice = new RevisionChanges[long.Max(0, last - first + 1)];
        for (var i = 0; i < slice.Length; i++) slice[i] = At(first + i);
        return slice;
    }

    /// <summary>Takes what follows, and returns what completes when there is more than there was.</summary>
    Task Read(long after, List<RevisionChanges> taken)
    {
        lock (_access)
        {
            if (after < _compacted) throw new CompactedException(after, OldestKept);
            for (var revision = after + 1; revision <= _newest && taken.Count < Take; revision++) taken.Add(At(revision));
            return _more.Task;
        }
    }
}
