using System.Net.Sockets;
using System.Text;

namespace Orchestrator.Ingress.Tests;

/// <summary>Requests byte by byte as a hostile client sends them: those that two readers could cut differently never reach a pod.</summary>
public sealed class FramingTests
{
    /// <summary>Only so that a connection that wrongly stays open fails its test.</summary>
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData("a length beside chunks", "POST / HTTP/1.1\nHost: web.example\nContent-Length: 5\nTransfer-Encoding: chunked\n\n0\n\n")]
    [InlineData("chunks beside a length", "POST / HTTP/1.1\nHost: web.example\nTransfer-Encoding: chunked\nContent-Length: 5\n\n0\n\n")]
    [InlineData("two lengths", "POST / HTTP/1.1\nHost: web.example\nContent-Length: 5\nContent-Length: 6\n\nhello")]
    [InlineData("the same length twice", "POST / HTTP/1.1\nHost: web.example\nContent-Length: 5\nContent-Length: 5\n\nhello")]
    [InlineData("a list of lengths", "POST / HTTP/1.1\nHost: web.example\nContent-Length: 5, 5\n\nhello")]
    [InlineData("another coding before chunks", "POST / HTTP/1.1\nHost: web.example\nTransfer-Encoding: gzip, chunked\n\n0\n\n")]
    [InlineData("chunks named twice", "POST / HTTP/1.1\nHost: web.example\nTransfer-Encoding: chunked\nTransfer-Encoding: chunked\n\n0\n\n")]
    [InlineData("a coding that is not chunks", "POST / HTTP/1.1\nHost: web.example\nTransfer-Encoding: identity\n\n")]
    [InlineData("a coding that nearly is chunks", "POST / HTTP/1.1\nHost: web.example\nTransfer-Encoding: xchunked\n\n0\n\n")]
    [InlineData("chunks of HTTP/1.0", "POST / HTTP/1.0\nHost: web.example\nTransfer-Encoding: chunked\n\n0\n\n")]
    [InlineData("a blank before the colon", "POST / HTTP/1.1\nHost: web.example\nTransfer-Encoding : chunked\n\n0\n\n")]
    [InlineData("two hosts", "GET / HTTP/1.1\nHost: web.example\nHost: other.example\n\n")]
    [InlineData("no host", "GET / HTTP/1.1\n\n")]
    public async Task Is_refused(string what, string request)
    {
        var (reached, answer) = await AnswerAsync(request);
        Assert.True(answer.StartsWith("HTTP/1.1 400 ", StringComparison.Ordinal), $"{what}: {answer}");
        Assert.Contains("Connection: close", answer, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(0, reached);
    }

    [Theory]
    [InlineData("POST / HTTP/1.1\nHost: web.example\nConnection: close\nContent-Length: 5\n\nhello")]
    [InlineData("POST / HTTP/1.1\nHost: web.example\nConnection: close\nTransfer-Encoding: chunked\n\n5\nhello\n0\n\n")]
    [InlineData("GET / HTTP/1.0\nHost: web.example\n\n")]
    public async Task What_is_clear_passes(string request)
    {
        var (reached, answer) = await AnswerAsync(request);
        Assert.StartsWith("HTTP/1.1 200 ", answer, StringComparison.Ordinal);
        Assert.Equal(1, reached);
    }

    [Fact]
    public async Task Headers_without_end_are_refused() =>
        Assert.StartsWith("HTTP/1.1 431 ", (await AnswerAsync($"GET / HTTP/1.1\nHost: web.example\nX-Long: {new string('x', 40_000)}\n\n")).Answer, StringComparison.Ordinal);

    /// <summary>How many requests the pod got, and all that came back until the ingress closed the connection.</summary>
    static async Task<(int Reached, string Answer)> AnswerAsync(string request)
    {
        var reached = 0;
        await using var pod = await Pod.Answering(async context =>
        {
            Interlocked.Increment(ref reached);
            await context.Request.Body.CopyToAsync(Stream.Null);
        });
        await using var ingress = await RunningIngress.StartAsync(Given.Table([Given.Prefix("", "/")], Given.Backend("web", pod.Address)));
        using var client = new TcpClient();
        await client.ConnectAsync(ingress.Address.Host, ingress.Address.Port);
        await using var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(request.ReplaceLineEndings("\r\n")));
        var answer = new MemoryStream();
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            await stream.CopyToAsync(answer, patience.Token);
        }
        catch (IOException)
        {
            // Closed with bytes of ours unread: what came before is the answer.
        }

        return (Volatile.Read(ref reached), Encoding.ASCII.GetString(answer.ToArray()));
    }
}
