using Orchestrator.Contracts;

namespace Orchestrator.Ingress.Tests;

/// <summary>Which requests a route takes, without a proxy. The cases of paths are those of the Kubernetes documentation, "Path types".</summary>
public sealed class RouteConfigTests
{
    [Theory]
    [InlineData("prefix /", "/", true)]
    [InlineData("prefix /", "/any/path", true)]
    [InlineData("exact /foo", "/foo", true)]
    [InlineData("exact /foo", "/bar", false)]
    [InlineData("exact /foo", "/foo/", false)]
    [InlineData("exact /foo/", "/foo", false)]
    [InlineData("prefix /foo", "/foo", true)]
    [InlineData("prefix /foo", "/foo/", true)]
    [InlineData("prefix /foo/", "/foo", true)]
    [InlineData("prefix /foo/", "/foo/", true)]
    [InlineData("prefix /aaa/bb", "/aaa/bbb", false)]
    [InlineData("prefix /aaa/bbb", "/aaa/bbb", true)]
    [InlineData("prefix /aaa/bbb/", "/aaa/bbb", true)]
    [InlineData("prefix /aaa/bbb", "/aaa/bbb/", true)]
    [InlineData("prefix /aaa/bbb", "/aaa/bbb/ccc", true)]
    [InlineData("prefix /aaa/bbb", "/aaa/bbbxyz", false)]
    [InlineData("prefix /foo", "/Foo", false)]
    [InlineData("exact /a{b}", "/a{b}", true)]
    public void A_path_is_taken_as_Kubernetes_takes_it(string rule, string path, bool taken)
    {
        var words = rule.Split(' ');
        var route = words[0] == "exact" ? Given.Exact("", words[1]) : Given.Prefix("", words[1]);
        Assert.Equal(taken, RouteRules.Takes(RouteConfigs.Of(route, []), "any.example", path));
    }

    [Theory]
    [InlineData("", "any.example", true)]
    [InlineData("shop.example", "shop.example", true)]
    [InlineData("shop.example", "SHOP.example", true)]
    [InlineData("shop.example", "other.example", false)]
    [InlineData("*.example", "shop.example", true)]
    [InlineData("*.example", "a.shop.example", false)]
    [InlineData("*.example", "example", false)]
    [InlineData("*.example", ".example", false)]
    [InlineData("*.example", "shop.example.net", false)]
    public void A_star_stands_for_one_label(string pattern, string host, bool taken) =>
        Assert.Equal(taken, RouteRules.Takes(RouteConfigs.Of(Given.Prefix(pattern, "/"), []), host, "/"));

    [Fact]
    public void A_route_keeps_its_place_its_backend_and_the_host_that_was_asked_for()
    {
        var config = RouteConfigs.Of(new Route { Id = "r", Host = "shop.example", Path = "/cart", Backend = "shop/web:80", Order = 7 }, []);
        Assert.Equal(("r", "shop/web:80", 7), (config.RouteId, config.ClusterId, config.Order));
        Assert.Equal(["shop.example"], config.Match.Hosts!); // set for a named host
        Assert.Contains(config.Transforms!, transform => transform.TryGetValue("RequestHeaderOriginalHost", out var keep) && keep == "true"); // every route has some
    }

    [Theory]
    [InlineData("/shop/cart", "/shop/cart/{**rest}")]
    [InlineData("/", "/{**rest}")]
    [InlineData("//", "/{**rest}")]
    [InlineData("/a?b", "/{**rest}")]
    [InlineData("/{id}", "/{**rest}")]
    [InlineData("/~user", "/{**rest}")]
    public void A_path_that_is_no_plain_text_is_searched_for_everywhere(string path, string pattern) =>
        Assert.Equal(pattern, RouteConfigs.Of(Given.Prefix("", path), []).Match.Path);

    [Fact]
    public void A_pod_that_is_named_twice_is_one_destination()
    {
        var backend = new Backend { Id = "web" };
        backend.Destinations.Add(new Destination { Id = "pod", Address = "10.0.0.1:80" });
        backend.Destinations.Add(new Destination { Id = "pod", Address = "10.0.0.1:80" });
        Assert.Equal("http://10.0.0.1:80/", RouteConfigs.Of(backend).Destinations!.Single().Value.Address); // every backend has the list
    }
}
