using System.Collections.Immutable;
using Orchestrator.ControlPlane.Store;
using Orchestrator.Model;
using Orchestrator.Model.Meta;
using Orchestrator.Model.State;
using Record = Orchestrator.Model.Meta.Record;

namespace Orchestrator.ControlPlane.Tests.Store;

public sealed class ClusterStoreTests
{
    int _ids;

    [Fact]
    public async Task A_write_answers_with_its_revision_and_is_in_the_state()
    {
        await using var store = await OpenAsync();
        var applied = Assert.IsType<Applied>(await store.WriteAsync(Creating("a")));
        Assert.Equal(1, applied.Revision);
        Assert.Equal("a", Assert.Single((await store.ReadAsync()).All<Record>(Record.KindName)).Name);
        Assert.IsType<AlreadyExists>(await store.WriteAsync(Creating("a")));
    }

    [Theory]
    [InlineData(ScriptedLog.Fate.AppliedButAnswerLost)]
    [InlineData(ScriptedLog.Fate.LostBeforeApplied)]
    [InlineData(ScriptedLog.Fate.NotLeader)]
    public async Task A_write_whose_answer_was_lost_is_done_once(object fate)
    {
        await using var store = await OpenAsync();
        for (var i = 0; i < 3; i++) Log.Fates.Enqueue((ScriptedLog.Fate)fate);
        Assert.IsType<Applied>(await store.WriteAsync(Creating("a")));
        Assert.Equal(1, store.Current.Revision);
    }

    [Fact]
    public async Task A_write_that_its_client_repeats_answers_as_the_first_time()
    {
        await using var store = await OpenAsync();
        var command = Creating("a");
        var first = Assert.IsType<Applied>(await store.WriteAsync(command));
        await store.WriteAsync(Creating("b"));
        var again = Assert.IsType<Applied>(await store.WriteAsync(command));
        Assert.Equal(first.Revision, again.Revision);
        Assert.Equal(2, store.Current.Revision);
    }

    [Fact]
    public async Task When_its_answer_may_be_forgotten_an_unknown_write_is_not_repeated()
    {
        await using var store = await OpenAsync();

        // While the first try is under way, others write more than the state remembers.
        Log.Fates.Enqueue(ScriptedLog.Fate.LostBeforeApplied);
        Log.BeforeNextProposal = () =>
        {
            for (var i = 0; i < Answers.Limit; i++) Log.State.Apply(Batch.Join([Batch.Encode(Creating($"other-{i}"))]), i + 1, null);
        };
        await Assert.ThrowsAnyAsync<OutcomeUnknownException>(() => store.WriteAsync(Creating("a")));
        Assert.Null(store.Current.Find(new ResourceKey(Record.KindName, "", "a")));
    }

    [Fact]
    public async Task Writes_that_arrive_together_share_an_entry()
    {
        await using var store = await OpenAsync();
        var gate = new TaskCompletionSource();
        Log.Gate = gate.Task;
        var writes = Enumerable.Range(0, 1000).Select(i => store.WriteAsync(Creating($"r{i}"))).ToArray();
        gate.SetResult();
        Assert.All(await Task.WhenAll(writes), result => Assert.IsType<Applied>(result));
        Assert.Equal(1000, Log.EntrySizes.Sum());
        Assert.InRange(Log.EntrySizes.Count, 4, 60);
        Assert.All(Log.EntrySizes, size => Assert.InRange(size, 1, Batch.MaxCommands));
    }

    [Fact]
    public async Task Reads_that_arrive_together_share_a_barrier_that_began_after_them()
    {
        await using var store = await OpenAsync();
        var gate = new TaskCompletionSource();
        Log.Gate = gate.Task;
        var reads = Enumerable.Range(0, 100).Select(_ => store.ReadAsync()).ToArray();
        gate.SetResult();
        await Task.WhenAll(reads);
        Assert.InRange(Log.Barriers, 2, 4); // the first read's, and one for those that came while it was under way
    }

    [Fact]
    public async Task Without_a_leader_a_write_says_so_and_that_nothing_was_written()
    {
        await using var store = await OpenAsync(options => options with { OperationTimeout = TimeSpan.FromMilliseconds(200) });
        Log.Leader = null;
        await Assert.ThrowsAsync<NoLeaderException>(() => store.WriteAsync(Creating("a")));
        await Assert.ThrowsAsync<NoLeaderException>(() => store.ReadAsync());
    }

    [Fact]
    public async Task A_write_that_is_stuck_ends_as_unknown()
    {
        await using var store = await OpenAsync(options => options with { OperationTimeout = TimeSpan.FromMilliseconds(200) });
        Log.Gate = new TaskCompletionSource().Task;
        await Assert.ThrowsAsync<OutcomeUnknownException>(() => store.WriteAsync(Creating("a")));
    }

    [Fact]
    public async Task An_object_or_a_transaction_that_is_too_large_is_refused_before_it_is_sent_and_says_by_how_much()
    {
        await using var store = await OpenAsync();
        var single = await Assert.ThrowsAsync<CommandTooLargeException>(() => store.WriteAsync(Creating("huge", new string('x', Batch.MaxObjectBytes))));
        Assert.Matches(@"^record/huge has 15\d{5} bytes; at most 1572864 are allowed", single.Message);

        var large = new string('x', 1_000_000);
        var many = Creating("a") with { Operations = [.. Enumerable.Range(0, 11).SelectMany(i => Creating($"r{i}", large).Operations)] };
        var transaction = await Assert.ThrowsAsync<CommandTooLargeException>(() => store.WriteAsync(many));
        Assert.Matches(@"^The transaction has 11\d{6} bytes; at most 10485760 are allowed", transaction.Message);
        Assert.IsType<Applied>(await store.WriteAsync(many with { Operations = [.. many.Operations.Take(9)] }));
    }

    [Fact]
    public async Task A_watch_sees_each_revision_with_its_changes()
    {
        await using var store = await OpenAsync();
        await store.WriteAsync(Creating("a"));
        await using var watch = store.WatchAsync(0).GetAsyncEnumerator();
        Assert.True(await watch.MoveNextAsync());
        Assert.Equal("a", Assert.Single(watch.Current.Changes).Key.Name);
        await store.WriteAsync(Creating("a")); // refused: no revision
        var claim = await store.ClaimLeadershipAsync(CancellationToken.None);
        Assert.Equal(2, claim.Epoch);
        Assert.True(await watch.MoveNextAsync());
        Assert.Equal(2, watch.Current.Revision);
        Assert.Empty(watch.Current.Changes);
        await store.WriteAsync(Creating("b"));
        Assert.True(await watch.MoveNextAsync());
        Assert.Equal((3, "b"), (watch.Current.Revision, watch.Current.Changes[0].Key.Name));
    }

    [Fact]
    public async Task What_a_replaced_leader_writes_is_refused()
    {
        await using var store = await OpenAsync();
        var former = await store.ClaimLeadershipAsync(CancellationToken.None);
        var present = await store.ClaimLeadershipAsync(CancellationToken.None);
        Assert.IsType<Fenced>(await store.WriteAsync(Creating("a") with { Fence = new Fence { LeaderEpoch = former.Epoch } }));
        Assert.IsType<Applied>(await store.WriteAsync(Creating("a") with { Fence = new Fence { LeaderEpoch = present.Epoch } }));
    }

    [Fact]
    public async Task The_state_comes_back_from_its_snapshot_equal_with_its_answers()
    {
        await using var store = await OpenAsync();
        var command = Creating("a", "some data");
        await store.WriteAsync(command);
        await store.WriteAsync(Creating("b", new string('x', 200_000)));
        var original = Log.State;
        using var written = new MemoryStream();
        original.Freeze()(written);
        written.Position = 0;
        var loaded = new ReplicatedCluster(historyRevisions: 16, TimeSpan.FromHours(1));
        loaded.Load(written, 2);
        using var again = new MemoryStream();
        loaded.Freeze()(again);
        Assert.Equal(written.ToArray(), again.ToArray());
        Assert.NotNull(loaded.Current.Answers.Of(command.RequestId));
        Assert.Equal(1, loaded.History.Oldest);
        Assert.Equal("a", Assert.Single(loaded.History.StateAt(1).All<Record>(Record.KindName)).Name);
        Assert.Null(loaded.History.Kept().Revisions[0].Changes[0].Before);
    }

    [Fact]
    public async Task A_snapshot_of_the_first_format_is_read_and_one_of_the_future_is_refused()
    {
        await using var store = await OpenAsync();
        var command = Creating("a", "some data");
        await store.WriteAsync(command);
        var loaded = new ReplicatedCluster(historyRevisions: 16, TimeSpan.FromHours(1));
        loaded.Load(new MemoryStream(ModelJson.Encode(Snapshot.Of(store.Current))), 2);
        Assert.Equal(ModelJson.Encode(Snapshot.Of(store.Current)), ModelJson.Encode(Snapshot.Of(loaded.Current)));
        Assert.Equal(2, loaded.History.Oldest);
        Assert.Contains("format 9", Assert.Throws<NotSupportedException>(() => loaded.Load(new MemoryStream([9, 1, 2]), 3)).Message, StringComparison.Ordinal);
    }

    ScriptedLog Log { get; set; } = null!; // set by OpenAsync, which every test begins with

    async Task<ClusterStore> OpenAsync(Func<StoreOptions, StoreOptions>? change = null)
    {
        ImmutableArray<StoreMember> members = [new(ScriptedLog.Here, new Uri("http://127.0.0.1:1"))];
        var options = new StoreOptions("/nowhere", ScriptedLog.Here, members);
        return await ClusterStore.OpenAsync(
            change?.Invoke(options) ?? options,
            _ => throw new InvalidOperationException("there is no other server"),
            TimeProvider.System,
            () => $"id-{Interlocked.Increment(ref _ids)}",
            state => Task.FromResult<IStateLog>(Log = new ScriptedLog(state)));
    }

    Command Creating(string name, string data = "") => new($"request-{Interlocked.Increment(ref _ids)}", DateTimeOffset.UnixEpoch, "test")
    {
        Operations = [new Create(new Record { Metadata = new ObjectMeta { Name = name, Uid = name }, Data = data })],
    };
}
