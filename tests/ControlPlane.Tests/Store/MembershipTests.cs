using System.Globalization;
using Orchestrator.Testing;

namespace Orchestrator.ControlPlane.Tests.Store;

/// <summary>Servers come and go while the cluster is written to.</summary>
public sealed class MembershipTests
{
    [Fact]
    public async Task A_server_joins_with_a_snapshot_is_promoted_and_takes_the_place_of_a_dead_one()
    {
        await using var cluster = await StoreProcesses.StartAsync(snapshotEvery: 20, more: 1);
        var leader = await cluster.LeaderAsync();
        for (var i = 0; i < 60; i++) await WriteAsync(leader, $"before-{i}");
        await Eventually.HoldsAsync(async () => await SnapshotOf(leader) > 20, "the leader has a snapshot");
        var dead = Array.FindIndex(cluster.All, process => process != leader);
        await cluster.All[dead].KillAsync();

        var newcomer = cluster.Others[0];
        await newcomer.StartAsync();
        Assert.True(await SnapshotOf(newcomer) > 0, "it came with the cluster's snapshot");
        await leader.AddAsync(cluster.RaftPorts[3]);
        Assert.Equal("ok", await leader.AskAsync("remove", Port(cluster, dead)));
        string[] wanted = [.. Enumerable.Range(0, 4).Where(i => i != dead).Select(i => Port(cluster, i)).Order(StringComparer.Ordinal)];
        foreach (var process in cluster.All.Append(newcomer).Where(process => process.Runs))
            await Eventually.HoldsAsync(async () => Members(await process.AskAsync("members")).SequenceEqual(wanted), "all know the members");

        // The newcomer is one of the two that are needed now.
        var other = cluster.All.First(process => process.Runs && process != leader);
        await leader.KillAsync();
        await cluster.LeaderAsync();
        await WriteAsync(other, "after");
        Assert.Equal("True", await newcomer.AskAsync("has", "after"));
        Assert.Equal("True", await newcomer.AskAsync("has", "before-59"));

        // And it is still a member when it comes back from its own disk.
        await newcomer.KillAsync();
        await newcomer.StartAsync();
        await cluster.LeaderAsync();
        await WriteAsync(newcomer, "again");
        await leader.StartAsync();
        Assert.NotNull(await cluster.AgreedHashAsync());
    }

    [Fact]
    public async Task One_server_grows_to_three_to_five_and_to_seven_and_each_time_survives_a_minority()
    {
        await using var cluster = await StoreProcesses.StartAsync(snapshotEvery: 30, count: 1, more: 6);
        await cluster.LeaderAsync();
        var everybody = cluster.All.Concat(cluster.Others).ToArray();
        for (var size = 1; size <= 7; size += 2)
        {
            for (var i = size - 2; i < size; i++)
            {
                if (i < 1) continue;
                await everybody[i].StartAsync();
                await everybody[0].AddAsync(cluster.RaftPorts[i]);
            }

            var leader = await cluster.LeaderAsync();
            for (var i = 0; i < 40; i++) await WriteAsync(everybody[i % size], $"size-{size}-{i}");

            // The leader is always among those that are lost.
            StoreProcess[] lost = [.. everybody[..size].OrderByDescending(process => process == leader).Take((size - 1) / 2)];
            await Task.WhenAll(lost.Select(process => process.KillAsync()));
            await cluster.LeaderAsync();
            await WriteAsync(everybody[..size].First(process => process.Runs), $"lost-{size}");
            foreach (var process in lost) await process.StartAsync();
        }

        Assert.NotNull(await cluster.AgreedHashAsync());
        var names = (await everybody[6].AskAsync("read")).Split(',');
        Assert.Equal(164, names.Length);
    }

    [Fact]
    public async Task Who_can_not_be_added_or_removed_is_named_with_the_reason()
    {
        await using var cluster = await StoreProcesses.StartAsync(more: 1);
        var leader = await cluster.LeaderAsync();
        Assert.Contains("MembershipException", await leader.AskAsync("add", Port(cluster, 3)), StringComparison.Ordinal); // it does not run
        Assert.Equal("ok", await leader.AskAsync("remove", Port(cluster, 3))); // it is not there, which is what was asked
        await WriteAsync(leader, "fine");
    }

    [Fact]
    public async Task The_leader_is_removed_after_it_has_let_another_one_lead()
    {
        await using var cluster = await StoreProcesses.StartAsync();
        var leader = await cluster.LeaderAsync();
        await WriteAsync(leader, "before");
        var asked = cluster.All.First(process => process != leader);
        Assert.Equal("ok", await asked.AskAsync("remove", Port(cluster, Array.IndexOf(cluster.All, leader))));
        await leader.KillAsync();
        await WriteAsync(asked, "after");
        Assert.Equal(2, Members(await asked.AskAsync("members")).Length);
    }

    [Fact]
    public async Task A_rolling_restart_loses_nothing_and_writes_go_on()
    {
        await using var cluster = await StoreProcesses.StartAsync(snapshotEvery: 25);
        await cluster.LeaderAsync();
        using var stop = new CancellationTokenSource();
        var acknowledged = 0;
        var writing = Task.Run(async () =>
        {
            for (var i = 0; !stop.IsCancellationRequested; i++)
            {
                var running = cluster.All.Where(process => process.Runs).ToArray();
                if ((await running[i % running.Length].AskAsync("write", $"w{i}")).StartsWith("ok", StringComparison.Ordinal)) Interlocked.Increment(ref acknowledged);
            }
        });
        foreach (var process in cluster.All)
        {
            var before = Volatile.Read(ref acknowledged);
            await Eventually.HoldsAsync(() => Volatile.Read(ref acknowledged) > before + 20, "writes go on");
            await process.KillAsync();
            before = Volatile.Read(ref acknowledged);
            await Eventually.HoldsAsync(() => Volatile.Read(ref acknowledged) > before + 20, "writes go on with one away");
            await process.StartAsync();
            await cluster.LeaderAsync();
        }

        await stop.CancelAsync();
        await writing;
        Assert.NotNull(await cluster.AgreedHashAsync());
        Assert.True((await cluster.All[0].AskAsync("read")).Split(',').Length >= acknowledged);
    }

    static string Port(StoreProcesses cluster, int member) => cluster.RaftPorts[member].ToString(CultureInfo.InvariantCulture);

    static string[] Members(string answer) => [.. answer.Split(',').Order(StringComparer.Ordinal)];

    static async Task<long> SnapshotOf(StoreProcess process) => long.Parse((await process.AskAsync("state")).Split(' ')[3], CultureInfo.InvariantCulture);

    static async Task WriteAsync(StoreProcess process, string name) => Assert.StartsWith("ok", await process.AskAsync("write", name), StringComparison.Ordinal);
}
