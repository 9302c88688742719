using System.Text.RegularExpressions;
using Orchestrator.Testing;

namespace Orchestrator.ControlPlane.Tests.Store;

/// <summary>What is on a disk changes by itself: it is found, named and made good, and never served.</summary>
public sealed class DamageTests
{
    [Fact]
    public async Task A_member_whose_snapshot_is_damaged_names_file_and_offset_and_is_rebuilt_from_the_others()
    {
        await using var cluster = await StoreProcesses.StartAsync(snapshotEvery: 20);
        var leader = await cluster.LeaderAsync();
        for (var i = 0; i < 60; i++) await WriteAsync(leader, $"n{i}");
        var index = Array.FindIndex(cluster.All, process => process != leader);
        var damaged = cluster.All[index];
        await Eventually.HoldsAsync(() => Snapshots(cluster, index).Length > 0, "it has a snapshot");
        await damaged.KillAsync();
        for (var i = 60; i < 90; i++) await WriteAsync(leader, $"n{i}");
        var file = Snapshots(cluster, index)[^1];
        Flip(file, new FileInfo(file).Length / 2);

        await damaged.StartAsync();
        await SaysAsync(damaged, Regex.Escape($"The snapshot {file} is damaged: its checksum does not match between offsets 0 and "));
        Assert.NotNull(await cluster.AgreedHashAsync());
        await WriteAsync(damaged, "after");

        // It is a whole member: the other two alone are not needed.
        await leader.KillAsync();
        await cluster.LeaderAsync();
        await WriteAsync(damaged, "without-the-leader");
    }

    [Fact]
    public async Task A_member_with_a_damaged_entry_in_its_log_names_it_and_is_rebuilt_from_the_others()
    {
        await using var cluster = await StoreProcesses.StartAsync();
        var leader = await cluster.LeaderAsync();
        for (var i = 0; i < 60; i++) await WriteAsync(leader, $"n{i}");
        var index = Array.FindIndex(cluster.All, process => process != leader);
        var damaged = cluster.All[index];
        Assert.NotNull(await cluster.AgreedHashAsync()); // two make a majority: the third may not have the entries yet
        await damaged.KillAsync();
        var file = Path.Combine(cluster.DirectoryOf(index), "log", "data", "0");
        Flip(file, 5000);

        await damaged.StartAsync();
        await SaysAsync(damaged, @"The log is damaged: entry \d+, in .*/log/data/0 at offset \d+, is not what was written");
        Assert.NotNull(await cluster.AgreedHashAsync());
        await WriteAsync(damaged, "after");
    }

    [Fact]
    public async Task A_server_alone_does_not_start_on_damaged_data()
    {
        await using var cluster = await StoreProcesses.StartAsync(snapshotEvery: 20, count: 1);
        await cluster.LeaderAsync();
        for (var i = 0; i < 60; i++) await WriteAsync(cluster.All[0], $"n{i}");
        await Eventually.HoldsAsync(() => Snapshots(cluster, 0).Length > 0, "it has a snapshot");
        await cluster.All[0].KillAsync();
        Flip(Snapshots(cluster, 0)[^1], 30);
        var refused = await Assert.ThrowsAsync<IOException>(() => cluster.All[0].StartAsync());
        Assert.Contains("come back from a backup", refused.Message, StringComparison.Ordinal);
    }

    /// <summary>What it says comes by another pipe than that it is ready.</summary>
    static Task SaysAsync(StoreProcess process, string pattern) =>
        Eventually.HoldsAsync(() => Regex.IsMatch(process.Errors, pattern), $"it says {pattern}", () => process.Errors);

    static string[] Snapshots(StoreProcesses cluster, int member) =>
        Directory.Exists(Path.Combine(cluster.DirectoryOf(member), "snapshots")) ? [.. Directory.GetFiles(Path.Combine(cluster.DirectoryOf(member), "snapshots"), "snapshot-*").Order(StringComparer.Ordinal)] : [];

    static void Flip(string file, long offset)
    {
        using var opened = File.Open(file, FileMode.Open, FileAccess.ReadWrite);
        opened.Position = offset;
        var value = opened.ReadByte();
        opened.Position = offset;
        opened.WriteByte((byte)(value ^ 0x10));
    }

    static async Task WriteAsync(StoreProcess process, string name) => Assert.StartsWith("ok", await process.AskAsync("write", name), StringComparison.Ordinal);
}
