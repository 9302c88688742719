using Orchestrator.ControlPlane.Store;
using Orchestrator.Model.Meta;
using Orchestrator.Model.State;

namespace Orchestrator.ControlPlane.Tests.Store;

public sealed class HistoryTests
{
    readonly History _history = new(capacity: 8, TimeSpan.FromHours(1));

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
        _history.Restart(new KeptHistory(ClusterState.Empty with { Revision = 10 }, null, []));
        await Assert.ThrowsAsync<CompactedException>(() => next);
        await using var again = _history.WatchAsync(10, default).GetAsyncEnumerator();
        Add(_history, At(11));
        Assert.Equal(11, await NextAsync(again));
    }

    [Fact]
    public void A_gap_is_a_bug() =>
        Assert.Throws<InvalidOperationException>(() => Add(_history, At(2)));

    [Fact]
    public void The_state_can_be_read_at_every_kept_revision_and_at_the_one_before()
    {
        Grow(20);
        for (var revision = 12; revision <= 20; revision++) Assert.Equal(revision, _history.StateAt(revision).Revision);
        Assert.Equal(12, Assert.Throws<CompactedException>(() => _history.StateAt(11)).Oldest);
        Assert.Throws<FutureRevisionException>(() => _history.StateAt(21));
    }

    [Fact]
    public void The_state_at_a_time_is_that_of_the_last_revision_made_until_then()
    {
        Grow(20);
        Assert.Equal(15, _history.StateAt(Noon.AddSeconds(15)).Revision);
        Assert.Equal(15, _history.StateAt(Noon.AddSeconds(15.5)).Revision);
        Assert.Equal(20, _history.StateAt(Noon.AddDays(1)).Revision);
        Assert.Equal(12, _history.StateAt(Noon.AddSeconds(12)).Revision);
        Assert.Equal(12, Assert.Throws<CompactedException>(() => _history.StateAt(Noon.AddSeconds(11))).Oldest);
    }

    [Fact]
    public void Before_anything_was_written_there_was_nothing()
    {
        Grow(3);
        Assert.Equal(0, _history.StateAt(Noon).Revision);
        Assert.Equal(0, _history.StateAt(0).Revision);
    }

    [Fact]
    public void What_is_too_old_is_dropped_however_few_there_are()
    {
        Grow(3);
        Add(_history, At(4) with { Time = Noon.AddSeconds(2).AddHours(1) });
        Assert.Equal(2, _history.Oldest);
        Add(_history, At(5) with { Time = Noon.AddDays(30) });
        Assert.Equal(5, _history.Oldest);
        Assert.Equal(4, _history.StateAt(4).Revision);
    }

    [Fact]
    public void What_is_kept_comes_back_the_same()
    {
        Grow(20);
        var other = new History(capacity: 8, TimeSpan.FromHours(1));
        other.Restart(_history.Kept());
        Assert.Equal(_history.Kept().Revisions, other.Kept().Revisions);
        Assert.Equal(_history.StateAt(12), other.StateAt(12));
        Add(other, At(21));
        Assert.Equal(14, other.Oldest);
    }

    [Fact]
    public void A_state_between_those_that_are_kept_is_made_of_the_one_before_and_the_changes_since()
    {
        const int Capacity = 1024, Revisions = 3000;
        var history = new History(Capacity, TimeSpan.FromDays(1));
        var random = new Random(7);
        List<ClusterState> states = [ClusterState.Empty];
        for (var revision = 1; revision <= Revisions; revision++)
        {
            var name = $"n{random.Next(40)}";
            var put = new Namespace { Metadata = new ObjectMeta { Name = name, ResourceVersion = $"{revision}" } };
            var before = states[^1].Find(put.Key);
            var after = random.Next(3) == 0 ? null : put;
            var state = states[^1].After(revision, [(put.Key, after)]);
            states.Add(state);
            history.Add(new RevisionChanges(revision, Noon.AddSeconds(revision), "test", [new Change(revision, put.Key, before, after, "test")]), state);
        }

        var restarted = new History(Capacity, TimeSpan.FromDays(1));
        restarted.Restart(history.Kept());
        Assert.Equal(Revisions - Capacity + 1, history.Oldest);
        Assert.Equal(history.Oldest, restarted.Oldest);
        for (var revision = history.Oldest - 1; revision <= Revisions; revision++)
        {
            var (wanted, found, again) = (states[(int)revision], history.StateAt(revision), restarted.StateAt(revision));
            Assert.Equal(revision, found.Revision);
            Assert.Equal(wanted.All<Namespace>(Namespace.KindName), found.All<Namespace>(Namespace.KindName));
            Assert.Equal(wanted.All<Namespace>(Namespace.KindName), again.All<Namespace>(Namespace.KindName));
        }
    }

    static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    static RevisionChanges At(long revision) => new(revision, Noon.AddSeconds(revision), "test", []);

    static void Add(History history, RevisionChanges changes) => history.Add(changes, ClusterState.Empty with { Revision = changes.Revision });

    void Grow(int by)
    {
        for (var i = 0; i < by; i++)
        {
            _newest++;
            Add(_history, At(_newest));
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
