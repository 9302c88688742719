using System.Diagnostics;
using System.Globalization;
using Orchestrator.Testing;

namespace Orchestrator.ControlPlane.Tests.Store;

/// <summary>
/// Three stores in processes of their own that form one cluster on loopback.
/// </summary>
sealed class StoreProcesses : IAsyncDisposable
{
    /// <summary>A member that is behind gets the rest with the next heartbeat; this is a hundred of them.</summary>
    static readonly TimeSpan AgreeTimeout = TimeSpan.FromSeconds(10);

    readonly TempDirectory _temp = new();

    StoreProcesses(string wal, long snapshotEvery)
    {
        var ports = Ports.Free(6).Select(endpoint => endpoint.Port).ToArray();
        var members = Enumerable.Range(0, 3).Select(i => $"{ports[i]}={ports[3 + i]}").ToArray();
        All = [.. Enumerable.Range(0, 3).Select(i => new StoreProcess(
            [_temp[$"member-{i}"], i.ToString(CultureInfo.InvariantCulture), snapshotEvery.ToString(CultureInfo.InvariantCulture), wal, .. members]))];
    }

    public StoreProcess[] All { get; }

    public static async Task<StoreProcesses> StartAsync(string wal = "durable", long snapshotEvery = 10_000)
    {
        var cluster = new StoreProcesses(wal, snapshotEvery);
        try
        {
            await Task.WhenAll(cluster.All.Select(process => process.StartAsync()));
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>The process that leads, once exactly one says so and can prove it by a read.</summary>
    public async Task<StoreProcess> LeaderAsync()
    {
        StoreProcess? leader = null;
        await Eventually.HoldsAsync(
            async () =>
            {
                var running = All.Where(process => process.Runs).ToArray();
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
            var states = await Task.WhenAll(All.Select(process => process.AskAsync("state")));
            var hashes = states.Select(state => state.Split(' ')[1]).Distinct().ToArray();
            if (hashes.Length == 1) return hashes[0];
            await All[0].AskAsync("read");
        }

        return null;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in All) await process.DisposeAsync();
        _temp.Dispose();
    }
}
