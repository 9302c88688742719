using System.Collections.Immutable;
using System.Globalization;
using Google.Protobuf;
using Grpc.Core;
using Orchestrator.Contracts;
using Orchestrator.ControlPlane.Api;
using Orchestrator.ControlPlane.Store;
using Orchestrator.ControlPlane.Tests.Store;
using Orchestrator.Model;
using Orchestrator.Model.Meta;

namespace Orchestrator.ControlPlane.Tests.Api;

/// <summary>The API over a log without Raft.</summary>
public sealed class ClusterServiceTests : IAsyncLifetime
{
    ClusterStore _store = null!; // opened before each test
    ClusterService _api = null!; // as above

    ScriptedLog Log => (ScriptedLog)_store.Log;

    public Task InitializeAsync() => OpenAsync(historyRevisions: 100);

    async Task OpenAsync(int historyRevisions)
    {
        ImmutableArray<StoreMember> members = [new(ScriptedLog.Here, new Uri("http://127.0.0.1:1"))];
        var options = new StoreOptions("/nowhere", ScriptedLog.Here, members) { HistoryRevisions = historyRevisions, OperationTimeout = TimeSpan.FromSeconds(5) };
        _store = await ClusterStore.OpenAsync(
            options, _ => throw new InvalidOperationException("there is no other server"), TimeProvider.System, () => Guid.NewGuid().ToString(),
            state => Task.FromResult<IStateLog>(new ScriptedLog(state)));
        _api = new ClusterService(_store, null!, null!, new ControlPlaneOptions("s1", new Uri("http://127.0.0.1:1")), TimeProvider.System); // no node is called or measured here
    }

    public async Task DisposeAsync() => await _store.DisposeAsync();

    [Fact]
    public async Task A_transaction_puts_and_deletes_many_objects_at_one_revision()
    {
        await PutAsync("a", "b");
        var reply = await TransactAsync([Compare("a", await RevisionOfAsync("a"))], Put("c"), Put("a", "changed"), Deletion("b"));
        Assert.Equal(2, reply.Revision);
        Assert.Equal([2L, 2L], reply.Resources.Take(2).Select(each => each.Revision));
        Assert.True(reply.Resources[2].Json.IsEmpty);
        Assert.Equal(["a", "c"], (await ListAsync()).Resources.Select(each => each.Name));
    }

    [Theory]
    [InlineData("a", 99)]
    [InlineData("a", 0)]
    [InlineData("new", 1)]
    public async Task A_transaction_whose_comparison_fails_changes_nothing_and_says_what_it_found(string name, long revision)
    {
        await PutAsync("a");
        var refused = await Assert.ThrowsAsync<RpcException>(() => TransactAsync([Compare(name, revision)], Put("b"), Deletion("a")));
        Assert.Equal(StatusCode.Aborted, refused.StatusCode);
        Assert.Contains($"namespace/{name}", refused.Status.Detail, StringComparison.Ordinal);
        Assert.Equal(1, _store.Current.Revision);
    }

    [Fact]
    public async Task A_transaction_with_anything_wrong_in_it_changes_nothing_and_names_all_of_it()
    {
        var refused = await Assert.ThrowsAsync<RpcException>(() => TransactAsync(
            [], Put("fine"), new TransactOperation { Put = ByteString.CopyFromUtf8("""{"kind":"Namespace","apiVersion":"v1","metadata":{"name":"UPPER"}}""") },
            new TransactOperation(), Put("fine")));
        var problems = ProblemList.Parser.ParseFrom(refused.Trailers.Single(each => each.Key == "problems-bin").ValueBytes).Problems;
        Assert.Equal([1, 2, 3], problems.Select(each => each.Index).Distinct().Order());
        Assert.Equal(0, _store.Current.Revision);
    }

    [Fact]
    public async Task A_repeated_transaction_is_done_once()
    {
        var request = new TransactRequest { RequestId = "once", Operations = { Put("a") } };
        var first = await _api.Transact(request, new DirectCall());
        await PutAsync("b");
        var again = await _api.Transact(request, new DirectCall());
        Assert.Equal((1L, 1L, 2L), (first.Revision, again.Revision, _store.Current.Revision));
    }

    [Fact]
    public async Task A_list_comes_in_pages_that_all_show_one_revision_whatever_is_written_meanwhile()
    {
        await PutAsync([.. Enumerable.Range(0, 10).Select(i => $"n{i}")]);
        var request = new ListRequest { Kind = "namespaces", Limit = 4 };
        var names = new List<string>();
        do
        {
            var page = await _api.List(request, new DirectCall());
            Assert.Equal(1, page.Revision);
            Assert.InRange(page.Resources.Count, 1, 4);
            names.AddRange(page.Resources.Select(each => each.Name));
            request.Continue = page.Continue;
            await TransactAsync([], Deletion("n9"), Put("n55"));
            await TransactAsync([], Put("n9"), Deletion("n55"));
        }
        while (request.Continue.Length > 0);
        Assert.Equal(Enumerable.Range(0, 10).Select(i => $"n{i}"), names);
    }

    [Fact]
    public async Task A_list_whose_revision_is_no_longer_kept_has_to_be_started_anew()
    {
        await PutAsync("a", "b");
        var page = await _api.List(new ListRequest { Kind = "ns", Limit = 1 }, new DirectCall());
        for (var i = 0; i < 101; i++) await PutAsync($"other-{i}");
        var refused = await Assert.ThrowsAsync<RpcException>(() => _api.List(new ListRequest { Kind = "ns", Limit = 1, Continue = page.Continue }, new DirectCall()));
        Assert.Equal((StatusCode.OutOfRange, "Revision 1 is no longer kept; the oldest that can be read is 2."), (refused.StatusCode, refused.Status.Detail));
    }

    [Fact]
    public async Task A_list_may_be_cut_down_to_a_prefix_of_names()
    {
        await PutAsync("shop-a", "shop-b", "blog");
        var reply = await _api.List(new ListRequest { Kind = "ns", NamePrefix = "shop-" }, new DirectCall());
        Assert.Equal(["shop-a", "shop-b"], reply.Resources.Select(each => each.Name));
    }

    [Fact]
    public async Task A_made_up_continue_token_is_refused()
    {
        var refused = await Assert.ThrowsAsync<RpcException>(() => _api.List(new ListRequest { Kind = "ns", Continue = "rubbish" }, new DirectCall()));
        Assert.Equal(StatusCode.InvalidArgument, refused.StatusCode);
    }

    [Fact]
    public async Task A_serializable_read_needs_no_leader_and_a_linearizable_one_does()
    {
        await PutAsync("a");
        Log.Leader = null;
        var before = Log.Barriers;
        var reply = await _api.List(new ListRequest { Kind = "ns", Consistency = Consistency.Serializable }, new DirectCall());
        Assert.Equal("a", (await _api.Get(new GetRequest { Kind = "ns", Name = "a", Consistency = Consistency.Serializable }, new DirectCall())).Name);
        Assert.Single(reply.Resources);
        Assert.Equal(before, Log.Barriers);
        var refused = await Assert.ThrowsAsync<RpcException>(ListAsync);
        Assert.Equal(StatusCode.Unavailable, refused.StatusCode);
    }

    [Fact]
    public async Task An_object_is_read_as_it_was()
    {
        await PutAsync("a");
        await TransactAsync([], Put("a", "changed"));
        await TransactAsync([], Deletion("a"));
        Assert.Equal(1, (await GetAtAsync(1)).Revision);
        Assert.Equal(2, (await GetAtAsync(2)).Revision);
        var gone = await Assert.ThrowsAsync<RpcException>(() => GetAtAsync(3));
        Assert.Equal((StatusCode.NotFound, "namespace/a not found at revision 3"), (gone.StatusCode, gone.Status.Detail));
        Assert.Equal(StatusCode.OutOfRange, (await Assert.ThrowsAsync<RpcException>(() => GetAtAsync(4))).StatusCode);
    }

    [Fact]
    public async Task A_watch_from_a_revision_goes_on_from_there_and_a_quiet_one_hears_how_far_it_has_come()
    {
        await PutAsync("a");
        await PutAsync("b");
        using var stop = new CancellationTokenSource();
        var answers = new Answers<WatchReply>();
        var watching = _api.Watch(new WatchRequest { Kind = "ns", AfterRevision = 1 }, answers, new DirectCall(stop.Token));
        Assert.Equal((WatchReply.Types.Type.Added, "b"), await NextAsync());
        await TransactAsync([], Put("b", "changed"));
        Assert.Equal((WatchReply.Types.Type.Modified, "b"), await NextAsync());
        await TransactAsync([], Deletion("b"));
        Assert.Equal((WatchReply.Types.Type.Deleted, "b"), await NextAsync());
        await stop.CancelAsync();
        await watching;

        async Task<(WatchReply.Types.Type, string)> NextAsync()
        {
            var reply = await answers.NextAsync();
            return (reply.Type, reply.Resource.Name);
        }
    }

    [Fact]
    public async Task A_watch_that_sees_nothing_gets_bookmarks()
    {
        await DisposeAsync();
        await OpenAsync(historyRevisions: 2000); // however late the watcher is, all of it is still there
        using var stop = new CancellationTokenSource();
        var answers = new Answers<WatchReply>();
        var watching = _api.Watch(new WatchRequest { Kind = "pods", AfterRevision = 0 }, answers, new DirectCall(stop.Token));
        Assert.Equal(WatchReply.Types.Type.Bookmark, (await answers.NextAsync()).Type);
        for (var i = 0; i < 1000; i++) await PutAsync(string.Create(CultureInfo.InvariantCulture, $"n{i}"));
        var bookmark = await answers.NextAsync();
        Assert.Equal((WatchReply.Types.Type.Bookmark, null), (bookmark.Type, bookmark.Resource));
        Assert.InRange(bookmark.Revision, 1000, 1000);
        await stop.CancelAsync();
        await watching;
    }

    [Fact]
    public async Task A_watch_from_too_long_ago_is_told_that_it_is_compacted()
    {
        for (var i = 0; i < 102; i++) await PutAsync($"n{i}");
        var refused = await Assert.ThrowsAsync<RpcException>(() => _api.Watch(new WatchRequest { Kind = "ns", AfterRevision = 1 }, new Answers<WatchReply>(), new DirectCall()));
        Assert.Equal((StatusCode.OutOfRange, "The changes after revision 1 are no longer kept here; the oldest kept is revision 3."), (refused.StatusCode, refused.Status.Detail));
    }

    [Fact]
    public async Task History_says_who_changed_what_and_diff_what_that_came_to()
    {
        await PutAsync("a", "b");
        await TransactAsync([], Put("a", "changed"));
        await TransactAsync([], Deletion("b"), Put("c"));
        var history = await _api.History(new HistoryRequest { Kind = "ns" }, new DirectCall());
        Assert.Equal(["1 +a", "1 +b", "2 ~a", "3 -b", "3 +c"], history.Entries.Select(Text));
        Assert.All(history.Entries, entry => Assert.Equal("user", entry.Author));
        Assert.Equal(["3 -b", "3 +c"], (await _api.History(new HistoryRequest { Kind = "ns", Limit = 2 }, new DirectCall())).Entries.Select(Text));

        var diff = await _api.Diff(new DiffRequest { From = new Moment { Revision = 1 } }, new DirectCall());
        Assert.Equal(["2 ~a", "3 -b", "3 +c"], diff.Objects.Select(Text));
        Assert.Equal((1L, 3L), (diff.FromRevision, diff.ToRevision));
    }

    static string Text(HistoryEntry entry) => $"{entry.Revision} {(entry.Before is null ? '+' : entry.After is null ? '-' : '~')}{(entry.After ?? entry.Before)!.Name}";

    Task<ResourceMessage> GetAtAsync(long revision) => _api.Get(new GetRequest { Kind = "ns", Name = "a", At = new Moment { Revision = revision } }, new DirectCall());

    Task<ListReply> ListAsync() => _api.List(new ListRequest { Kind = "ns" }, new DirectCall());

    async Task<long> RevisionOfAsync(string name) => (await _api.Get(new GetRequest { Kind = "ns", Name = name }, new DirectCall())).Revision;

    Task<TransactReply> PutAsync(params string[] names) => TransactAsync([], [.. names.Select(name => Put(name))]);

    Task<TransactReply> TransactAsync(Comparison[] compare, params TransactOperation[] operations) =>
        _api.Transact(new TransactRequest { Compare = { compare }, Operations = { operations } }, new DirectCall());

    static TransactOperation Put(string name, string label = "first") => new()
    {
        Put = UnsafeByteOperations.UnsafeWrap(ModelJson.Encode<Resource>(new Namespace { Metadata = new ObjectMeta { Name = name, Labels = new Dictionary<string, string> { ["label"] = label } } })),
    };

    static TransactOperation Deletion(string name) => new() { Delete = new ObjectName { Kind = "ns", Name = name } };

    static Comparison Compare(string name, long revision) => new() { Kind = "ns", Name = name, Revision = revision };
}
