using System.Globalization;
using System.Text.RegularExpressions;

namespace Orchestrator.Bench;

/// <summary>Requests through each proxy in turn (A B C A B C), by wrk over HTTP/1.1 and by h2load over HTTP/2.</summary>
static partial class EdgeBench
{
    const int Connections = 64, Seconds = 4, IdleConnections = 2_000, WarmingRounds = 5;

    const double GoalOfNginx = 0.9, HighOfNginx = 1.2;

    /// <param name="High">The 99th percentile of one request, in milliseconds.</param>
    sealed record Outcome(double PerSecond, double High);

    public static async Task<List<Result>> RunAsync(Site site, int rounds)
    {
        List<Result> results = [];
        await CompareAsync(site, WarmingRounds, proxy => WrkAsync($"http://127.0.0.1:{proxy.Port}/small")); // everybody warm
        results.AddRange(Told("HTTP/1.1, 6 bytes", await CompareAsync(site, rounds, proxy => WrkAsync($"http://127.0.0.1:{proxy.Port}/small")), isGoal: true));
        results.AddRange(Told("HTTP/1.1, 100 KB", await CompareAsync(site, rounds, proxy => WrkAsync($"http://127.0.0.1:{proxy.Port}/large"))));
        results.AddRange(Told("TLS, 6 bytes", await CompareAsync(site, rounds, proxy => H2loadAsync(proxy, "--h1"))));
        results.AddRange(Told("HTTP/2 over TLS, 6 bytes", await CompareAsync(site, rounds, proxy => H2loadAsync(proxy, "-m10"))));
        await site.RouteManyAsync();
        results.AddRange(Told($"HTTP/1.1, 6 bytes, one of {Site.ManyHosts} routes", await CompareAsync(site, rounds, proxy => WrkAsync($"http://127.0.0.1:{proxy.Port}/small", Site.HostOf(Site.ManyHosts / 2)))));
        var idle = (Ours: await Site.IdleBytesAsync(site.Ours, IdleConnections), Nginx: await Site.IdleBytesAsync(site.Nginx, IdleConnections));
        results.Add(new Result($"{IdleConnections} idle connections: memory of one, ours", idle.Ours / 1024, "KiB", idle.Nginx / 1024));
        results.Add(new Result("memory at the end: ours, with the whole cluster of one machine", site.Ours.Process.ResidentBytes() / 1048576.0, "MiB", site.Nginx.Process.ResidentBytes() / 1048576.0));
        return results;
    }

    static IEnumerable<Result> Told(string what, Dictionary<string, Outcome> outcomes, bool isGoal = false)
    {
        var (ours, nginx, haproxy) = (outcomes["ours"], outcomes["nginx"], outcomes["haproxy"]);
        yield return new Result($"{what}: a second", ours.PerSecond, "/s", nginx.PerSecond);
        yield return new Result($"{what}: ours/nginx, of requests a second", ours.PerSecond / nginx.PerSecond, "ratio", 1, Least: isGoal ? GoalOfNginx : null);
        yield return new Result($"{what}: ours/haproxy, of requests a second", ours.PerSecond / haproxy.PerSecond, "ratio", 1);
        yield return new Result($"{what}: p99, ours/nginx", ours.High / nginx.High, "ratio", 1, Goal: isGoal ? HighOfNginx : null);
    }

    static async Task<Dictionary<string, Outcome>> CompareAsync(Site site, int rounds, Func<Site.Proxy, Task<Outcome>> measure)
    {
        var outcomes = new Dictionary<string, List<Outcome>> { ["ours"] = [], ["nginx"] = [], ["haproxy"] = [] };
        for (var round = 0; round < rounds; round++)
        {
            foreach (var proxy in (Site.Proxy[])[site.Ours, site.Nginx, site.Haproxy]) outcomes[proxy.Name].Add(await measure(proxy));
        }

        return outcomes.ToDictionary(each => each.Key, each => new Outcome(Median(each.Value.Select(one => one.PerSecond)), Median(each.Value.Select(one => one.High))));
    }

    static async Task<Outcome> WrkAsync(string url, string host = "bench.example")
    {
        var said = await Running.OutputAsync("wrk", "-t1", $"-c{Connections}", $"-d{Seconds}s", "--latency", "-H", $"Host: {host}", url);
        if (said.Contains("Non-2xx", StringComparison.Ordinal)) throw new IOException($"not all were answered well: {said}");
        return new Outcome(Number(PerSecond().Match(said).Groups[1].Value), Milliseconds(High().Match(said).Groups[1].Value));
    }

    static async Task<Outcome> H2loadAsync(Site.Proxy proxy, string how)
    {
        var log = Path.GetTempFileName();
        var said = await Running.OutputAsync("h2load", "-t1", $"-c{Connections}", $"-D{Seconds}", how, $"--connect-to=127.0.0.1:{proxy.TlsPort}", $"--log-file={log}", "https://bench.example/small");
        if (!Failed().Match(said).Groups[1].Value.Equals("0", StringComparison.Ordinal)) throw new IOException($"not all were answered well: {said}");
        double[] times = [.. File.ReadLines(log).Select(line => Number(line.Split('\t')[2]) / 1000).Order()];
        File.Delete(log);
        return new Outcome(Number(Finished().Match(said).Groups[1].Value), times[(int)(times.Length * 0.99)]);
    }

    static double Milliseconds(string text) => text switch
    {
        [.. var number, 'u', 's'] => Number(number) / 1000,
        [.. var number, 'm', 's'] => Number(number),
        [.. var number, 's'] => Number(number) * 1000,
        _ => throw new FormatException($"{text} is no time"),
    };

    static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    [GeneratedRegex(@"Requests/sec:\s+([\d.]+)")]
    private static partial Regex PerSecond();

    [GeneratedRegex(@"^\s*99%\s+(\S+)", RegexOptions.Multiline)]
    private static partial Regex High();

    [GeneratedRegex(@"finished in [^,]*, ([\d.]+) req/s")]
    private static partial Regex Finished();

    [GeneratedRegex(@"(\d+) failed")]
    private static partial Regex Failed();
}
