using System.Collections.Concurrent;
using System.Diagnostics;

namespace Orchestrator.Bench;

/// <summary>Clients that each wait for an answer before they ask again, for a while.</summary>
static class Load
{
    public const int ValueBytes = 1024;

    static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(1);

    /// <param name="PerSecond">Answers a second, of all clients together.</param>
    /// <param name="Median">Of one answer, in milliseconds.</param>
    public sealed record Outcome(double PerSecond, double Median, double High);

    public static async Task<Outcome> RunAsync(int clients, TimeSpan duration, Func<int, int, Task> ask)
    {
        using var stop = new CancellationTokenSource();
        var times = new ConcurrentBag<List<double>>();
        var measuring = false;
        var running = Enumerable.Range(0, clients).Select(client => Task.Run(async () =>
        {
            var own = new List<double>();
            for (var i = 0; !stop.IsCancellationRequested; i++)
            {
                var started = Stopwatch.GetTimestamp();
                await ask(client, i);
                if (Volatile.Read(ref measuring)) own.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            }

            times.Add(own);
        })).ToArray();
        await Task.Delay(WarmUp);
        var clock = Stopwatch.StartNew();
        Volatile.Write(ref measuring, true);
        await Task.Delay(duration);
        var elapsed = clock.Elapsed;
        await stop.CancelAsync();
        await Task.WhenAll(running);
        var all = times.SelectMany(each => each).Order().ToArray();
        return new Outcome(all.Length / elapsed.TotalSeconds, all[all.Length / 2], all[(int)(all.Length * 0.99)]);
    }
}
