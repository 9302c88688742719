using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Orchestrator.Contracts;
using Orchestrator.Testing;

namespace Orchestrator.Ingress.Tests;

/// <summary>The ingress's own listener and proxy on loopback, and a client in front of it.</summary>
sealed class RunningIngress : IAsyncDisposable
{
    readonly ProxyHost _proxy;
    readonly HttpClient _client = new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false });
    int _tables;

    RunningIngress(ProxyHost proxy, RouteConfigProvider routes, Sites sites) => (_proxy, Routes, Sites) = (proxy, routes, sites);

    public RouteConfigProvider Routes { get; }

    public Sites Sites { get; }

    public required RequestCounts Counts { get; init; }

    public required AwaitedPods Awaited { get; init; }

    public required Challenges Challenges { get; init; }

    public Uri TlsAddress => _proxy.TlsAddress!; // all listen for it

    public Uri Address => _proxy.Address;

    public static async Task<RunningIngress> StartAsync(RouteTable? table = null, Func<IngressOptions, IngressOptions>? with = null)
    {
        var routes = new RouteConfigProvider();
        var options = new IngressOptions("test", new IPEndPoint(IPAddress.Loopback, 0), [new Uri("http://127.0.0.1:1")]) { TlsEndpoint = new IPEndPoint(IPAddress.Loopback, 0) };
        var sites = new Sites(TimeProvider.System, NullLogger<Sites>.Instance);
        var (counts, awaited) = (new RequestCounts(), new AwaitedPods());
        var challenges = new Challenges();
        var proxy = new ProxyHost(with?.Invoke(options) ?? options, routes, sites, challenges, counts, awaited, NullLoggerFactory.Instance);
        await proxy.StartAsync(CancellationToken.None);
        var ingress = new RunningIngress(proxy, routes, sites) { Counts = counts, Awaited = awaited, Challenges = challenges };
        if (table is not null) await ingress.PublishAsync(table);
        return ingress;
    }

    /// <summary>Publishes a table and waits until requests go by it, which a route of its own shows.</summary>
    public async Task PublishAsync(RouteTable table)
    {
        var marked = table.Clone();
        var mark = $"table-{++_tables}.test";
        marked.Routes.Add(new Route { Id = mark, Host = mark, Path = "/", Backend = mark, Order = -1 });
        marked.Backends.Add(new Backend { Id = mark });
        Sites.Publish(marked.Certificates);
        Challenges.Publish(marked.Challenges);
        Routes.Publish(marked);
        await Eventually.HoldsAsync(async () => (await GetAsync(mark)).StatusCode == HttpStatusCode.ServiceUnavailable, $"the table of {mark} is in force");
    }

    public Task<HttpResponseMessage> GetAsync(string host, string path = "/") => SendAsync(HttpMethod.Get, host, path);

    public async Task<string> TextAsync(string host, string path = "/")
    {
        using var answer = await GetAsync(host, path);
        return answer.IsSuccessStatusCode ? await answer.Content.ReadAsStringAsync() : $"{(int)answer.StatusCode}";
    }

    public Task<HttpResponseMessage> SendAsync(HttpMethod method, string host, string path, HttpContent? content = null, Action<HttpRequestMessage>? more = null)
    {
        var request = new HttpRequestMessage(method, new Uri(Address, path)) { Content = content };
        request.Headers.Host = host;
        more?.Invoke(request);
        return _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _proxy.StopAsync(CancellationToken.None);
        await _proxy.DisposeAsync();
    }
}
