using System.Net.Sockets;
using System.Text;

namespace Orchestrator.Ingress.Tests;

/// <summary>Plain requests reach pods as the library would have sent them: each is sent through a route that changes nothing, and through one whose change does not concern it, which the library forwards.</summary>
public sealed class PlainRequestTests
{
    const string Plain = "plain.example", Library = "theirs.example";

    [Theory]
    [InlineData("GET / HTTP/1.1")]
    [InlineData("get / HTTP/1.1")]
    [InlineData("HEAD /a/b.html HTTP/1.1")]
    [InlineData("OPTIONS /a HTTP/1.1")]
    [InlineData("GET /a?b=c&d=e HTTP/1.1")]
    [InlineData("GET /a? HTTP/1.1")]
    [InlineData("GET /a?b=%41%2e%zz&c=<\"> HTTP/1.1")]
    [InlineData("GET /%41/%2e%2E/b HTTP/1.1")]
    [InlineData("GET /a/../b/./c HTTP/1.1")]
    [InlineData("GET /a%2Fb%5c%25%20c HTTP/1.1")]
    [InlineData("GET //a///b HTTP/1.1")]
    [InlineData("GET /caf%C3%A9/%E2%82%AC HTTP/1.1")]
    [InlineData("GET /a;b=c/d:e@f!$&'()*+, HTTP/1.1")]
    [InlineData("GET /a\\b|c^d`e{f} HTTP/1.1")]
    [InlineData("GET /.hidden/..more HTTP/1.1")]
    [InlineData("GET / HTTP/1.1", "Accept: */*", "accept: text/html", "User-Agent:", "X-Empty:", "Cookie: a=1", "Cookie: b=2")]
    [InlineData("GET / HTTP/1.1", "Connection: keep-alive", "Keep-Alive: 5", "Proxy-Connection: close", "Upgrade-Insecure-Requests: 1", "Alt-Svc: x")]
    [InlineData("GET / HTTP/1.1", "Connection: X-Mine, keep-alive", "X-Mine: 1")]
    [InlineData("GET / HTTP/1.1", "TE: trailers")]
    [InlineData("GET / HTTP/1.1", "TE: gzip")]
    [InlineData("GET / HTTP/1.1", "X-Forwarded-For: 1.2.3.4", "X-Forwarded-Proto: https", "Forwarded: for=1.2.3.4", "X-Real-IP: 1.2.3.4")]
    [InlineData("GET / HTTP/1.1", "Authorization: Basic YTpi", "If-None-Match: \"a\"", "Range: bytes=0-5", "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")]
    [InlineData("GET / HTTP/1.1", "Content-Type: text/plain", "Content-Language: en", "Allow: x", "Expires: 0")]
    [InlineData("GET / HTTP/1.1", "X-Long: 20,000 times")] // more than is written here
    [InlineData("GET / HTTP/1.1", "X-Tab: a\tb", "X-Name: \u00e9", "!#$%&'*+-.^_`|~: odd")]
    public async Task A_plain_request_reaches_the_pod_as_the_library_would_have_sent_it(string line, params string[] headers)
    {
        await using RawPod pod = new(_ => "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        var theirs = Given.Prefix(Library, "/");
        theirs.RequestHeaders = new() { Remove = { "X-Nobody-Has-This" } };
        await using var ingress = await RunningIngress.StartAsync(Given.Table([Given.Prefix(Plain, "/"), theirs], Given.Backend("web", pod.Address)));
        var ours = await SeenAsync(Plain);
        Assert.Equal((await SeenAsync(Library)).Replace(Library, Plain, StringComparison.Ordinal), ours);

        // The order of different headers says nothing, and values of one name are the same in one line or in several (RFC 9110, section 5.3). The library also says
        // that a body which is not there has no length, when a header speaks of it.
        async Task<string> SeenAsync(string host)
        {
            using TcpClient client = new();
            await client.ConnectAsync(ingress.Address.Host, ingress.Address.Port);
            await client.GetStream().WriteAsync(Encoding.Latin1.GetBytes($"{line}\r\nHost: {host}\r\n{string.Concat(headers.Select(header => header.Replace("20,000 times", new string('x', 20_000), StringComparison.Ordinal) + "\r\n"))}\r\n"));
            var answer = new byte[4096];
            Assert.True(await client.GetStream().ReadAsync(answer) > 0);
            var seen = pod.Requests.Last().Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
            var lines = seen[1..].Where(field => field != "Content-Length: 0").GroupBy(field => field[..field.IndexOf(':', StringComparison.Ordinal)], StringComparer.OrdinalIgnoreCase)
                .Select(same => $"{same.Key}: {string.Join(", ", same.Select(field => field[(same.Key.Length + 1)..].Trim()))}");
            return string.Join("\n", lines.Order(StringComparer.OrdinalIgnoreCase).Prepend(seen[0]));
        }
    }

    [Fact]
    public async Task The_head_of_a_plain_request_is_this()
    {
        await using RawPod pod = new(_ => "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        await using var ingress = await RunningIngress.StartAsync(Given.Table([Given.Prefix(Plain, "/")], Given.Backend("web", pod.Address)));
        using var answer = await ingress.SendAsync(HttpMethod.Get, Plain, "/a?b=c", more: request => request.Headers.Add("X-Mine", "1"));
        Assert.Equal($"GET /a?b=c HTTP/1.1\r\nHost: {Plain}\r\nX-Mine: 1\r\nX-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Host: {Plain}\r\nX-Forwarded-Proto: http\r\n\r\n", pod.Requests.Last());
    }
}
