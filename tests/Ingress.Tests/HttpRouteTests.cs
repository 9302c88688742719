using System.Net;
using Microsoft.AspNetCore.Http;
using Orchestrator.Contracts;

namespace Orchestrator.Ingress.Tests;

/// <summary>What routes of the Gateway API ask for beyond host and path.</summary>
public sealed class HttpRouteTests
{
    [Fact]
    public async Task Requests_go_by_method_headers_and_query_too()
    {
        await using var pods = await PodsAsync("post", "header", "query", "rest");
        await using var ingress = await RunningIngress.StartAsync(Given.Table(
            [
                Only("post", route => route.Method = "POST"),
                Only("header", route => route.Headers.Add(new NamedValue { Name = "X-Version", Value = "2" })),
                Only("query", route => route.Query.Add(new NamedValue { Name = "debug", Value = "on" })),
                Given.Prefix("web.example", "/", "rest"),
            ],
            pods.Backends));

        Assert.Equal("rest", await ingress.TextAsync("web.example"));
        Assert.Equal("post", await TextAsync(ingress.SendAsync(HttpMethod.Post, "web.example", "/")));
        Assert.Equal("header", await TextAsync(ingress.SendAsync(HttpMethod.Get, "web.example", "/", more: request => request.Headers.Add("x-version", "2"))));
        Assert.Equal("rest", await TextAsync(ingress.SendAsync(HttpMethod.Get, "web.example", "/", more: request => request.Headers.Add("X-Version", "22"))));
        Assert.Equal("query", await ingress.TextAsync("web.example", "/?a=b&debug=on"));
        Assert.Equal("rest", await ingress.TextAsync("web.example", "/?debug=ON"));
    }

    [Fact]
    public async Task A_request_that_only_lacks_the_method_is_not_found()
    {
        await using var pods = await PodsAsync("post");
        await using var ingress = await RunningIngress.StartAsync(Given.Table([Only("post", route => route.Method = "POST")], pods.Backends));
        Assert.Equal(HttpStatusCode.NotFound, (await ingress.GetAsync("web.example")).StatusCode);
    }

    [Fact]
    public async Task Any_number_of_labels_may_stand_for_a_gateways_star_and_a_route_may_be_for_one_door_only()
    {
        await using var pods = await PodsAsync("star", "tls");
        var star = Given.Prefix("*.example", "/", "star");
        star.AnyLabels = true;
        await using var ingress = await RunningIngress.StartAsync(Given.Table([Only("tls", route => route.Door = Door.Tls), star], pods.Backends));
        Assert.Equal("star", await ingress.TextAsync("a.b.c.example"));
        Assert.Equal("star", await ingress.TextAsync("web.example")); // not over TLS
    }

    [Theory]
    [InlineData("/old", "/new", "/old", "/new")]
    [InlineData("/old", "/new", "/old/a%20b?c=d", "/new/a%20b?c=d")]
    [InlineData("/old", "/", "/old/a", "/a")]
    [InlineData("/old", "/", "/old", "/")]
    [InlineData("/", "/new", "/a", "/new/a")]
    public async Task A_prefix_is_rewritten_on_the_way_to_the_pod(string own, string prefix, string asked, string seen)
    {
        await using var pod = await Pod.Answering(context => context.Response.WriteAsync($"{context.Request.Host} {context.Request.Path.ToUriComponent()}{context.Request.QueryString}"));
        var route = Given.Prefix("web.example", own);
        route.Rewrite = new Rewrite { Host = "inner.example", Path = new PathChange { Prefix = prefix } };
        await using var ingress = await RunningIngress.StartAsync(Given.Table([route], Given.Backend("web", pod.Address)));
        Assert.Equal($"inner.example {seen}", await ingress.TextAsync("web.example", asked));
    }

    [Fact]
    public async Task Headers_are_set_added_and_removed_both_ways()
    {
        await using var pod = await Pod.Answering(context =>
        {
            context.Response.Headers["X-Inner"] = "secret";
            context.Response.Headers["X-Kind"] = "pod";
            return context.Response.WriteAsync($"{context.Request.Headers["X-Set"]}|{context.Request.Headers["X-Add"]}|{context.Request.Headers["X-Gone"]}");
        });
        var route = Given.Prefix("web.example", "/");
        route.RequestHeaders = new HeaderChanges { Set = { new NamedValue { Name = "X-Set", Value = "1" } }, Add = { new NamedValue { Name = "X-Add", Value = "2" } }, Remove = { "X-Gone" } };
        route.ResponseHeaders = new HeaderChanges { Set = { new NamedValue { Name = "X-Kind", Value = "ingress" } }, Remove = { "X-Inner" } };
        await using var ingress = await RunningIngress.StartAsync(Given.Table([route], Given.Backend("web", pod.Address)));
        using var answer = await ingress.SendAsync(HttpMethod.Get, "web.example", "/", more: request =>
        {
            request.Headers.Add("X-Set", "0");
            request.Headers.Add("X-Add", "1");
            request.Headers.Add("X-Gone", "3");
        });
        Assert.Matches("^1\\|1, ?2\\|$", await answer.Content.ReadAsStringAsync());
        Assert.Equal("ingress", Assert.Single(answer.Headers.GetValues("X-Kind")));
        Assert.False(answer.Headers.Contains("X-Inner"));
    }

    [Theory]
    [InlineData("https", "", 0, null, "https://web.example/shop/a?b=c")]
    [InlineData("", "other.example", 0, null, "http://other.example:8080/shop/a?b=c")]
    [InlineData("https", "", 8443, null, "https://web.example:8443/shop/a?b=c")]
    [InlineData("http", "", 80, "/", "http://web.example/a?b=c")]
    [InlineData("", "", 0, "/new", "http://web.example:8080/new/a?b=c")]
    public async Task A_redirect_changes_what_it_names_and_nothing_else(string scheme, string host, int port, string? prefix, string place)
    {
        var route = Given.Prefix("web.example", "/shop", "-");
        route.Redirect = new Redirect { Scheme = scheme, Host = host, Port = port, Status = 308, Path = prefix is null ? null : new PathChange { Prefix = prefix } };
        await using var ingress = await RunningIngress.StartAsync(Given.Table([route], Given.Backend("-")));
        using var answer = await ingress.GetAsync("web.example:8080", "/shop/a?b=c");
        Assert.Equal((HttpStatusCode.PermanentRedirect, place), (answer.StatusCode, answer.Headers.Location?.OriginalString));
    }

    [Fact]
    public async Task A_route_has_a_time_of_its_own_to_the_millisecond()
    {
        await using var pod = await Pod.Answering(context => Task.Delay(Timeout.Infinite, context.RequestAborted));
        var route = Given.Prefix("web.example", "/");
        route.TimeoutMilliseconds = 150;
        await using var ingress = await RunningIngress.StartAsync(Given.Table([route], Given.Backend("web", pod.Address)));
        Assert.Equal(HttpStatusCode.GatewayTimeout, (await ingress.GetAsync("web.example")).StatusCode);
    }

    static Route Only(string backend, Action<Route> change)
    {
        var route = Given.Prefix("web.example", "/", backend);
        change(route);
        return route;
    }

    static async Task<string> TextAsync(Task<HttpResponseMessage> asked)
    {
        using var answer = await asked;
        return await answer.Content.ReadAsStringAsync();
    }

    static async Task<Pods> PodsAsync(params string[] names)
    {
        List<Pod> pods = [];
        foreach (var name in names) pods.Add(await Pod.Named(name));
        return new Pods(pods, [.. names.Zip(pods, (name, pod) => Given.Backend(name, pod.Address))]);
    }

    sealed record Pods(IReadOnlyList<Pod> All, Backend[] Backends) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            foreach (var pod in All) await pod.DisposeAsync();
        }
    }
}
