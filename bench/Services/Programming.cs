using System.Diagnostics;
using System.Net.Sockets;

namespace Orchestrator.Bench;

/// <summary>How long it takes until services are in the kernel's maps: very many at once, and one change among them.</summary>
static class Programming
{
    const int Services = 10_000, Endpoints = 5, PerTransaction = 500, Changes = 20;
    const double GoalMilliseconds = 50;

    public static async Task<List<Result>> RunAsync(Machine machine)
    {
        var watch = Stopwatch.StartNew();
        foreach (var batch in Enumerable.Range(0, Services).Chunk(PerTransaction))
        {
            await Console.Error.WriteLineAsync($"{watch.Elapsed.TotalSeconds,6:0.0} s: services {batch[0]:N0} to {batch[^1]:N0}");
            await machine.ApplyAsync(batch.SelectMany(number => Machine.Service($"many-{number}", Enumerable.Range(0, Endpoints).Select(endpoint => $"198.18.{number / 50}.{(number % 50 * Endpoints) + endpoint + 1}"))));
        }

        var accepted = watch.Elapsed;
        // Changes come in order: when a later one is there, all of them are.
        await machine.ApplyAsync(Machine.Service("last", [Machine.Backend]));
        var last = await machine.AddressAsync("last");
        while (!await ConnectsAsync(last)) await Task.Delay(5);
        var all = watch.Elapsed;
        var times = await ChangesAsync(machine);
        return
        [
            new Result($"{Services:N0} services with {Services * Endpoints:N0} endpoints: accepted", accepted.TotalSeconds, "s"),
            new Result($"{Services:N0} services with {Services * Endpoints:N0} endpoints: from the first request to the last map", all.TotalSeconds, "s"),
            new Result("one change among them, from its commit to the first connection: median", times[times.Count / 2], "ms", Goal: GoalMilliseconds),
            new Result("one change among them: longest", times[^1], "ms"),
        ];
    }

    // A service without endpoints gets one: connections to it are refused until then.
    static async Task<List<double>> ChangesAsync(Machine machine)
    {
        List<double> times = [];
        for (var change = 0; change < Changes; change++)
        {
            var name = $"changed-{change}";
            await machine.ApplyAsync(Machine.Service(name, []));
            var address = await machine.AddressAsync(name);
            using CancellationTokenSource over = new(TimeSpan.FromSeconds(30));
            var connected = FirstConnectionAsync(address, over.Token);
            await machine.ApplyAsync(Machine.Service(name, [Machine.Backend]));
            var committed = Stopwatch.GetTimestamp();
            times.Add(Math.Max(0, Stopwatch.GetElapsedTime(committed, await connected).TotalMilliseconds));
        }

        times.Sort();
        return times;
    }

    static async Task<long> FirstConnectionAsync(string address, CancellationToken token)
    {
        while (!await ConnectsAsync(address)) token.ThrowIfCancellationRequested();
        return Stopwatch.GetTimestamp();
    }

    static async Task<bool> ConnectsAsync(string address)
    {
        try
        {
            using TcpClient client = new();
            await client.ConnectAsync(address, 80);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
