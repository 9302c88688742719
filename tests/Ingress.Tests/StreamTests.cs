using System.Net.WebSockets;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Orchestrator.Ingress.Tests;

/// <summary>Bodies flow through, both ways, as they come.</summary>
public sealed class StreamTests
{
    const int Megabytes = 64; // twice what the server takes of a body when it is not told otherwise

    /// <summary>Only so that bytes that wrongly stay behind fail their test.</summary>
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    static readonly byte[] Megabyte = [.. Enumerable.Range(0, 1 << 20).Select(i => (byte)(i * 31))];

    [Fact]
    public async Task A_large_body_passes_whole_to_the_pod()
    {
        await using var pod = await Pod.Answering(async context => await context.Response.WriteAsync($"{await CountAsync(context.Request.Body)}"));
        await using var ingress = await IngressTo(pod);
        using var answer = await ingress.SendAsync(HttpMethod.Put, "web.example", "/", new Written(async stream =>
        {
            for (var i = 0; i < Megabytes; i++) await stream.WriteAsync(Megabyte);
        }));
        Assert.Equal($"{(long)Megabytes << 20}", await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task A_large_answer_passes_whole_to_the_client()
    {
        await using var pod = await Pod.Answering(async context =>
        {
            for (var i = 0; i < Megabytes; i++) await context.Response.Body.WriteAsync(Megabyte);
        });
        await using var ingress = await IngressTo(pod);
        using var answer = await ingress.GetAsync("web.example");
        Assert.Equal((long)Megabytes << 20, await CountAsync(await answer.Content.ReadAsStreamAsync()));
    }

    [Fact]
    public async Task A_pod_has_the_first_bytes_of_a_body_before_the_client_sends_the_rest()
    {
        var first = new TaskCompletionSource<string>();
        await using var pod = await Pod.Answering(async context =>
        {
            first.SetResult(await NextAsync(context.Request.Body, "first".Length));
            await context.Response.WriteAsync(await NextAsync(context.Request.Body, "second".Length));
        });
        await using var ingress = await IngressTo(pod);
        using var answer = await ingress.SendAsync(HttpMethod.Post, "web.example", "/", new Written(async stream =>
        {
            await stream.WriteAsync("first"u8.ToArray());
            await stream.FlushAsync();
            Assert.Equal("first", await first.Task.WaitAsync(Patience));
            await stream.WriteAsync("second"u8.ToArray());
        }));
        Assert.Equal("second", await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task A_client_has_the_first_bytes_of_an_answer_before_the_pod_sends_the_rest()
    {
        var seen = new TaskCompletionSource();
        await using var pod = await Pod.Answering(async context =>
        {
            await context.Response.WriteAsync("first");
            await context.Response.Body.FlushAsync();
            await seen.Task.WaitAsync(Patience);
            await context.Response.WriteAsync("second");
        });
        await using var ingress = await IngressTo(pod);
        using var answer = await ingress.GetAsync("web.example");
        var body = await answer.Content.ReadAsStreamAsync();
        Assert.Equal("first", await NextAsync(body, "first".Length));
        seen.SetResult();
        Assert.Equal("second", await NextAsync(body, "second".Length));
    }

    [Fact]
    public async Task A_websocket_passes_and_closes_as_both_sides_agree()
    {
        await using var pod = await Pod.Answering(async context =>
        {
            using var socket = await context.WebSockets.AcceptWebSocketAsync();
            var buffer = new byte[64];
            while (await socket.ReceiveAsync(buffer, CancellationToken.None) is { MessageType: WebSocketMessageType.Text } message)
                await socket.SendAsync(Encoding.UTF8.GetBytes($"{context.Request.Host} {Encoding.UTF8.GetString(buffer, 0, message.Count)}"), WebSocketMessageType.Text, true, CancellationToken.None);
            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "bye", CancellationToken.None);
        });
        await using var ingress = await IngressTo(pod);
        using var client = new ClientWebSocket();
        client.Options.SetRequestHeader("Host", "web.example");
        client.Options.Proxy = null;
        await client.ConnectAsync(new UriBuilder(ingress.Address) { Scheme = "ws" }.Uri, CancellationToken.None);
        foreach (var word in new[] { "one", "two" })
        {
            await client.SendAsync(Encoding.UTF8.GetBytes(word), WebSocketMessageType.Text, true, CancellationToken.None);
            var buffer = new byte[64];
            var message = await client.ReceiveAsync(buffer, CancellationToken.None);
            Assert.Equal($"web.example {word}", Encoding.UTF8.GetString(buffer, 0, message.Count));
        }

        await client.CloseAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
        Assert.Equal("bye", client.CloseStatusDescription);
    }

    static Task<RunningIngress> IngressTo(Pod pod) =>
        RunningIngress.StartAsync(Given.Table([Given.Prefix("web.example", "/")], Given.Backend("web", pod.Address)));

    static async Task<string> NextAsync(Stream body, int length)
    {
        var buffer = new byte[length];
        await body.ReadExactlyAsync(buffer);
        return Encoding.ASCII.GetString(buffer);
    }

    /// <summary>How many bytes come that are what was sent; -1 when one is not.</summary>
    static async Task<long> CountAsync(Stream body)
    {
        var (buffer, count) = (new byte[1 << 16], 0L);
        int read;
        while ((read = await body.ReadAsync(buffer)) > 0)
        {
            for (var done = 0; done < read;)
            {
                var at = (int)(count % Megabyte.Length);
                var length = Math.Min(read - done, Megabyte.Length - at);
                if (!buffer.AsSpan(done, length).SequenceEqual(Megabyte.AsSpan(at, length))) return -1;
                done += length;
                count += length;
            }
        }

        return count;
    }

    /// <summary>A body of unknown length, written piece by piece.</summary>
    sealed class Written(Func<Stream, Task> write) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, System.Net.TransportContext? context) => write(stream);

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
