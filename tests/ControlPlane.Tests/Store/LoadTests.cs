using System.Collections.Concurrent;
using System.Globalization;
using System.Threading.Channels;
using Orchestrator.Testing;

namespace Orchestrator.ControlPlane.Tests.Store;

public sealed class LoadTests
{
    const int Kills = 5;
    const int Writers = 4;

    readonly ConcurrentDictionary<string, bool> _acknowledged = new();
    readonly ConcurrentBag<string> _wrong = [];

    [Fact]
    public async Task While_leaders_are_killed_no_acknowledged_write_is_lost_or_done_twice_and_watchers_see_each_revision_once()
    {
        // Small intervals: members compact all the time, and a restarted one often gets a snapshot.
        await using var cluster = await StoreProcesses.StartAsync(snapshotEvery: 40);
        await cluster.LeaderAsync();
        using var stop = new CancellationTokenSource();
        using var stopWatching = new CancellationTokenSource();
        var seen = new List<(long Revision, string Names)>();
        var watching = WatchAsync(cluster, seen, stopWatching.Token);
        var writing = Enumerable.Range(0, Writers).Select(writer => WriteAsync(cluster, writer, stop.Token)).ToArray();

        for (var kill = 0; kill < Kills; kill++)
        {
            var leader = await cluster.LeaderAsync();
            var before = _acknowledged.Count;
            await Eventually.HoldsAsync(() => _acknowledged.Count >= before + 30, "writes go on");
            await leader.KillAsync();
            before = _acknowledged.Count;
            await Eventually.HoldsAsync(() => _acknowledged.Count >= before + 30, "writes go on without the killed leader");
            await leader.StartAsync();
        }

        await stop.CancelAsync();
        await Task.WhenAll(writing);
        Assert.NotNull(await cluster.AgreedHashAsync());
        Assert.Empty(_wrong);
        var state = (await cluster.All[0].AskAsync("state")).Split(' ');
        var last = long.Parse(state[0], CultureInfo.InvariantCulture);
        await Eventually.HoldsAsync(() => { lock (seen) return seen.Count > 0 && seen[^1].Revision == last; }, "the watch reaches the last revision");
        await stopWatching.CancelAsync();
        await watching;

        var names = (await cluster.All[0].AskAsync("read")).Split(',');
        Assert.Empty(_acknowledged.Keys.Except(names));
        Assert.Equal(Enumerable.Range(1, (int)last).Select(revision => (long)revision), seen.Select(each => each.Revision));
        Assert.Equal(names.Order(), seen.Select(each => each.Names).Where(each => each.Length > 0).Order());
    }

    /// <summary>Writes through whichever member comes up, and reads back through another.</summary>
    async Task WriteAsync(StoreProcesses cluster, int writer, CancellationToken stop)
    {
        var random = new Random(writer);
        for (var i = 0; !stop.IsCancellationRequested; i++)
        {
            var name = $"w{writer}-{i}";
            var answer = await Running(cluster, random).AskAsync("write", name);
            if (answer.StartsWith("refused", StringComparison.Ordinal)) _wrong.Add($"{name} was done twice: {answer}");
            if (!answer.StartsWith("ok", StringComparison.Ordinal)) continue;
            _acknowledged[name] = true;
            if (i % 4 == 0 && await Running(cluster, random).AskAsync("has", name) == "False") _wrong.Add($"{name} was read as missing after it was acknowledged");
        }
    }

    /// <summary>Follows one member, and the next one when it is gone or has forgotten too much.</summary>
    static async Task WatchAsync(StoreProcesses cluster, List<(long, string)> seen, CancellationToken stop)
    {
        var after = 0L;
        for (var turn = 0; !stop.IsCancellationRequested; turn++)
        {
            var process = cluster.All[turn % cluster.All.Length];
            var answers = process.Send("watch", after.ToString(CultureInfo.InvariantCulture));
            try
            {
                await foreach (var answer in answers.ReadAllAsync(stop))
                {
                    if (answer.StartsWith("error", StringComparison.Ordinal)) break;
                    var words = answer.Split(' ');
                    after = long.Parse(words[0], CultureInfo.InvariantCulture);
                    lock (seen) seen.Add((after, words[1]));
                }
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (ChannelClosedException)
            {
                // The process is gone.
            }

            await Task.Delay(20, CancellationToken.None); // both others may be starting
        }
    }

    static StoreProcess Running(StoreProcesses cluster, Random random)
    {
        var running = cluster.All.Where(process => process.Runs).ToArray();
        return running[random.Next(running.Length)];
    }
}
