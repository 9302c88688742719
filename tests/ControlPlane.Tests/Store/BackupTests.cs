using System.Globalization;
using System.Net;
using Orchestrator.ControlPlane.Store;
using Orchestrator.Testing;

namespace Orchestrator.ControlPlane.Tests.Store;

/// <summary>A cluster is destroyed and comes back: from a backup, or from what one server still has.</summary>
public sealed class BackupTests
{
    [Fact]
    public async Task After_everything_was_destroyed_a_cluster_restored_from_a_backup_has_all_of_it_and_its_revision_has_only_grown()
    {
        await using var cluster = await StoreProcesses.StartAsync(snapshotEvery: 20);
        var leader = await cluster.LeaderAsync();
        for (var i = 0; i < 50; i++) await WriteAsync(leader, $"n{i}");
        var saved = (await leader.AskAsync("backup", cluster["backup"])).Split(' ');
        Assert.Equal("50", saved[1]);
        await WriteAsync(leader, "after-the-backup");
        await DestroyAsync(cluster);

        for (var i = 0; i < 3; i++)
        {
            var restored = await OfflineStore.RestoreAsync(cluster["backup"], cluster.OptionsOf(i), CancellationToken.None);
            Assert.Equal(50, restored.Objects);
            Assert.Equal(Number(saved[0]) + OfflineStore.RevisionBump, restored.Revision);
        }

        await Task.WhenAll(cluster.All.Select(process => process.StartAsync()));
        var next = await cluster.LeaderAsync();
        Assert.Equal(Enumerable.Range(0, 50).Select(i => $"n{i}").Order(StringComparer.Ordinal), (await next.AskAsync("read")).Split(','));
        var written = await next.AskAsync("write", "new");
        Assert.StartsWith("ok", written, StringComparison.Ordinal);
        Assert.True(Number(written.Split(' ')[1]) > Number(saved[0]) + OfflineStore.RevisionBump);
        Assert.NotNull(await cluster.AgreedHashAsync());

        // Who remembers a revision of before reads everything anew, instead of seeing time go backwards.
        var watch = next.Send("watch", (Number(saved[0]) + 1).ToString(CultureInfo.InvariantCulture));
        Assert.StartsWith("error CompactedException", await watch.ReadAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_backup_with_any_byte_changed_is_refused_and_nothing_is_written()
    {
        await using var cluster = await StoreProcesses.StartAsync(count: 1);
        await cluster.LeaderAsync();
        await WriteAsync(cluster.All[0], "a");
        await cluster.All[0].AskAsync("backup", cluster["backup"]);
        await DestroyAsync(cluster);
        var whole = await File.ReadAllBytesAsync(cluster["backup"]);
        for (var i = 0; i < whole.Length; i += 7)
        {
            var changed = (byte[])whole.Clone();
            changed[i] ^= 0x10;
            await File.WriteAllBytesAsync(cluster["changed"], changed);
            await Assert.ThrowsAsync<CorruptSnapshotException>(() => OfflineStore.RestoreAsync(cluster["changed"], cluster.OptionsOf(0), CancellationToken.None));
        }

        Assert.False(Directory.Exists(cluster.DirectoryOf(0)));
        await OfflineStore.RestoreAsync(cluster["backup"], cluster.OptionsOf(0), CancellationToken.None);
        var refused = await Assert.ThrowsAsync<IOException>(() => OfflineStore.RestoreAsync(cluster["backup"], cluster.OptionsOf(0), CancellationToken.None));
        Assert.Contains("there are data", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_one_survivor_has_can_be_looked_at_and_be_the_start_of_a_cluster_of_one()
    {
        // One joins and one is removed: the log has changes of the members, which must not make the look wait for them.
        await using var cluster = await StoreProcesses.StartAsync(more: 1);
        var leader = await cluster.LeaderAsync();
        for (var i = 0; i < 30; i++) await WriteAsync(leader, $"n{i}");
        await cluster.Others[0].StartAsync();
        await leader.AddAsync(cluster.RaftPorts[3]);
        await WriteAsync(leader, "last");
        var survivor = Array.IndexOf(cluster.All, leader);

        await Assert.ThrowsAsync<DataDirectoryInUseException>(() => OfflineStore.ReadAsync(cluster.OptionsOf(survivor), cluster["look"], CancellationToken.None));
        foreach (var process in cluster.All.Concat(cluster.Others)) await process.KillAsync();
        var found = await OfflineStore.ReadAsync(cluster.OptionsOf(survivor), cluster["look"], CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(31, found.Objects);
        Assert.Equal(4, found.Members.Count);
        Assert.True(found.LastIndex >= 31);

        var alone = cluster.OptionsOf(survivor) with { DataDirectory = cluster["alone"] };
        alone = alone with { Members = [new StoreMember(new IPEndPoint(IPAddress.Loopback, cluster.RaftPorts[survivor]), new Uri("http://127.0.0.1:1"))] };
        await OfflineStore.RestoreAsync(cluster["look"], alone, CancellationToken.None);
        await using var store = await RaftMember.OpenStoreAsync(alone);
        await Eventually.HoldsAsync(() => store.IsLeader, "it leads alone");
        Assert.Equal(31, (await store.ReadAsync()).Count);
        Assert.Equal(found.Revision + OfflineStore.RevisionBump, store.Current.Revision);
    }

    static async Task DestroyAsync(StoreProcesses cluster)
    {
        await Task.WhenAll(cluster.All.Select(process => process.KillAsync()));
        for (var i = 0; i < cluster.All.Length; i++) Directory.Delete(cluster.DirectoryOf(i), recursive: true);
    }

    static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);

    static async Task WriteAsync(StoreProcess process, string name) => Assert.StartsWith("ok", await process.AskAsync("write", name), StringComparison.Ordinal);
}
