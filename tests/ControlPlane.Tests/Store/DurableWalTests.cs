using System.Text;
using DotNext.IO.Log;
using DotNext.Net.Cluster.Consensus.Raft;
using DotNext.Net.Cluster.Consensus.Raft.StateMachine;
using Orchestrator.ControlPlane.Store.Raft;

namespace Orchestrator.ControlPlane.Tests.Store;

/// <summary>
/// What a follower's log must hold to whatever becomes of the requests: each of these loses acknowledged entries, or lets the members' logs part, with
/// the library's own log.
/// </summary>
public sealed class DurableWalTests : IDisposable
{
    readonly TempDirectory _temp = new();

    public void Dispose() => _temp.Dispose();

    [Fact]
    public async Task A_request_that_comes_again_late_takes_nothing_off_the_log()
    {
        await using var log = Open(_temp["log"]);
        await AppendAsync(log, 1, Entries(term: 1, "a", "b", "c", "d", "e"));
        await AppendAsync(log, 1, Entries(term: 1, "a", "b"));
        Assert.Equal(["1:a", "1:b", "1:c", "1:d", "1:e"], await ReadAsync(log));
    }

    [Fact]
    public async Task Entries_of_another_term_take_the_place_of_what_was_never_committed()
    {
        await using var log = Open(_temp["log"]);
        await AppendAsync(log, 1, Entries(term: 1, "a", "b", "c", "d"));
        await AppendAsync(log, 2, [.. Entries(term: 1, "b"), .. Entries(term: 2, "x")]);
        Assert.Equal(["1:a", "1:b", "2:x"], await ReadAsync(log));
        await AppendAsync(log, 4, Entries(term: 2, "y"));
        Assert.Equal(["1:a", "1:b", "2:x", "2:y"], await ReadAsync(log));
    }

    [Fact]
    public async Task A_request_that_breaks_off_midway_leaves_the_log_as_it_was()
    {
        await using var log = Open(_temp["log"]);
        await AppendAsync(log, 1, Entries(term: 1, "a", "b", "c", "d", "e"));
        await Assert.ThrowsAsync<IOException>(() => AppendAsync(log, 2, Entries(term: 2, "x", "y", "z"), breaksAfter: 2));
        Assert.Equal(["1:a", "1:b", "1:c", "1:d", "1:e"], await ReadAsync(log));
    }

    [Fact]
    public async Task What_is_acknowledged_after_a_request_that_broke_off_is_there_when_the_process_dies()
    {
        await using var log = Open(_temp["log"]);
        await AppendAsync(log, 1, Entries(term: 1, "a", "b", "c", "d", "e"));
        await Assert.ThrowsAsync<IOException>(() => AppendAsync(log, 2, Entries(term: 2, "x", "y"), breaksAfter: 1));
        await AppendAsync(log, 2, Entries(term: 2, "x", "y"));
        await using var found = Open(Killed());
        Assert.Equal(["1:a", "2:x", "2:y"], await ReadAsync(found));
    }

    [Fact]
    public async Task Killed_while_entries_are_written_over_the_log_ends_before_them()
    {
        var directory = _temp["log"];
        await using (var log = Open(directory)) await AppendAsync(log, 1, Entries(term: 1, "a", "b", "c", "d", "e"));
        new TruncationMark(directory).Set(2); // the last that was done before the kill
        await using (var found = Open(directory)) Assert.Equal(["1:a", "1:b"], await ReadAsync(found));
        Assert.False(File.Exists(Path.Combine(directory, "truncated")));
        await using (var again = Open(directory)) Assert.Equal(["1:a", "1:b"], await ReadAsync(again));
    }

    [Fact]
    public async Task A_mark_is_gone_before_what_was_written_over_is_acknowledged()
    {
        await using var log = Open(_temp["log"]);
        await AppendAsync(log, 1, Entries(term: 1, "a", "b", "c"));
        await AppendAsync(log, 2, Entries(term: 2, "x", "y", "z"));
        await using var found = Open(Killed());
        Assert.Equal(["1:a", "2:x", "2:y", "2:z"], await ReadAsync(found));
    }

    [Fact]
    public async Task An_acknowledgement_of_nothing_new_flushes_what_an_earlier_request_left_behind()
    {
        await using var log = Open(_temp["log"]);
        using var gone = new CancellationTokenSource();
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => AppendAsync(log, 1, Entries(term: 1, "a", "b"), token: gone.Token));
        Assert.Equal(0, log.FollowerFlushes);
        await AppendAsync(log, 3, []);
        Assert.Equal(1, log.FollowerFlushes);
    }

    [Fact]
    public async Task Who_was_called_off_appends_nothing_under_the_term_that_is_over()
    {
        await using var log = Open(_temp["log"]);
        IPersistentState state = log;
        await state.UpdateTermAsync(2, resetLastVote: true, CancellationToken.None);
        await Assert.ThrowsAsync<StaleTermException>(async () =>
            await ((IAuditTrail<IRaftLogEntry>)log).AppendAsync(Entries(term: 1, "late").Single(), CancellationToken.None));
        Assert.Equal(0, log.LastEntryIndex);
    }

    static DurableWal Open(string directory) => new(
        new WriteAheadLog.Options
        {
            Location = directory,
            ChunkSize = 1 << 20,
            HashAlgorithm = WriteAheadLog.IntegrityHashAlgorithm.XxHash3,
            MemoryManagement = WriteAheadLog.MemoryManagementStrategy.PrivateMemory,
        },
        new Applied());

    static ReceivedEntry[] Entries(long term, params string[] texts) =>
        [.. texts.Select(text => new ReceivedEntry { Term = term, CommandId = null, IsConfiguration = false, Content = Encoding.UTF8.GetBytes(text) })];

    static async Task AppendAsync(DurableWal log, long index, ReceivedEntry[] entries, int? breaksAfter = null, CancellationToken token = default) =>
        await ((IAuditTrail<IRaftLogEntry>)log).AppendAsync(new Request(entries, breaksAfter), index, skipCommitted: true, token);

    static async Task<List<string>> ReadAsync(DurableWal log)
    {
        using var entries = await log.ReadAsync(1, log.LastEntryIndex);
        return [.. entries.Select(entry => entry.TryGetPayload(out var payload) ? $"{entry.Term}:{Encoding.UTF8.GetString(payload)}" : $"{entry.Term}:")];
    }

    /// <summary>The log's directory as a process would find it that was killed now.</summary>
    string Killed()
    {
        var copy = _temp["killed"];
        foreach (var file in Directory.EnumerateFiles(_temp["log"], "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(copy, Path.GetRelativePath(_temp["log"], file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!); // below the copy
            File.Copy(file, target);
        }

        return copy;
    }

    /// <summary>Entries as they come from a leader, whose connection may break.</summary>
    sealed class Request(ReceivedEntry[] entries, int? breaksAfter) : ILogEntryProducer<ReceivedEntry>
    {
        int _next;

        public long RemainingCount => entries.Length - _next;

        public ReceivedEntry Current => entries[_next - 1];

        public ValueTask<bool> MoveNextAsync()
        {
            if (_next == breaksAfter) throw new IOException("The leader is gone.");
            if (_next == entries.Length) return ValueTask.FromResult(false);
            _next++;
            return ValueTask.FromResult(true);
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    sealed class Applied : IStateMachine
    {
        public ISnapshot? Snapshot => null;

        public ValueTask<long> ApplyAsync(LogEntry entry, CancellationToken token) => ValueTask.FromResult(entry.Index);

        public ValueTask ReclaimGarbageAsync(long watermark, CancellationToken token) => ValueTask.CompletedTask;
    }
}
