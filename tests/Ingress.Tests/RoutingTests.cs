using System.Net;

namespace Orchestrator.Ingress.Tests;

public sealed class RoutingTests
{
    [Fact]
    public async Task Requests_go_by_host_then_by_the_order_of_the_table()
    {
        await using var shop = await Pod.Named("shop");
        await using var cart = await Pod.Named("cart");
        await using var one = await Pod.Named("one");
        await using var star = await Pod.Named("star");
        await using var rest = await Pod.Named("rest");
        await using var ingress = await RunningIngress.StartAsync(Given.Table(
            [
                Given.Exact("shop.example", "/cart/1", "one"),
                Given.Prefix("shop.example", "/cart", "cart"),
                Given.Prefix("shop.example", "/", "shop"),
                Given.Prefix("*.example", "/", "star"),
                Given.Prefix("", "/", "rest"),
            ],
            Given.Backend("shop", shop.Address), Given.Backend("cart", cart.Address), Given.Backend("one", one.Address),
            Given.Backend("star", star.Address), Given.Backend("rest", rest.Address)));
        Assert.Equal("shop", await ingress.TextAsync("shop.example"));
        Assert.Equal("shop", await ingress.TextAsync("Shop.Example:8080", "/carts"));
        Assert.Equal("cart", await ingress.TextAsync("shop.example", "/cart/2"));
        Assert.Equal("one", await ingress.TextAsync("shop.example", "/cart/1"));
        Assert.Equal("cart", await ingress.TextAsync("shop.example", "/cart/1/"));
        Assert.Equal("shop", await ingress.TextAsync("shop.example", "/Cart"));
        Assert.Equal("star", await ingress.TextAsync("blog.example"));
        Assert.Equal("rest", await ingress.TextAsync("a.blog.example"));
        Assert.Equal("rest", await ingress.TextAsync("10.0.0.1"));
    }

    [Fact]
    public async Task A_host_that_nobody_has_is_not_found_and_a_service_without_ready_pods_is_unavailable()
    {
        await using var pod = await Pod.Named("web");
        await using var ingress = await RunningIngress.StartAsync(Given.Table(
            [Given.Prefix("web.example", "/shop"), Given.Prefix("empty.example", "/", "empty")], Given.Backend("web", pod.Address), Given.Backend("empty")));
        Assert.Equal(HttpStatusCode.NotFound, (await ingress.GetAsync("other.example")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await ingress.GetAsync("web.example", "/blog")).StatusCode);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await ingress.GetAsync("empty.example")).StatusCode);
        Assert.Equal("web", await ingress.TextAsync("web.example", "/shop"));
    }

    [Fact]
    public async Task A_strange_path_of_one_route_does_not_hold_the_others_up()
    {
        await using var pod = await Pod.Named("web");
        await using var ingress = await RunningIngress.StartAsync(Given.Table(
            [Given.Prefix("odd.example", "/a?b//{c}/**"), Given.Exact("odd.example", "/{c}"), Given.Prefix("web.example", "/")], Given.Backend("web", pod.Address)));
        Assert.Equal("web", await ingress.TextAsync("web.example"));
        Assert.Equal("web", await ingress.TextAsync("odd.example", "/%7Bc%7D"));
        Assert.Equal("404", await ingress.TextAsync("odd.example", "/d"));
    }
}
