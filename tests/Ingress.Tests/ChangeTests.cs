using System.Collections.Concurrent;
using System.Net;
using Orchestrator.Contracts;
using Orchestrator.Testing;

namespace Orchestrator.Ingress.Tests;

public sealed class ChangeTests
{
    const int Clients = 8;
    const int Changes = 40;
    const int LeastRequests = 2000;

    [Fact]
    public async Task No_request_fails_while_pods_come_and_go()
    {
        var pods = new List<Pod>();
        for (var i = 0; i < 3; i++) pods.Add(await Pod.Named($"{i}"));
        await using var ingress = await RunningIngress.StartAsync(TableOf(pods));
        var (answers, done) = (new ConcurrentDictionary<string, int>(), false);
        var clients = Enumerable.Range(0, Clients).Select(async _ =>
        {
            while (!Volatile.Read(ref done) || answers.Values.Sum() < LeastRequests)
                answers.AddOrUpdate(await ingress.TextAsync("web.example"), 1, (_, count) => count + 1);
        }).ToList();

        for (var i = 0; i < Changes; i++)
        {
            // As the control plane does it: the new pod is ready first, the old one is withdrawn before it is asked to stop.
            pods.Add(await Pod.Named($"{i + 3}"));
            var old = pods[0];
            pods.RemoveAt(0);
            await ingress.PublishAsync(TableOf(pods));
            await old.StopAsync();
            await old.DisposeAsync();
        }

        Volatile.Write(ref done, true);
        await Task.WhenAll(clients);
        Assert.DoesNotContain(answers.Keys, answer => answer is "404" or "502" or "503" or "504" or "500");
        Assert.True(answers.Count > Changes / 2, $"only {string.Join(", ", answers.Keys)} have answered");
        foreach (var pod in pods) await pod.DisposeAsync();
    }

    [Fact]
    public async Task No_request_fails_when_a_pod_dies_before_it_is_withdrawn()
    {
        await using var stays = await Pod.Named("stays");
        var dies = await Pod.Named("dies");
        await using var ingress = await RunningIngress.StartAsync(TableOf([stays, dies]));
        await Eventually.HoldsAsync(async () => await ingress.TextAsync("web.example") == "dies", "both pods answer");
        await dies.DisposeAsync();
        for (var i = 0; i < 200; i++) Assert.Equal("stays", await ingress.TextAsync("web.example"));
    }

    [Fact]
    public async Task A_route_that_is_taken_back_is_not_found_any_more()
    {
        await using var pod = await Pod.Named("web");
        await using var ingress = await RunningIngress.StartAsync(TableOf([pod]));
        Assert.Equal("web", await ingress.TextAsync("web.example"));
        await ingress.PublishAsync(new RouteTable());
        Assert.Equal(HttpStatusCode.NotFound, (await ingress.GetAsync("web.example")).StatusCode);
    }

    static RouteTable TableOf(IEnumerable<Pod> pods) =>
        Given.Table([Given.Prefix("web.example", "/")], Given.Backend("web", [.. pods.Select(pod => pod.Address)]));
}
