using Orchestrator.ControlPlane.Store;

namespace Orchestrator.ControlPlane.Tests.Store;

public sealed class HistoryTests
{
    readonly History _history = new(capacity: 8);

    [Fact]
    public async Task A_watch_delivers_what_is_kept_and_then_what_comes_in_order()
    {
        Grow(5);
        using var stop = new CancellationTokenSource();
        await using var watch = _history.WatchAsync(2, stop.Token).GetAsyncEnumerator();
        foreach (var expected in new long[] { 3, 4, 5 }) Assert.Equal(expected, await NextAsync(watch));
        var next = NextAsync(watch);
        Assert.False(next.IsCompleted);
        Grow(2);
        Assert.Equal(6, await next);
        Assert.Equal(7, await NextAsync(watch));
        next = NextAsync(watch);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next);
    }

    [Fact]
    public async Task A_watch_from_a_revision_that_is_no_longer_kept_is_told_so()
    {
        Grow(20);
        await using var tooEarly = _history.WatchAsync(11, default).GetAsyncEnumerator();
        var compacted = await Assert.ThrowsAsync<CompactedException>(() => NextAsync(tooEarly));
        Assert.Equal(13, compacted.Oldest);
        await using var justRight = _history.WatchAsync(12, default).GetAsyncEnumerator();
        Assert.Equal(13, await NextAsync(justRight));
    }

    [Fact]
    public async Task A_watcher_that_is_too_slow_is_cut_off_instead_of_missing_something()
    {
        Grow(4);
        await using var slow = _history.WatchAsync(0, default).GetAsyncEnumerator();
        foreach (var expected in new long[] { 1, 2, 3, 4 }) Assert.Equal(expected, await NextAsync(slow));
        Grow(9);
        await Assert.ThrowsAsync<CompactedException>(() => NextAsync(slow));
    }

    [Fact]
    public async Task A_watch_of_the_future_waits_for_it()
    {
        Grow(3);
        await using var watch = _history.WatchAsync(5, default).GetAsyncEnumerator();
        var next = NextAsync(watch);
        Grow(2);
        Assert.False(next.IsCompleted);
        Grow(1);
        Assert.Equal(6, await next);
    }

    [Fact]
    public async Task When_the_state_is_replaced_by_a_snapshot_a_watcher_that_was_behind_it_is_cut_off()
    {
        Grow(3);
        await using var watch = _history.WatchAsync(3, default).GetAsyncEnumerator();
        var next = NextAsync(watch);
        _history.Restart(10);
        await Assert.ThrowsAsync<CompactedException>(() => next);
        await using var again = _history.WatchAsync(10, default).GetAsyncEnumerator();
        _history.Add(new RevisionChanges(11, []));
        Assert.Equal(11, await NextAsync(again));
    }

    [Fact]
    public void A_gap_is_a_bug() =>
        Assert.Throws<InvalidOperationException>(() => _history.Add(new RevisionChanges(2, [])));

    void Grow(int by)
    {
        for (var i = 0; i < by; i++)
        {
            _newest++;
            _history.Add(new RevisionChanges(_newest, []));
        }

        _history.Announce();
    }

    long _newest;

    static async Task<long> NextAsync(IAsyncEnumerator<RevisionChanges> watch)
    {
        Assert.True(await watch.MoveNextAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(10)));
        return watch.Current.Revision;
    }
}
