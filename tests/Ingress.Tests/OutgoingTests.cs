using System.Net;
using System.Text;
using CsCheck;
using Orchestrator.Ingress.Outgoing;

namespace Orchestrator.Ingress.Tests;

/// <summary>What is sent to pods that are only asked, and what is made of their answers, to the byte.</summary>
public sealed class OutgoingTests : IDisposable
{
    static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(2);

    readonly HttpMessageInvoker _client = new(new PodHandler(ConnectTimeout, new Elsewhere()));

    public void Dispose() => _client.Dispose();

    [Fact]
    public async Task A_request_has_its_line_its_host_and_its_headers_and_nothing_else()
    {
        await using var pod = new RawPod().Then("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
        using HttpRequestMessage request = new(HttpMethod.Get, new Uri(pod.Address, "/a%2Fb?q=1 2".Replace(" ", "%20", StringComparison.Ordinal)));
        request.Headers.Host = "web.example:8080";
        request.Headers.TryAddWithoutValidation("Accept", ["text/html", "a/b"]);
        request.Headers.TryAddWithoutValidation("Cookie", ["a=1", "b=2"]);
        request.Headers.TryAddWithoutValidation("X-Empty", "");
        Assert.Equal("hi", (await AskAsync(request)).Text);
        Assert.Equal(["GET /a%2Fb?q=1%202 HTTP/1.1\r\nHost: web.example:8080\r\nAccept: text/html\r\nAccept: a/b\r\nCookie: a=1; b=2\r\nX-Empty: \r\n\r\n"], pod.Requests);
    }

    [Theory]
    [InlineData("\r\nX-Smuggled: 1")]
    [InlineData("a\nb")]
    [InlineData("a\0b")]
    [InlineData("ü")]
    public async Task What_a_head_can_not_hold_is_not_written_here(string value)
    {
        await using var pod = new RawPod();
        using HttpRequestMessage request = new(HttpMethod.Get, pod.Address);
        request.Headers.TryAddWithoutValidation("X-Value", value);
        if (!request.Headers.NonValidated.Contains("X-Value")) return; // the framework does not even take it
        await Assert.ThrowsAsync<NotSupportedException>(() => AskAsync(request));
        Assert.Empty(pod.Requests);
    }

    [Theory]
    [InlineData("POST")]
    [InlineData("DELETE")]
    [InlineData("OPTIONS")]
    public async Task Requests_that_may_change_something_go_the_frameworks_way(string method)
    {
        using HttpRequestMessage request = new(new HttpMethod(method), "http://127.0.0.1:1/");
        await Assert.ThrowsAsync<NotSupportedException>(() => AskAsync(request));
    }

    [Fact]
    public void Every_body_arrives_as_it_was_however_it_is_framed_and_cut_and_the_connection_is_used_again() =>
        Gen.Select(Gen.String[Gen.Char['\0', 'ÿ'], 0, 300], Gen.Int[1, 40].Array[1, 12], Gen.Int[1, 17], Gen.Bool, Gen.Bool).Sample((body, cuts, chunk, chunked, interim) =>
        {
            var answer = (interim ? "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" : "") + (chunked
                ? $"HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\n{string.Concat(body.Chunk(chunk).Select((part, i) => $"{part.Length:x}{(i % 3 == 1 ? ";a=b" : "")}\r\n{new string(part)}\r\n"))}0\r\nX-Sum: {body.Length}\r\n\r\n"
                : $"HTTP/1.1 200 OK\r\nContent-Length: {body.Length}\r\n\r\n{body}");
            AllAsync(body, Pieces(answer, cuts), chunked).GetAwaiter().GetResult();
        }, iter: 200);

    async Task AllAsync(string body, string[] pieces, bool chunked)
    {
        await using var pod = new RawPod().Then(pieces).Then(pieces);
        for (var i = 0; i < 2; i++)
        {
            using HttpRequestMessage request = new(HttpMethod.Get, pod.Address);
            var (message, text) = await AskAsync(request);
            Assert.Equal(body, text);
            if (chunked) Assert.Equal([$"{body.Length}"], message.TrailingHeaders.GetValues("X-Sum"));
        }

        Assert.Equal(1, pod.Connections);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nab")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nab")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 0x2\r\n\r\nab")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nab")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nX-A: 1\r\n X-B: 2\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nX-A\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\n: a\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nX-A: a\rb\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nX-A: a\0b\r\n\r\n")]
    [InlineData("HTTP/2 200 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 20 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 2000 OK\r\n\r\n")]
    [InlineData("ICY 200 OK\r\n\r\n")]
    [InlineData("\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n")]
    public async Task An_answer_that_two_readers_might_read_differently_is_refused(string answer)
    {
        await using var pod = new RawPod().Then(answer);
        using HttpRequestMessage request = new(HttpMethod.Get, pod.Address);
        Assert.Equal(HttpRequestError.InvalidResponse, (await Assert.ThrowsAsync<HttpRequestException>(() => AskAsync(request))).HttpRequestError);
    }

    [Theory]
    [InlineData("5\r\nab")]
    [InlineData("2\r\nabc\r\n0\r\n\r\n")]
    [InlineData("-2\r\nab\r\n0\r\n\r\n")]
    [InlineData("ffffffffffffffff\r\nab")]
    [InlineData("2 2\r\nab\r\n0\r\n\r\n")]
    [InlineData("\r\nab")]
    [InlineData("2\r\nab\r\n0\r\nX-A\r\n\r\n")]
    [InlineData("2\r\nab\r\n")]
    public async Task Chunks_that_do_not_fit_or_stop_are_no_whole_body(string body)
    {
        await using var pod = new RawPod().ThenClose($"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{body}");
        using HttpRequestMessage request = new(HttpMethod.Get, pod.Address);
        await Assert.ThrowsAnyAsync<Exception>(() => AskAsync(request));
    }

    [Fact]
    public async Task A_body_shorter_than_its_length_is_an_error_and_one_without_a_length_ends_with_the_connection()
    {
        await using var pod = new RawPod().ThenClose("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab").ThenClose("HTTP/1.0 200 OK\r\n\r\nall of it");
        using HttpRequestMessage shorter = new(HttpMethod.Get, pod.Address), open = new(HttpMethod.Get, pod.Address);
        await Assert.ThrowsAsync<HttpIOException>(() => AskAsync(shorter));
        Assert.Equal("all of it", (await AskAsync(open)).Text);
    }

    [Fact]
    public async Task A_connection_that_the_pod_closed_meanwhile_costs_no_request_and_one_that_it_closes_unasked_costs_one()
    {
        await using var pod = new RawPod().ThenClose("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na").ThenClose("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nb").ThenClose();
        foreach (var expected in new[] { "a", "b" })
        {
            using HttpRequestMessage request = new(HttpMethod.Get, pod.Address);
            Assert.Equal(expected, (await AskAsync(request)).Text);
        }

        using HttpRequestMessage last = new(HttpMethod.Get, pod.Address);
        Assert.Equal(HttpRequestError.ResponseEnded, (await Assert.ThrowsAsync<HttpRequestException>(() => AskAsync(last))).HttpRequestError);
    }

    [Fact]
    public async Task What_comes_behind_an_answer_is_nobodys_answer()
    {
        await using var pod = new RawPod().Then("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\naHTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\npoisoned").Then("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nb");
        foreach (var expected in new[] { "a", "b" })
        {
            using HttpRequestMessage request = new(HttpMethod.Get, pod.Address);
            Assert.Equal(expected, (await AskAsync(request)).Text);
        }

        Assert.Equal(2, pod.Connections);
    }

    [Theory]
    [InlineData("HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")]
    [InlineData("GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\nETag: \"a\"\r\n\r\n")]
    [InlineData("GET", "HTTP/1.1 204 No Content\r\n\r\n")]
    public async Task Answers_without_a_body_leave_the_connection_for_the_next_request(string method, string answer)
    {
        await using var pod = new RawPod().Then(answer).Then(answer);
        for (var i = 0; i < 2; i++)
        {
            using HttpRequestMessage request = new(new HttpMethod(method), pod.Address);
            Assert.Equal("", (await AskAsync(request)).Text);
        }

        Assert.Equal(1, pod.Connections);
    }

    [Fact]
    public async Task A_pod_that_refuses_and_one_that_is_silent_are_told_apart_as_the_framework_does()
    {
        using HttpRequestMessage refused = new(HttpMethod.Get, "http://127.0.0.1:1/");
        Assert.Equal(HttpRequestError.ConnectionError, (await Assert.ThrowsAsync<HttpRequestException>(() => AskAsync(refused))).HttpRequestError);

        await using var pod = new RawPod().Then("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\na");
        using CancellationTokenSource enough = new();
        using HttpRequestMessage request = new(HttpMethod.Get, pod.Address);
        using var message = await _client.SendAsync(request, enough.Token);
        await using var body = await message.Content.ReadAsStreamAsync();
        Assert.Equal(1, await body.ReadAsync(new byte[10]));
        var more = body.ReadAsync(new byte[10], enough.Token);
        await enough.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await more);
    }

    async Task<(HttpResponseMessage Message, string Text)> AskAsync(HttpRequestMessage request)
    {
        request.VersionPolicy = HttpVersionPolicy.RequestVersionOrLower;
        request.Version = HttpVersion.Version20;
        var message = await _client.SendAsync(request, CancellationToken.None);
        await using var body = await message.Content.ReadAsStreamAsync();
        using MemoryStream all = new();
        await body.CopyToAsync(all);
        return (message, Encoding.Latin1.GetString(all.ToArray()));
    }

    static string[] Pieces(string text, int[] sizes)
    {
        List<string> pieces = [];
        for (int i = 0, from = 0; from < text.Length; i++)
        {
            var size = Math.Min(sizes[i % sizes.Length], text.Length - from);
            pieces.Add(text.Substring(from, size));
            from += size;
        }

        return [.. pieces];
    }

    /// <summary>Stands for the framework's client.</summary>
    sealed class Elsewhere : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
