using System.Diagnostics;
using System.Globalization;
using System.Net;
using Orchestrator.ControlPlane.Store;
using Orchestrator.Testing;
using Orchestrator.Testing.Clusters;

namespace Orchestrator.ControlPlane.Tests.Store;

/// <summary>
/// Stores in processes of their own that form one cluster, on loopback or on hosts, and some that may join it.
/// </summary>
sealed class StoreProcesses : IAsyncDisposable
{
    /// <summary>A member that is behind gets the rest with the next heartbeat; this is a hundred of them.</summary>
    static readonly TimeSpan AgreeTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Bytes of a host's disk: what a store keeps free, and some more.</summary>
    const string DiskSize = "360M";

    readonly TempDirectory _temp = new();
    readonly Lan? _lan;
    readonly List<LossyDisk> _disks = [];

    StoreProcesses(string wal, long snapshotEvery, int history, int count, int more, Lan? lan)
    {
        _lan = lan;
        var all = count + more;
        RaftPorts = [.. Ports.Free(2 * all).Select(endpoint => endpoint.Port)];
        var members = Enumerable.Range(0, all).Select(i => $"{At(i)}={RaftPorts[all + i]}").ToArray();
        StoreProcess[] processes = [.. Enumerable.Range(0, all).Select(i => new StoreProcess([_temp[$"member-{i}"], Text(i), Text(snapshotEvery), wal, Text(history), Text(count), .. members]))];
        for (var i = 0; i < all && lan is not null; i++) processes[i].Inside = lan.Hosts[i].Namespace.Enter();
        All = processes[..count];
        Others = processes[count..];

        static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>The members from the start.</summary>
    public StoreProcess[] All { get; }

    /// <summary>Those that are not started, and join when they are.</summary>
    public StoreProcess[] Others { get; }

    /// <summary>Where each speaks Raft, members first.</summary>
    public int[] RaftPorts { get; }

    /// <summary>A name for a file of the test.</summary>
    public string this[string file] => _temp[file];

    /// <summary>The options of a member's store, for what is done to it while it does not run.</summary>
    public StoreOptions OptionsOf(int member) => new(
        DirectoryOf(member), At(member), [.. Enumerable.Range(0, All.Length).Select(i => new StoreMember(At(i), new Uri("http://127.0.0.1:1")))]);

    IPEndPoint At(int member) => new(_lan is null ? IPAddress.Loopback : IPAddress.Parse(_lan.Hosts[member].Address), RaftPorts[member]);

    public string DirectoryOf(int member) => _temp[$"member-{member}"];

    /// <param name="lan">Has a host for each member, with a small disk of its own; without one all are on loopback.</param>
    public static async Task<StoreProcesses> StartAsync(string wal = "durable", long snapshotEvery = 10_000, int history = 16_384, int count = 3, int more = 0, Lan? lan = null)
    {
        var cluster = new StoreProcesses(wal, snapshotEvery, history, count, more, lan);
        try
        {
            for (var i = 0; i < count && lan is not null; i++) cluster._disks.Add(await LossyDisk.MakeAsync(cluster.DirectoryOf(i), DiskSize));
            await Task.WhenAll(cluster.All.Select(process => process.StartAsync()));
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>The disk of a member that has a host.</summary>
    public LossyDisk DiskOf(int member) => _disks[member];

    /// <summary>The process that leads, once exactly one says so.</summary>
    /// <param name="asked">Who is asked; all that run, when nobody is named.</param>
    public async Task<StoreProcess> LeaderAsync(params StoreProcess[] asked)
    {
        StoreProcess? leader = null;
        await Eventually.HoldsAsync(
            async () =>
            {
                var running = (asked.Length > 0 ? asked : All.Concat(Others)).Where(process => process.Runs).ToArray();
                var states = await Task.WhenAll(running.Select(process => process.AskAsync("state")));
                var leads = running.Where((_, i) => states[i].EndsWith("True", StringComparison.Ordinal)).ToArray();
                leader = leads.Length == 1 ? leads[0] : null;
                return leader is not null;
            },
            "one process leads");
        return leader!;
    }

    /// <summary>The hash of the state that all have come to, or null when they never come to agree.</summary>
    public async Task<string?> AgreedHashAsync()
    {
        for (var started = Stopwatch.StartNew(); started.Elapsed < AgreeTimeout;)
        {
            var running = All.Concat(Others).Where(process => process.Runs).ToArray();
            var states = await Task.WhenAll(running.Select(process => process.AskAsync("state")));
            var hashes = states.Select(state => state.Split(' ')[1]).Distinct().ToArray();
            if (hashes.Length == 1) return hashes[0];
            await running[0].AskAsync("read");
        }

        return null;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in All.Concat(Others)) await process.DisposeAsync();
        foreach (var disk in _disks) await disk.RemoveAsync();
        _temp.Dispose();
    }
}
