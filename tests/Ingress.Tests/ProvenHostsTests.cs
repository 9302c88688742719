using Orchestrator.Contracts;

namespace Orchestrator.Ingress.Tests;

public sealed class ProvenHostsTests
{
    [Fact]
    public async Task An_authority_hears_the_answer_for_its_host_and_token_and_everything_else_goes_where_it_always_does()
    {
        await using var pod = await Pod.Named("pod");
        var table = Given.Table([Given.Prefix("web.example", "/")], Given.Backend("web", pod.Address));
        table.Challenges.Add(new Challenge { Host = "web.example", Token = "abc", Answer = "abc.print" });
        table.Challenges.Add(new Challenge { Host = "new.example", Token = "def", Answer = "def.print" });
        await using var ingress = await RunningIngress.StartAsync(table);
        Assert.Equal("abc.print", await ingress.TextAsync("Web.example", "/.well-known/acme-challenge/abc"));
        Assert.Equal("def.print", await ingress.TextAsync("new.example", "/.well-known/acme-challenge/def")); // nothing else leads there
        Assert.Equal("pod", await ingress.TextAsync("web.example", "/.well-known/acme-challenge/def"));
        Assert.Equal("pod", await ingress.TextAsync("web.example", "/.well-known/acme-challenge/"));
        Assert.Equal("404", await ingress.TextAsync("other.example", "/.well-known/acme-challenge/abc"));

        table.Challenges.Clear();
        await ingress.PublishAsync(table);
        Assert.Equal("pod", await ingress.TextAsync("web.example", "/.well-known/acme-challenge/abc"));
    }
}
