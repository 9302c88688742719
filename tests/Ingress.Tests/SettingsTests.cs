using System.Net;
using System.Net.WebSockets;
using Microsoft.AspNetCore.Http;
using Orchestrator.Testing;

namespace Orchestrator.Ingress.Tests;

/// <summary>What an Ingress may ask for by annotations.</summary>
public sealed class SettingsTests
{
    const string Host = "web.example";

    [Fact]
    public async Task A_client_that_shows_its_cookie_stays_with_its_pod_until_that_is_gone()
    {
        await using var first = await Pod.Named("first");
        await using var second = await Pod.Named("second");
        var backend = Given.Backend("web", first.Address, second.Address);
        backend.KeepsPod = true;
        await using var ingress = await RunningIngress.StartAsync(Given.Table([Given.Prefix(Host, "/")], backend));
        using var answer = await ingress.GetAsync(Host);
        var pod = await answer.Content.ReadAsStringAsync();
        var cookie = Assert.Single(answer.Headers.GetValues("Set-Cookie"));
        Assert.Contains("httponly", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(first.Address, cookie, StringComparison.Ordinal);
        for (var i = 0; i < 40; i++) Assert.Equal(pod, await TextWithAsync(ingress, cookie));

        var left = Given.Backend("web", pod == "first" ? second.Address : first.Address);
        left.KeepsPod = true;
        await ingress.PublishAsync(Given.Table([Given.Prefix(Host, "/")], left));
        Assert.Equal(pod == "first" ? "second" : "first", await TextWithAsync(ingress, cookie));
    }

    [Fact]
    public async Task A_body_above_the_limit_is_refused_whether_its_length_is_said_or_not()
    {
        await using var pod = await Pod.Answering(async context =>
        {
            await context.Request.Body.CopyToAsync(Stream.Null);
            await context.Response.WriteAsync("taken");
        });
        var route = Given.Prefix(Host, "/");
        route.BodyLimit = 1000;
        await using var ingress = await RunningIngress.StartAsync(Given.Table([route], Given.Backend("web", pod.Address)));
        Assert.Equal(HttpStatusCode.OK, await PostAsync(ingress, new ByteArrayContent(new byte[1000])));
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, await PostAsync(ingress, new ByteArrayContent(new byte[1001])));
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, await PostAsync(ingress, new StreamContent(new UnknownLength(new byte[1001]))));
    }

    [Fact]
    public async Task A_client_above_the_rate_is_told_so_and_may_come_back()
    {
        await using var pod = await Pod.Named("web");
        var limited = Given.Prefix(Host, "/");
        limited.RateLimit = 5;
        await using var ingress = await RunningIngress.StartAsync(Given.Table([limited, Given.Prefix("free.example", "/")], Given.Backend("web", pod.Address)));
        var answers = new List<HttpStatusCode>();
        for (var i = 0; i < 100; i++)
        {
            using var answer = await ingress.GetAsync(Host);
            answers.Add(answer.StatusCode);
            if (answer.StatusCode != HttpStatusCode.OK) Assert.Equal(TimeSpan.FromSeconds(1), answer.Headers.RetryAfter?.Delta);
        }

        Assert.Equal(HttpStatusCode.OK, answers[0]);
        Assert.Contains(HttpStatusCode.TooManyRequests, answers);
        for (var i = 0; i < 20; i++) Assert.Equal("web", await ingress.TextAsync("free.example"));
        await Eventually.HoldsAsync(async () => await ingress.TextAsync(Host) == "web", "the client is let in again");
    }

    [Fact]
    public async Task Requests_beyond_those_that_may_be_under_way_are_refused_until_one_ends()
    {
        using SemaphoreSlim busy = new(0), arrived = new(0);
        await using var pod = await Pod.Answering(async context =>
        {
            if (context.Request.Path == "/slow")
            {
                arrived.Release();
                await busy.WaitAsync(context.RequestAborted);
            }

            await context.Response.WriteAsync("done");
        });
        var route = Given.Prefix(Host, "/");
        route.ConcurrencyLimit = 2;
        await using var ingress = await RunningIngress.StartAsync(Given.Table([route], Given.Backend("web", pod.Address)));
        var slow = new[] { ingress.TextAsync(Host, "/slow"), ingress.TextAsync(Host, "/slow") };
        for (var i = 0; i < slow.Length; i++) await arrived.WaitAsync();
        using (var refused = await ingress.GetAsync(Host)) Assert.Equal((HttpStatusCode.ServiceUnavailable, TimeSpan.FromSeconds(1)), (refused.StatusCode, refused.Headers.RetryAfter?.Delta));
        busy.Release(2);
        Assert.Equal(["done", "done"], await Task.WhenAll(slow));
        await Eventually.HoldsAsync(async () => await ingress.TextAsync(Host) == "done", "there is room again"); // they end a moment after their clients have heard all
    }

    [Fact]
    public async Task A_request_that_takes_too_long_is_given_up_and_a_websocket_is_not()
    {
        var gone = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var pod = await Pod.Answering(async context =>
        {
            if (context.WebSockets.IsWebSocketRequest)
            {
                using var socket = await context.WebSockets.AcceptWebSocketAsync();
                var message = await socket.ReceiveAsync(new byte[64], CancellationToken.None);
                await socket.SendAsync(new byte[message.Count], WebSocketMessageType.Binary, true, CancellationToken.None);
                await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
                return;
            }

            await Task.WhenAny(Task.Delay(Timeout.Infinite, context.RequestAborted));
            gone.SetResult();
        });
        var route = Given.Prefix(Host, "/");
        route.TimeoutSeconds = 1;
        await using var ingress = await RunningIngress.StartAsync(Given.Table([route], Given.Backend("web", pod.Address)));
        using var client = new ClientWebSocket();
        client.Options.SetRequestHeader("Host", Host);
        client.Options.Proxy = null;
        await client.ConnectAsync(new UriBuilder(ingress.Address) { Scheme = "ws" }.Uri, CancellationToken.None);
        using var answer = await ingress.GetAsync(Host); // as long as the limit, and begun after the websocket
        Assert.Equal(HttpStatusCode.GatewayTimeout, answer.StatusCode);
        await gone.Task;
        await client.SendAsync(new byte[3], WebSocketMessageType.Binary, true, CancellationToken.None);
        Assert.Equal(3, (await client.ReceiveAsync(new byte[64], CancellationToken.None)).Count);
    }

    static async Task<string> TextWithAsync(RunningIngress ingress, string cookie)
    {
        using var answer = await ingress.SendAsync(HttpMethod.Get, Host, "/", more: request => request.Headers.Add("Cookie", cookie.Split(';')[0]));
        return await answer.Content.ReadAsStringAsync();
    }

    static async Task<HttpStatusCode> PostAsync(RunningIngress ingress, HttpContent content)
    {
        using var answer = await ingress.SendAsync(HttpMethod.Post, Host, "/", content);
        return answer.StatusCode;
    }

    /// <summary>Bytes that a client sends in chunks, because it can't say how many they are.</summary>
    sealed class UnknownLength(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;
    }
}
