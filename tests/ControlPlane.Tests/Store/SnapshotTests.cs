using System.Globalization;
using Orchestrator.ControlPlane.Store;
using Orchestrator.ControlPlane.Store.Raft;
using Orchestrator.Testing;

namespace Orchestrator.ControlPlane.Tests.Store;

public sealed class SnapshotTests : IDisposable
{
    readonly TempDirectory _temp = new();

    public void Dispose() => _temp.Dispose();

    [Fact]
    public void A_snapshot_gives_back_what_was_written()
    {
        var file = Write([.. Enumerable.Range(0, 100_000).Select(i => (byte)i)]);
        Assert.Equal((7, 3, new FileInfo(file).Length), SnapshotFile.Verify(file));
        byte[]? read = null;
        SnapshotFile.Read(file, stream =>
        {
            using var copy = new MemoryStream();
            stream.CopyTo(copy);
            read = copy.ToArray();
        });
        Assert.Equal([.. Enumerable.Range(0, 100_000).Select(i => (byte)i)], read!);
    }

    [Fact]
    public void A_snapshot_with_any_one_bit_flipped_is_refused()
    {
        var whole = File.ReadAllBytes(Write([1, 2, 3, 4, 5, 6, 7, 8]));
        for (var bit = 0; bit < whole.Length * 8; bit++)
        {
            var flipped = (byte[])whole.Clone();
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            File.WriteAllBytes(_temp["flipped"], flipped);
            Assert.Throws<CorruptSnapshotException>(() => SnapshotFile.Verify(_temp["flipped"]));
        }
    }

    [Fact]
    public void A_snapshot_cut_or_extended_at_any_length_is_refused()
    {
        var whole = File.ReadAllBytes(Write([1, 2, 3, 4, 5, 6, 7, 8]));
        for (var length = 0; length <= whole.Length + 40; length++)
        {
            if (length == whole.Length) continue;
            var cut = whole.AsSpan(0, int.Min(length, whole.Length)).ToArray();
            Array.Resize(ref cut, length);
            File.WriteAllBytes(_temp["cut"], cut);
            Assert.Throws<CorruptSnapshotException>(() => SnapshotFile.Verify(_temp["cut"]));
        }
    }

    [Fact]
    public async Task A_member_restarts_from_its_snapshot_and_the_log_before_it_is_gone()
    {
        var options = RaftMember.Alone(_temp["one"]) with { SnapshotEveryEntries = 10, LogChunkBytes = 4096 };
        var entries = 0;
        await using (var member = await RaftMember.OpenAsync(options))
        {
            await member.Log.WaitForLeadershipAsync(CancellationToken.None);
            for (; entries < 500; entries++) await WriteAsync(member);
            // A snapshot waits for as much log as the state is large, so writes go on until the next one.
            await Eventually.HoldsAsync(() => WriteUntilAsync(member, () => member.Log.SnapshotIndex > 400), "a late snapshot is published");
            await Eventually.HoldsAsync(
                () => WriteUntilAsync(member, () => Directory.GetFiles(Path.Combine(options.DataDirectory, "log", "data")).Length < 10), "old chunks of the log are deleted");
            await member.WriteAsync("last");
            await Eventually.HoldsAsync(
                () => Directory.GetFiles(Path.Combine(options.DataDirectory, "snapshots")).Length <= 2, "old snapshots are deleted");
        }

        await using var again = await RaftMember.OpenAsync(options);
        await again.Log.WaitForLeadershipAsync(CancellationToken.None);
        Assert.Equal(1, again.Tally.Loads);
        Assert.Equal(entries + 1, again.Tally.Entries.Count);
        Assert.Equal("last", again.Tally.Entries[^1]);

        Task WriteAsync(RaftMember member) => member.WriteAsync($"entry {entries} {new string('x', 100)}");

        async Task<bool> WriteUntilAsync(RaftMember member, Func<bool> condition)
        {
            if (condition()) return true;
            for (var i = 0; i < 10; i++, entries++) await WriteAsync(member);
            return false;
        }
    }

    [Fact]
    public async Task A_member_does_not_start_on_a_damaged_snapshot_and_says_which()
    {
        var options = RaftMember.Alone(_temp["one"]) with { SnapshotEveryEntries = 5 };
        await using (var member = await RaftMember.OpenAsync(options))
        {
            await member.Log.WaitForLeadershipAsync(CancellationToken.None);
            for (var i = 1; i <= 20; i++) await member.WriteAsync($"entry {i}");
            await Eventually.HoldsAsync(() => member.Log.SnapshotIndex > 0, "a snapshot is published");
        }

        var latest = Directory.GetFiles(Path.Combine(options.DataDirectory, "snapshots"), "snapshot-*").Order().Last();
        var bytes = await File.ReadAllBytesAsync(latest);
        bytes[bytes.Length / 2] ^= 1;
        await File.WriteAllBytesAsync(latest, bytes);
        var refused = await Assert.ThrowsAsync<CorruptSnapshotException>(() => RaftMember.OpenAsync(options));
        Assert.Equal(latest, refused.File);

        // And the refusal gave the directory back.
        DataDirectoryLock.Take(options.DataDirectory).Dispose();
    }

    [Fact]
    public async Task What_a_crash_left_of_an_unfinished_snapshot_is_cleared_away()
    {
        var options = RaftMember.Alone(_temp["one"]);
        var directory = Directory.CreateDirectory(Path.Combine(options.DataDirectory, "snapshots")).FullName;
        await File.WriteAllTextAsync(Path.Combine(directory, "unfinished-1"), "half");
        await using var member = await RaftMember.OpenAsync(options);
        Assert.Empty(Directory.GetFiles(directory));
    }

    [Fact]
    public async Task A_member_that_was_away_during_compaction_catches_up_from_a_snapshot()
    {
        await using var cluster = await RaftTrio.OpenAsync(_temp, options => options with { SnapshotEveryEntries = 10 });
        var leader = await cluster.LeaderAsync();
        var away = cluster.Members.First(member => member != leader);
        await away.DisposeAsync();
        for (var i = 1; i <= 200; i++) await leader.WriteAsync($"entry {i}");
        await Eventually.HoldsAsync(() => leader.Log.SnapshotIndex > 100, "the leader has compacted its log");

        await using var back = await RaftMember.OpenAsync(away.Options);
        await Eventually.HoldsAsync(() => back.Tally.Entries.Count == 200, "the member caught up");
        Assert.True(back.Tally.Loads > 0, "it did so from a snapshot");
        Assert.Equal(leader.Tally.Entries, back.Tally.Entries);
        await leader.WriteAsync("one more");
        await Eventually.HoldsAsync(() => back.Tally.Entries.Count == 201, "the member follows on");
    }

    [Fact]
    public async Task A_member_that_crashed_before_it_could_say_that_it_has_a_snapshot_is_sent_what_comes_after_it()
    {
        await using var cluster = await StoreProcesses.StartAsync(snapshotEvery: 1_000_000);
        var leader = await cluster.LeaderAsync();
        var behind = cluster.All.First(process => process != leader);
        await WriteAsync("before");
        Assert.Equal("True", await behind.AskAsync("has", "before"));
        var had = long.Parse((await behind.AskAsync("last")).Split(' ')[0], CultureInfo.InvariantCulture);
        await behind.KillAsync();
        StoreProcess[] others = [.. cluster.All.Where(process => process != behind)]; // either may lead by the time that it is back
        var missed = 0;
        await Eventually.HoldsAsync(
            async () =>
            {
                foreach (var process in others) await process.AskAsync("snapshot");
                await WriteAsync($"missed {missed++}");
                var states = await Task.WhenAll(others.Select(process => process.AskAsync("state")));
                return states.All(state => long.Parse(state.Split(' ')[3], CultureInfo.InvariantCulture) > had);
            },
            "a snapshot of what it missed");
        await WriteAsync("after");

        var crash = $"{Failpoint.SnapshotLoading}:panic";
        behind.Failpoint = crash;
        try
        {
            await behind.StartAsync();
        }
        catch (IOException)
        {
            // It had the snapshot before it was up.
        }

        await Eventually.HoldsAsync(() => behind.Errors.Contains(ArmedFailpoint.Reached(crash), StringComparison.Ordinal), "it has the snapshot");
        await behind.KillAsync();
        behind.Failpoint = null;
        await behind.StartAsync();
        await Eventually.HoldsAsync(async () => await behind.AskAsync("has", "after") == "True", "it has all", () => behind.Errors);

        async Task WriteAsync(string name) => Assert.StartsWith("ok", await leader.AskAsync("write", name.Replace(' ', '-')), StringComparison.Ordinal);
    }

    [Fact]
    public void A_broken_transfer_is_never_published()
    {
        var directory = new SnapshotDirectory(_temp["snapshots"]);
        var file = directory.NewFile();
        SnapshotFile.Write(file, 7, 3, stream => stream.Write(new byte[1000]));
        var whole = File.ReadAllBytes(file);
        File.WriteAllBytes(file, whole[..^1]);
        Assert.Throws<CorruptSnapshotException>(() => directory.Publish(file, 7));
        File.WriteAllBytes(file, whole);
        Assert.Throws<CorruptSnapshotException>(() => directory.Publish(file, 8));
        Assert.Null(directory.Latest);
        Assert.Empty(Directory.GetFiles(_temp["snapshots"]));
    }

    string Write(byte[] state)
    {
        SnapshotFile.Write(_temp["snapshot"], 7, 3, stream => stream.Write(state));
        return _temp["snapshot"];
    }
}
