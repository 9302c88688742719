using System.Net.Security;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Orchestrator.ControlPlane.Security;
using Orchestrator.ControlPlane.Store;
using Orchestrator.ControlPlane.Store.Raft;
using Orchestrator.ControlPlane.Tests.Security;
using Orchestrator.Testing;

namespace Orchestrator.ControlPlane.Tests.Store;

public sealed class RaftStateLogTests : IDisposable
{
    static readonly CancellationToken None = CancellationToken.None;

    readonly TempDirectory _temp = new();

    public void Dispose() => _temp.Dispose();

    [Fact]
    public async Task One_member_alone_leads_at_once_and_remembers_what_it_acknowledged()
    {
        var options = RaftMember.Alone(_temp["one"]);
        await using (var member = await RaftMember.OpenAsync(options))
        {
            await member.Log.WaitForLeadershipAsync(None);
            for (var i = 1; i <= 20; i++) Assert.Equal(i, await member.WriteAsync($"entry {i}"));
            var index = await member.Log.ReadIndexAsync(None);
            await member.Log.WaitForAppliedAsync(index, None);
            Assert.Equal(20, member.Tally.Entries.Count);
        }

        await using var again = await RaftMember.OpenAsync(options);
        await again.Log.WaitForLeadershipAsync(None);
        Assert.Equal(Enumerable.Range(1, 20).Select(i => $"entry {i}"), again.Tally.Entries);
        Assert.Equal(21, await again.WriteAsync("entry 21"));
    }

    [Fact]
    public async Task Three_members_started_in_any_order_elect_one_leader_and_hold_the_same_entries()
    {
        await using var cluster = await RaftTrio.OpenAsync(_temp);
        var leader = await cluster.LeaderAsync();
        for (var i = 1; i <= 50; i++) Assert.Equal(i, await leader.WriteAsync($"entry {i}"));
        foreach (var member in cluster.Members)
        {
            await Eventually.HoldsAsync(() => member.Tally.Entries.Count == 50, "every member has every entry");
            Assert.Equal(leader.Tally.Entries, member.Tally.Entries);
            Assert.Equal(leader.Log.Self, member.Log.Leader);
            Assert.Equal(3, member.Log.Members.Count);
        }
    }

    [Fact]
    public async Task A_leader_that_is_to_be_removed_stands_back_until_another_one_leads_and_stands_again_afterwards()
    {
        await using var cluster = await RaftTrio.OpenAsync(_temp);
        for (var round = 1; round <= 10; round++)
        {
            // On a busy machine the others may not have agreed by the time that it stands again.
            await Eventually.HoldsAsync(LetsAnotherLeadAsync, "another one leads");
        }

        var last = await cluster.LeaderAsync();
        await last.DisposeAsync();
        var next = await cluster.LeaderAsync(except: last);
        Assert.Equal(1, await next.WriteAsync("entry"));

        async Task<bool> LetsAnotherLeadAsync()
        {
            var leader = await cluster.LeaderAsync();
            var gone = await Assert.ThrowsAsync<NotLeaderException>(() => leader.Log.RemoveMemberAsync(leader.Log.Self, None));
            return gone.Leader is { } next && !next.Equals(leader.Log.Self);
        }
    }

    [Fact]
    public async Task A_member_that_does_not_lead_refuses_a_proposal_and_a_read_index_and_names_the_leader()
    {
        await using var cluster = await RaftTrio.OpenAsync(_temp);
        var leader = await cluster.LeaderAsync();
        var follower = cluster.Members.First(member => member != leader);
        await Eventually.HoldsAsync(() => follower.Log.Leader is not null, "the follower knows the leader");
        var refused = await Assert.ThrowsAsync<NotLeaderException>(() => follower.WriteAsync("entry"));
        Assert.Equal(leader.Log.Self, refused.Leader);
        await Assert.ThrowsAsync<NotLeaderException>(() => follower.Log.ReadIndexAsync(None));
    }

    [Fact]
    public async Task A_follower_flushes_entries_before_it_acknowledges_them()
    {
        await using var cluster = await RaftTrio.OpenAsync(_temp);
        var leader = await cluster.LeaderAsync();
        var followers = cluster.Members.Where(member => member != leader).Select(member => (DurableWal)member.Log.Wal).ToArray();
        var before = followers.Sum(wal => wal.FollowerFlushes);
        for (var i = 1; i <= 10; i++)
        {
            await leader.WriteAsync($"entry {i}");
            Assert.True(followers.Sum(wal => wal.FollowerFlushes) >= before + i, "each acknowledged write was flushed by a follower");
        }
    }

    [Fact]
    public async Task A_second_opener_of_a_data_directory_is_told_who_has_it()
    {
        var options = RaftMember.Alone(_temp["one"]);
        await using var member = await RaftMember.OpenAsync(options);
        var refused = await Assert.ThrowsAsync<DataDirectoryInUseException>(() => RaftMember.OpenAsync(options));
        Assert.Equal(
            $"The data directory {options.DataDirectory} is in use by process {Environment.ProcessId}: stop it, or choose another directory.",
            refused.Message);
    }

    [Fact]
    public async Task A_data_directory_of_another_cluster_is_refused()
    {
        var options = RaftMember.Alone(_temp["one"]);
        await (await RaftMember.OpenAsync(options)).DisposeAsync();
        var other = RaftMember.Alone(_temp["one"]);
        var refused = await Assert.ThrowsAsync<NotAMemberException>(() => RaftMember.OpenAsync(other));
        Assert.Contains(options.RaftEndpoint.ToString(), refused.Message, StringComparison.Ordinal);
        await (await RaftMember.OpenAsync(options)).DisposeAsync();
    }

    [Fact]
    public async Task Members_speak_over_mutual_tls_when_told_to()
    {
        var authority = new TestAuthority(_temp.Path);
        await using var cluster = await RaftTrio.OpenAsync(_temp, options =>
        {
            var tls = new ServerTls(new Gate(authority.Server($"s{options.RaftEndpoint.Port}"), NullLoggerFactory.Instance), "Raft");
            return options with { Tls = new RaftTls(tls.AcceptAsync, tls.ConnectAsync) };
        });
        var leader = await cluster.LeaderAsync();
        Assert.Equal(1, await leader.WriteAsync("entry"));

        // And to nobody else: who does not show the certificate is cut off.
        using var stranger = new TcpClient();
        await stranger.ConnectAsync(leader.Log.Self);
        await using var tls = new SslStream(stranger.GetStream(), false, (_, shown, _, _) => shown is not null);
        await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            await tls.AuthenticateAsClientAsync("raft");
            await tls.WriteAsync(new byte[64]);
            if (await tls.ReadAsync(new byte[1]) == 0) throw new IOException("cut off");
        });
    }

    [Fact]
    public async Task A_full_disk_fails_the_log_but_not_the_process_and_nothing_acknowledged_is_lost()
    {
        using var disk = new SmallDisk(_temp["disk"], megabytes: 8);
        var options = RaftMember.Alone(Path.Combine(disk.Path, "one")) with { LogChunkBytes = 1 << 20 };
        var acknowledged = 0;
        await using (var member = await RaftMember.OpenAsync(options))
        {
            var leadership = await member.Log.WaitForLeadershipAsync(None);
            var full = await Assert.ThrowsAnyAsync<StoreUnavailableException>(async () =>
            {
                for (; acknowledged < 1000; acknowledged++) await member.WriteAsync(new string('x', 64 * 1024));
            });
            Assert.IsType<OutcomeUnknownException>(full);
            Assert.IsAssignableFrom<IOException>(await member.Log.Failed.WaitAsync(TimeSpan.FromSeconds(10)));
            Assert.True(leadership.Lost.IsCancellationRequested);
            await Assert.ThrowsAsync<LogFailedException>(() => member.WriteAsync("more"));
            Assert.Equal(acknowledged, member.Tally.Entries.Count);
        }

        disk.Resize(megabytes: 64);
        await using var again = await RaftMember.OpenAsync(options);
        await again.Log.WaitForLeadershipAsync(None);
        Assert.InRange(again.Tally.Entries.Count, acknowledged, acknowledged + 1); // the unknown one may be there
        await again.WriteAsync("more");
    }

    [Fact]
    public async Task An_exception_in_apply_is_reported_as_a_bug()
    {
        var tally = new Tally { BeforeApply = text => { if (text == "bad") throw new FormatException("can't read it"); } };
        await using var member = await RaftMember.OpenAsync(RaftMember.Alone(_temp["one"]), tally);
        await member.Log.WaitForLeadershipAsync(None);
        await Assert.ThrowsAnyAsync<StoreUnavailableException>(() => member.WriteAsync("bad"));
        Assert.Contains("can't read it", (await member.Broken.Task).Message, StringComparison.Ordinal);
        await member.Log.Failed;
        await Assert.ThrowsAsync<LogFailedException>(() => member.WriteAsync("good"));
    }

    [Fact]
    public async Task A_proposal_without_a_majority_ends_as_unknown_within_its_time()
    {
        await using var cluster = await RaftTrio.OpenAsync(_temp);
        var leader = await cluster.LeaderAsync();
        foreach (var follower in cluster.Members.Where(member => member != leader).ToArray()) await follower.DisposeAsync();
        var refused = await Assert.ThrowsAnyAsync<StoreUnavailableException>(() => leader.WriteAsync("entry"));
        Assert.True(refused is OutcomeUnknownException or NotLeaderException, refused.ToString());
    }
}
