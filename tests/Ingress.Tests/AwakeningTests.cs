using System.Net;
using Orchestrator.Contracts;
using Orchestrator.Testing;

namespace Orchestrator.Ingress.Tests;

/// <summary>Requests for a workload that was scaled to nothing wait for its first pod, and what comes in is counted.</summary>
public sealed class AwakeningTests
{
    [Fact]
    public async Task A_request_is_held_with_its_body_until_a_pod_is_there_and_nobody_else_is()
    {
        await using var pod = await Pod.Answering(async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            await context.Response.Body.WriteAsync(System.Text.Encoding.UTF8.GetBytes("heard " + await reader.ReadToEndAsync()));
        });
        await using var ingress = await RunningIngress.StartAsync(TableOf(wakes: true));
        var begun = ingress.Awaited.Begun;

        var held = ingress.SendAsync(HttpMethod.Post, "web.example", "/", new StringContent("hello"));
        await begun.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(["web"], ingress.Awaited.Backends);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await ingress.GetAsync("other.example")).StatusCode);
        await ingress.PublishAsync(TableOf(wakes: true)); // a table without the pod changes nothing
        Assert.False(held.IsCompleted);

        await ingress.PublishAsync(TableOf(wakes: true, pod.Address));
        Assert.Equal("heard hello", await (await held).Content.ReadAsStringAsync());
        Assert.Empty(ingress.Awaited.Backends);
    }

    [Fact]
    public async Task A_client_that_gives_up_is_awaited_for_no_longer()
    {
        await using var ingress = await RunningIngress.StartAsync(TableOf(wakes: true));
        using var impatient = new HttpClient { Timeout = Timeout.InfiniteTimeSpan };
        using var over = new CancellationTokenSource();
        var request = new HttpRequestMessage(HttpMethod.Get, ingress.Address);
        request.Headers.Host = "web.example";
        var begun = ingress.Awaited.Begun;
        var asked = impatient.SendAsync(request, over.Token);
        await begun.WaitAsync(TimeSpan.FromSeconds(30));
        await over.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asked);
        await Eventually.HoldsAsync(() => ingress.Awaited.Backends.Count == 0, "nobody is awaited");
    }

    [Fact]
    public async Task A_route_that_is_taken_away_ends_the_waiting()
    {
        await using var ingress = await RunningIngress.StartAsync(TableOf(wakes: true));
        var begun = ingress.Awaited.Begun;
        var held = ingress.GetAsync("web.example");
        await begun.WaitAsync(TimeSpan.FromSeconds(30));
        await ingress.PublishAsync(Given.Table([]));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await held).StatusCode);
    }

    [Fact]
    public async Task No_more_wait_than_may()
    {
        var awaited = new AwaitedPods();
        for (var i = 0; i < UntilAwake.MostWaiting; i++) Assert.True(awaited.TryBegin("web", UntilAwake.MostWaiting));
        Assert.False(awaited.TryBegin("web", UntilAwake.MostWaiting));
        var begun = awaited.Begun;
        Assert.True(awaited.TryBegin("other", UntilAwake.MostWaiting));
        await begun;
        awaited.End("web");
        Assert.True(awaited.TryBegin("web", UntilAwake.MostWaiting));
    }

    [Fact]
    public async Task Requests_are_counted_for_their_Ingress_and_one_under_way_counts_each_time()
    {
        var (entered, leave) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var pod = await Pod.Answering(async context =>
        {
            if (context.Request.Path != "/slow") return;
            entered.SetResult();
            await leave.Task;
        });
        var table = Given.Table([Given.Prefix("web.example", "/")], Given.Backend("web", pod.Address));
        table.Routes[0].Id = "shop/web/0";
        await using var ingress = await RunningIngress.StartAsync(table);
        const string mine = "shop/web";
        ingress.Counts.Take();
        for (var i = 0; i < 3; i++) (await ingress.GetAsync("web.example")).EnsureSuccessStatusCode();
        Assert.Equal(3, ingress.Counts.Take()[mine]);
        await Eventually.HoldsAsync(() => ingress.Counts.Take().Count == 0, "they are over");
        var slow = ingress.GetAsync("web.example", "/slow");
        await entered.Task;
        Assert.Equal(1, ingress.Counts.Take()[mine]);
        Assert.Equal(1, ingress.Counts.Take()[mine]);
        leave.SetResult();
        await slow;
        await Eventually.HoldsAsync(() => ingress.Counts.Take().Count == 0, "nothing is under way");
    }

    static RouteTable TableOf(bool wakes, params string[] addresses)
    {
        var backend = Given.Backend("web", addresses);
        backend.Wakes = wakes;
        return Given.Table([Given.Prefix("web.example", "/"), Given.Prefix("other.example", "/", "other")], backend, Given.Backend("other"));
    }
}
