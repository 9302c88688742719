using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Orchestrator.Model.State;

namespace Orchestrator.ControlPlane.Store;

/// <summary>What one revision changed; nothing, when it changed no object.</summary>
public sealed record RevisionChanges(long Revision, ImmutableArray<Change> Changes);

/// <summary>
/// The latest revisions, each in the slot of its number. Watchers read from here at their own pace and hold nothing;
/// one that falls behind the oldest kept revision is cut off.
/// </summary>
sealed class History(int capacity)
{
    /// <summary>How many revisions a watcher takes at once.</summary>
    const int Take = 256;

    readonly RevisionChanges[] _slots = new RevisionChanges[capacity];
    readonly Lock _access = new();

    long _oldest = 1;
    long _newest;
    TaskCompletionSource _more = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public long Oldest
    {
        get
        {
            lock (_access) return _oldest;
        }
    }

    /// <summary>Adds the next revision. Watchers see it after <see cref="Announce"/>.</summary>
    public void Add(RevisionChanges changes)
    {
        lock (_access)
        {
            if (changes.Revision != _newest + 1)
            {
                throw new InvalidOperationException($"Revision {changes.Revision} follows {_newest}, which leaves a gap.");
            }

            _slots[changes.Revision % capacity] = changes;
            _newest = changes.Revision;
            _oldest = long.Max(_oldest, _newest - capacity + 1);
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

    /// <summary>Forgets everything: the state was replaced by one at <paramref name="revision"/>.</summary>
    public void Restart(long revision)
    {
        lock (_access)
        {
            Array.Clear(_slots);
            _newest = revision;
            _oldest = revision + 1;
        }

        Announce();
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

                if (taken.Count == 0)
                {
                    await more.WaitAsync(token);
                }

                taken.Clear();
            }
        }
        finally
        {
            StoreMetrics.Watching(false);
        }
    }

    /// <summary>Takes what follows, and returns what completes when there is more than there was.</summary>
    Task Read(long after, List<RevisionChanges> taken)
    {
        lock (_access)
        {
            if (after + 1 < _oldest)
            {
                throw new CompactedException(after, _oldest);
            }

            for (var revision = after + 1; revision <= _newest && taken.Count < Take; revision++)
            {
                taken.Add(_slots[revision % capacity]);
            }

            return _more.Task;
        }
    }
}
