namespace Orchestrator.ControlPlane.Controllers;

/// <summary>
/// Keys that want attention. A key waits at most once and is worked on by one worker at a time; a key that changes while it is worked on waits
/// again; a key that failed comes back later and later.
/// </summary>
sealed class WorkQueue<TKey>(TimeProvider clock) : IDisposable
    where TKey : notnull
{
    static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(10);
    static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(10);

    readonly Lock _lock = new();
    readonly Queue<TKey> _waiting = new();
    readonly HashSet<TKey> _wanted = [];
    readonly HashSet<TKey> _inWork = [];
    readonly Dictionary<TKey, int> _failures = [];
    readonly HashSet<ITimer> _timers = [];
    readonly SemaphoreSlim _available = new(0);

    public void Add(TKey key)
    {
        lock (_lock)
        {
            if (!_wanted.Add(key) || _inWork.Contains(key)) return;
            _waiting.Enqueue(key);
        }

        _available.Release();
    }

    public void AddLater(TKey key, TimeSpan delay)
    {
        if (delay <= TimeSpan.Zero)
        {
            Add(key);
            return;
        }

        lock (_lock)
        {
            ITimer? timer = null;
            timer = clock.CreateTimer(_ =>
            {
                lock (_lock)
                {
                    if (!_timers.Remove(timer!)) return; // set before the timer can fire, as the lock is held until then
                }

                timer!.Dispose();
                Add(key);
            }, null, delay, Timeout.InfiniteTimeSpan);
            _timers.Add(timer);
        }
    }

    /// <summary>The next key; the caller calls <see cref="Done"/> when it has finished with it.</summary>
    public async Task<TKey> TakeAsync(CancellationToken token)
    {
        await _available.WaitAsync(token);
        lock (_lock)
        {
            var key = _waiting.Dequeue();
            _wanted.Remove(key);
            _inWork.Add(key);
            return key;
        }
    }

    /// <param name="failed">Brings the key back after a delay that doubles with every failure in a row.</param>
    public void Done(TKey key, bool failed)
    {
        TimeSpan? again = null;
        lock (_lock)
        {
            _inWork.Remove(key);
            if (failed)
            {
                var failures = _failures.GetValueOrDefault(key);
                _failures[key] = failures + 1;
                again = TimeSpan.FromTicks(Math.Min(LongestDelay.Ticks, FirstDelay.Ticks << Math.Min(failures, 20)));
            }
            else
            {
                _failures.Remove(key);
            }

            if (_wanted.Contains(key))
            {
                _waiting.Enqueue(key);
                _available.Release();
            }
        }

        if (again is { } delay) AddLater(key, delay);
    }

    public void Dispose()
    {
        lock (_lock)
        {
            foreach (var timer in _timers) timer.Dispose();
            _timers.Clear();
        }

        _available.Dispose();
    }
}
