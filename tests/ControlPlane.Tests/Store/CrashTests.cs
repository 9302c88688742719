using Orchestrator.Testing;

namespace Orchestrator.ControlPlane.Tests.Store;

public sealed class CrashTests
{
    [Fact]
    public async Task What_two_of_three_acknowledged_survives_when_all_are_killed_and_the_leader_comes_back_last()
    {
        for (var round = 0; round < 2; round++)
        {
            var outcome = await CrashSchedule.RunAsync("durable");
            Assert.InRange(outcome.Acknowledged, 40, int.MaxValue);
            Assert.Empty(outcome.Lost);
            Assert.False(outcome.Diverged);
        }
    }

    [Fact]
    public async Task A_leader_whose_majority_hangs_answers_no_linearizable_read_and_all_is_well_when_it_is_back()
    {
        await using var cluster = await StoreProcesses.StartAsync();
        var leader = await cluster.LeaderAsync();
        Assert.StartsWith("ok", await leader.AskAsync("write", "before"), StringComparison.Ordinal);
        var followers = cluster.All.Where(process => process != leader).ToArray();
        foreach (var follower in followers) follower.Pause();
        Assert.StartsWith("error NoLeaderException", await leader.AskAsync("has", "before"), StringComparison.Ordinal);
        foreach (var follower in followers) follower.Continue();
        await Eventually.HoldsAsync(async () => await leader.AskAsync("has", "before") == "True", "reads are answered again");
        Assert.StartsWith("ok", await leader.AskAsync("write", "after"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task When_the_leader_hangs_the_others_go_on_and_it_rejoins_without_having_answered_stale_reads()
    {
        await using var cluster = await StoreProcesses.StartAsync();
        var hung = await cluster.LeaderAsync();
        var other = cluster.All.First(process => process != hung);
        hung.Pause();
        await Eventually.HoldsAsync(
            async () => (await other.AskAsync("write", "meanwhile")).StartsWith("ok", StringComparison.Ordinal),
            "a write succeeds without the hung leader");

        // Whatever it believes when it wakes up, a linearizable read there has the write.
        hung.Continue();
        Assert.Equal("True", await hung.AskAsync("has", "meanwhile"));
        Assert.NotNull(await cluster.AgreedHashAsync());
    }

    [Fact]
    public async Task A_request_is_done_once_though_a_snapshot_a_restart_of_all_and_another_leader_come_between_its_tries()
    {
        await using var cluster = await StoreProcesses.StartAsync(snapshotEvery: 20);
        var leader = await cluster.LeaderAsync();
        var first = await leader.AskAsync("write", "once");
        Assert.StartsWith("ok", first, StringComparison.Ordinal);
        for (var i = 0; i < 50; i++) Assert.StartsWith("ok", await leader.AskAsync("write", $"other-{i}"), StringComparison.Ordinal);
        await Eventually.HoldsAsync(async () => long.Parse((await leader.AskAsync("state")).Split(' ')[3]) > 20, "a snapshot has the answer");

        await Task.WhenAll(cluster.All.Select(process => process.KillAsync()));
        foreach (var other in cluster.All.Where(process => process != leader)) await other.StartAsync();
        var next = await cluster.LeaderAsync();
        Assert.NotSame(leader, next);
        Assert.Equal(first, await next.AskAsync("write", "once"));
        await leader.StartAsync();
        Assert.Equal(first, await leader.AskAsync("write", "once"));
    }

    [Fact]
    public async Task A_member_that_hangs_for_good_does_not_keep_the_others_from_electing_however_often_they_have_to()
    {
        await using var cluster = await StoreProcesses.StartAsync(count: 5);
        var leader = await cluster.LeaderAsync();
        var hung = cluster.All.First(process => process != leader);
        hung.Pause();
        StoreProcess[] others = [.. cluster.All.Where(process => process != hung)];
        for (var round = 0; round < 6; round++)
        {
            leader = await cluster.LeaderAsync(others);
            await leader.KillAsync();
            var asked = others.First(process => process.Runs);
            var name = $"round-{round}";
            await Eventually.HoldsAsync(async () => (await asked.AskAsync("write", name)).StartsWith("ok", StringComparison.Ordinal), "a write succeeds with another leader");
            await leader.StartAsync();
        }

        hung.Continue();
        Assert.NotNull(await cluster.AgreedHashAsync());
    }
}
