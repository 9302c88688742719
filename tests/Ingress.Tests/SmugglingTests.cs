using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Orchestrator.Ingress.Tests;

/// <summary>
/// Requests made of parts that readers have been known to cut differently, mutated, over connections to the pod that others use as well: no pod gets a request without the word that the
/// ingress puts into each that it has read, and nobody hears the answer to another's.
/// </summary>
public sealed class SmugglingTests
{
    const int Cases = 2_000, Seed = 20_300_101;

    /// <summary>Only so that a connection that wrongly stays open fails its test.</summary>
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    static readonly TimeSpan MostBeforeMore = TimeSpan.FromMilliseconds(20);

    static readonly string[] Lengths =
    [
        "Content-Length: {0}", "Content-Length: +{0}", "Content-Length: -{0}", "Content-Length: 0{0}", "Content-Length: {0} ", "Content-Length:{0}", "content-length: {0}", "Content-Length: {0}, {0}", "Content-Length: 0x{0}",
        "Content-Length: {0}\r\nContent-Length: 0", "Content-Length: 0\r\nContent-Length: {0}", "Content-Length : {0}", " Content-Length: {0}", "Content-Length:\r\n {0}", "Content-Length: 4294967301", "Content-Length: 18446744073709551621", "",
    ];

    static readonly string[] Codings =
    [
        "", "", "", "Transfer-Encoding: chunked", "Transfer-Encoding: Chunked", "Transfer-Encoding : chunked", " Transfer-Encoding: chunked", "Transfer-Encoding: xchunked", "Transfer-Encoding: chunked, identity", "Transfer-Encoding: identity, chunked",
        "Transfer-Encoding: \"chunked\"", "Transfer-Encoding:\u000bchunked", "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", "Transfer-Encoding:\r\n chunked", "X: a\rTransfer-Encoding: chunked", "X: a\nTransfer-Encoding: chunked",
        "Transfer_Encoding: chunked", "Transfer-Encoding: chunked;a=b", "Transfer-Encoding\0: chunked", "Connection: Transfer-Encoding\r\nTransfer-Encoding: chunked", "Upgrade: h2c", "Expect: 100-continue",
    ];

    static readonly string[] Bodies =
    [
        "{0}", "0\r\n\r\n{0}", "00000\r\n\r\n{0}", "0;a=b\r\n\r\n{0}", "0 \r\n\r\n{0}", "0x0\r\n\r\n{0}", "-0\r\n\r\n{0}", "5\r\nhello\r\n0\r\n\r\n{0}", "5\r\nhelloX\r\n0\r\n\r\n{0}", "5\nhello\n0\n\n{0}", "5\r\nhello\r\n0\r\nX: {0}\r\n\r\n",
        "FFFFFFFFFFFFFFFF\r\n{0}", "100000000\r\n{0}", "1\r\n\r\n0\r\n\r\n{0}", "0\r\n\r\n\r\n{0}", "hello{0}", "hello",
    ];

    static readonly string[] Methods = ["POST", "GET", "PUT", "HEAD", "OPTIONS", "post", "TRACE", "CONNECT"];

    [Fact]
    public async Task No_request_is_smuggled_and_no_connection_falls_out_of_step()
    {
        var (passed, smuggled) = (0, new ConcurrentQueue<string>());
        await using var pod = await Pod.Answering(async context =>
        {
            if (context.Request.Headers.ContainsKey("X-Forwarded-For")) Interlocked.Increment(ref passed);
            else smuggled.Enqueue(context.Request.Path);
            try
            {
                await context.Request.Body.CopyToAsync(Stream.Null);
            }
            catch (BadHttpRequestException)
            {
                return;
            }

            await context.Response.WriteAsync($"[{context.Request.Path}]");
        });
        await using var ingress = await RunningIngress.StartAsync(Given.Table([Given.Prefix("", "/")], Given.Backend("web", pod.Address)));
        var random = new Random(Seed);
        for (var number = 0; number < Cases; number++)
        {
            var bytes = Request(random, number);
            await SayAsync(ingress, bytes);
            Assert.True(smuggled.IsEmpty, $"case {number}: the pod got {string.Join(", ", smuggled)}\n{Shown(bytes)}");
            var next = await ingress.TextAsync("web.example", $"/probe-{number}");
            Assert.True(next == $"[/probe-{number}]", $"case {number}: the next client heard {next}\n{Shown(bytes)}");
        }

        Assert.True(passed > Cases + (Cases / 50), $"only {passed - Cases} of it have come to the pod");
    }

    static byte[] Request(Random random, int number)
    {
        var hidden = $"GET /smuggled-{number} HTTP/1.1\r\nHost: web.example\r\n\r\n";
        var body = Pick(Bodies).Replace("{0}", hidden, StringComparison.Ordinal);
        var length = random.Next(4) switch { 0 => body.Length, 1 => body.IndexOf("GET /smug", StringComparison.Ordinal) is > 0 and var before ? before : 5, 2 => 5, _ => 0 };
        string[] headers = ["Host: web.example", Pick(Lengths).Replace("{0}", $"{length}", StringComparison.Ordinal), Pick(Codings), random.Next(4) == 0 ? "Connection: close" : ""];
        random.Shuffle(headers);
        var text = $"{Pick(Methods)} /first-{number} HTTP/1.{(random.Next(8) == 0 ? 0 : 1)}\r\n{string.Concat(headers.Where(header => header.Length > 0).Select(header => header + "\r\n"))}\r\n{body}";
        if (random.Next(2) == 0) text += $"GET /after-{number} HTTP/1.1\r\nHost: web.example\r\n\r\n";
        var bytes = Encoding.Latin1.GetBytes(text).ToList();
        // Every third is damaged in some places besides.
        for (var damage = random.Next(3) == 0 ? random.Next(1, 4) : 0; damage > 0; damage--)
        {
            var place = random.Next(bytes.Count);
            switch (random.Next(4))
            {
                case 0: bytes[place] = (byte)random.Next(256); break;
                case 1: bytes.RemoveAt(place); break;
                case 2: bytes.Insert(place, (byte)" \r\n\t:;,\0"[random.Next(8)]); break;
                default: bytes.InsertRange(place, bytes.GetRange(place, Math.Min(8, bytes.Count - place))); break;
            }
        }

        return [.. bytes];

        string Pick(string[] parts) => parts[random.Next(parts.Length)];
    }

    /// <summary>Says it and hears the beginning of an answer, if one comes before more is wanted; then says that nothing more will come, and hears it out until the ingress hangs up.</summary>
    static async Task SayAsync(RunningIngress ingress, byte[] bytes)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(ingress.Address.Host, ingress.Address.Port);
        await using var stream = client.GetStream();
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            await stream.WriteAsync(bytes, patience.Token);
            client.Client.Poll(MostBeforeMore, SelectMode.SelectRead);
            client.Client.Shutdown(SocketShutdown.Send);
            await stream.CopyToAsync(Stream.Null, patience.Token);
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            // Closed with bytes of ours unread.
        }
    }

    static string Shown(byte[] bytes) => Encoding.Latin1.GetString(bytes).Replace("\r", "\\r", StringComparison.Ordinal).Replace("\n", "\\n\n", StringComparison.Ordinal);
}
