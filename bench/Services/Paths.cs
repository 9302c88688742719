using System.Globalization;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace Orchestrator.Bench;

/// <summary>The way through a service's address beside the way to the pod's own, in turn (A B A B), by wrk: from a pod, as services are used, and from the host itself.</summary>
static partial class Paths
{
    const double GoalOfDirect = 0.95;
    const int Seconds = 4;

    public static async Task<List<Result>> RunAsync(Machine machine, int rounds)
    {
        await machine.ApplyAsync(Machine.Service("bench", [Machine.Backend]));
        var (service, direct) = ($"http://{await machine.AddressAsync("bench")}:80", $"http://{Machine.Backend}:{Machine.Port}");
        await AnswersAsync(new Uri(service));
        var pod = await machine.PodAsync("client");
        List<Result> results = [];
        foreach (var (from, place) in ((string, string)[])[("from a pod, ", pod), ("from the host, ", "/proc/self/ns/net")])
        {
            results.AddRange(await CompareAsync($"{from}connections, each with one request: a second", "/s", rounds, url => WrkAsync(place, $"{url}/small", "-c32", "-H", "Connection: close"), PerSecond, service, direct));
            results.AddRange(await CompareAsync($"{from}requests over connections that stay: a second", "/s", rounds, url => WrkAsync(place, $"{url}/small", "-c32"), PerSecond, service, direct));
            results.AddRange(await CompareAsync($"{from}throughput of 16 MiB answers", "MiB/s", rounds, url => WrkAsync(place, $"{url}/large", "-c4"), Mebibytes, service, direct));
        }

        return results;
    }

    static async Task<Result[]> CompareAsync(string what, string unit, int rounds, Func<string, Task<string>> measure, Func<string, double> read, string service, string direct)
    {
        var (through, past) = (new List<double>(), new List<double>());
        await measure(service); // warm
        for (var round = 0; round < rounds; round++)
        {
            past.Add(read(await measure(direct)));
            through.Add(read(await measure(service)));
        }

        return
        [
            new Result($"{what}, through the service's address", Median(through), unit, Median(past)),
            new Result($"{what}: through the service's address/direct", Median(through) / Median(past), "ratio", 1, Least: GoalOfDirect),
        ];
    }

    static async Task<string> WrkAsync(string from, string url, params string[] more)
    {
        var said = await Running.OutputAsync("nsenter", [$"--net={from}", "wrk", "-t1", $"-d{Seconds}s", .. more, url]);
        return said.Contains("Non-2xx", StringComparison.Ordinal) || said.Contains("Socket errors", StringComparison.Ordinal) ? throw new IOException($"not all were answered well: {said}") : said;
    }

    static async Task AnswersAsync(Uri address)
    {
        while (true)
        {
            try
            {
                using TcpClient client = new();
                await client.ConnectAsync(address.Host, address.Port);
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(10);
            }
        }
    }

    static double PerSecond(string said) => double.Parse(Requests().Match(said).Groups[1].Value, CultureInfo.InvariantCulture);

    static double Mebibytes(string said)
    {
        var transfer = Transfer().Match(said);
        var number = double.Parse(transfer.Groups[1].Value, CultureInfo.InvariantCulture);
        return transfer.Groups[2].Value switch { "GB" => number * 1024, "MB" => number, "KB" => number / 1024, var unit => throw new FormatException($"{unit} is no unit of wrk's") };
    }

    static double Median(IReadOnlyList<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    [GeneratedRegex(@"Requests/sec:\s+([\d.]+)")]
    private static partial Regex Requests();

    [GeneratedRegex(@"Transfer/sec:\s+([\d.]+)(GB|MB|KB)")]
    private static partial Regex Transfer();
}
