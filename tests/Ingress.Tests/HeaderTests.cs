using Microsoft.AspNetCore.Http;

namespace Orchestrator.Ingress.Tests;

/// <summary>What a service is told of the client, and that the client has no say in it.</summary>
public sealed class HeaderTests
{
    [Fact]
    public async Task A_service_sees_the_host_that_was_asked_for_and_where_the_request_came_from()
    {
        var seen = await SeenAsync();
        Assert.Equal("web.example:8080", seen["Host"]);
        Assert.Equal("127.0.0.1", seen["X-Forwarded-For"]);
        Assert.Equal("web.example:8080", seen["X-Forwarded-Host"]);
        Assert.Equal("http", seen["X-Forwarded-Proto"]);
    }

    [Theory]
    [InlineData("X-Forwarded-For")]
    [InlineData("X-Forwarded-Host")]
    [InlineData("X-Forwarded-Proto")]
    [InlineData("X-Forwarded-Prefix")]
    [InlineData("X-Forwarded-Port")]
    [InlineData("X_Forwarded_For")]
    [InlineData("x-forwarded_for")]
    [InlineData("X-Real-IP")]
    [InlineData("Forwarded")]
    public async Task What_a_client_claims_about_itself_is_not_passed_on(string header)
    {
        var seen = await SeenAsync(header, "for=6.6.6.6");
        Assert.DoesNotContain(seen, each => each.Value.Contains("6.6.6.6", StringComparison.Ordinal));
        Assert.Equal("127.0.0.1", seen["X-Forwarded-For"]);
    }

    [Fact]
    public async Task Other_headers_pass_unchanged() => Assert.Equal("for=6.6.6.6", (await SeenAsync("X-Request-Id", "for=6.6.6.6"))["X-Request-Id"]);

    static async Task<Dictionary<string, string>> SeenAsync(string? header = null, string? value = null)
    {
        var seen = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        await using var pod = await Pod.Answering(context =>
        {
            foreach (var (name, values) in context.Request.Headers) seen[name] = values.ToString();
            return context.Response.WriteAsync("ok");
        });
        await using var ingress = await RunningIngress.StartAsync(Given.Table([Given.Prefix("web.example", "/")], Given.Backend("web", pod.Address)));
        using var answer = await ingress.SendAsync(HttpMethod.Get, "web.example:8080", "/", more: request =>
        {
            if (header is not null) Assert.True(request.Headers.TryAddWithoutValidation(header, value));
        });
        answer.EnsureSuccessStatusCode();
        return seen;
    }
}
