using System.Net;
using System.Net.Sockets;
using System.Text;
using CsCheck;
using Orchestrator.Testing;

namespace Orchestrator.Ingress.Tests;

/// <summary>What becomes of the answers that pods give to plain requests, to the byte.</summary>
public sealed class PlainAnswerTests
{
    const string Host = "shop.example", Ok = "HTTP/1.1 200 OK\r\n";

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "200 hello")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n░hello", "200 hello")]
    [InlineData("HTTP/1.1 200 OK\r\nCont░ent-Length: 5\r\n\r\nhe░l░lo", "200 hello")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "200 ")]
    [InlineData("HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok", "200 ok")]
    [InlineData("HTTP/1.1 418 I am a teapot\r\nContent-Length: 2\r\n\r\nno", "418 no")]
    [InlineData("HTTP/1.1 200 OK\nContent-Length: 2\n\nok", "200 ok")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length : 2\r\nContent-Length: 2\r\n\r\nok", "200 ok")]
    [InlineData("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n░HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "200 ok")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", "200 hello")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n░2;a=\"b\"\r\nhe\r\n3 ;c\r\nllo\r░\n000\r\nX-Sum: 1\r\n\r\n", "200 hello")]
    [InlineData("HTTP/1.1 200 OK\r\n\r\nhe░llo█", "200 hello")]
    [InlineData("HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello", "200 hello")]
    [InlineData("HTTP/1.1 204 No Content\r\n\r\n", "204 ")]
    [InlineData("HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n", "204 ")]
    [InlineData("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", "204 ")]
    [InlineData("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", "304 ")]
    public Task An_answer_goes_through(string said, string heard) => HearsAsync(said, heard);

    [Theory]
    [InlineData("█")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Le█")]
    [InlineData("SSH-2.0-OpenSSH\r\n\r\n")]
    [InlineData("HTTP/2.0 200 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 20 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 +20 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 2000 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\nhello")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\nhello")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nhello")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nno header\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\n: none\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nX: a\rSet-Cookie: b\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 0\r\n\r\n")]
    public Task What_is_no_answer_is_answered_with_502(string said) => HearsAsync(said, "502 ");

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello█")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n█")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloX\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n-1\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0x0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0 0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1234567890abcdef0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nno trailer\r\n\r\n")]
    public async Task An_answer_that_breaks_off_is_never_taken_for_a_whole_one(string said)
    {
        await using RawPod pod = new(_ => said);
        await using var ingress = await IngressTo(pod);
        var (status, error) = (HttpStatusCode.OK, default(Exception));
        try
        {
            using var answer = await ingress.GetAsync(Host);
            status = answer.StatusCode;
            await answer.Content.ReadAsStringAsync();
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            error = e;
        }

        Assert.True(status == HttpStatusCode.BadGateway || error is not null); // 502 where nothing had gone to the client yet
    }

    [Fact]
    public async Task However_the_network_cuts_an_answer_the_client_hears_the_same()
    {
        string[] answers =
        [
            "HTTP/1.1 200 OK\r\nX-A: 1\r\nContent-Length: 11\r\n\r\nhello world",
            "HTTP/1.1 200 OK\r\nX-A: 1\r\nTransfer-Encoding: chunked\r\n\r\n6;x\r\nhello \r\n5\r\nworld\r\n0\r\nX-T: 2\r\n\r\n",
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nX-A: 1\r\nContent-Length: 11\r\n\r\nhello world",
        ];
        var cut = Gen.Select(Gen.OneOf([.. answers.Select(Gen.Const)]), Gen.Int[1, 200].Array[0, 5]).Select((answer, cuts) => cuts.Distinct().OrderDescending().Where(at => at < answer.Length)
            .Aggregate(answer, (text, at) => text.Insert(at, $"{RawPod.Pause}")));
        await cut.SampleAsync(async said =>
        {
            await using RawPod pod = new(_ => said);
            await using var ingress = await IngressTo(pod);
            using var first = await ingress.GetAsync(Host);
            return await first.Content.ReadAsStringAsync() == "hello world" && first.Headers.GetValues("X-A").Single() == "1" && await ingress.TextAsync(Host) == "hello world" && pod.Connections == 1;
        }, iter: 60, threads: 1);
    }

    [Fact]
    public async Task What_a_pod_says_after_its_answer_is_nobodys_answer()
    {
        await using RawPod pod = new(head => $"{Ok}Content-Length: 4\r\n\r\n{(head.Contains("/second", StringComparison.Ordinal) ? "mine" : "good")}HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil");
        await using var ingress = await IngressTo(pod);
        Assert.Equal("good", await ingress.TextAsync(Host));
        for (var i = 0; i < 20; i++) Assert.Equal("mine", await ingress.TextAsync(Host, "/second"));
        Assert.Equal(21, pod.Connections);
    }

    [Fact]
    public async Task A_connection_is_kept_and_one_that_the_pod_closes_meanwhile_costs_no_request()
    {
        var answers = 0;
        await using RawPod pod = new(_ => $"{Ok}Content-Length: 2\r\n\r\nok{(++answers % 3 == 0 ? RawPod.Close : "")}");
        await using var ingress = await IngressTo(pod);
        for (var i = 0; i < 30; i++) Assert.Equal("ok", await ingress.TextAsync(Host));
        Assert.Equal(10, pod.Connections);
    }

    [Theory]
    [InlineData("Connection: close\r\n")]
    [InlineData("Connection: Keep-Alive, Close\r\n")]
    public async Task A_connection_that_the_pod_will_close_is_not_used_again(string header)
    {
        await using RawPod pod = new(_ => $"{Ok}{header}Content-Length: 2\r\n\r\nok");
        await using var ingress = await IngressTo(pod);
        for (var i = 0; i < 3; i++) Assert.Equal("ok", await ingress.TextAsync(Host));
        Assert.Equal(3, pod.Connections);
    }

    [Fact]
    public async Task The_answer_to_HEAD_has_its_length_and_no_body()
    {
        await using RawPod pod = new(_ => $"{Ok}Content-Length: 5000\r\n\r\n");
        await using var ingress = await IngressTo(pod);
        for (var i = 0; i < 3; i++)
        {
            using var answer = await ingress.SendAsync(HttpMethod.Head, Host, "/");
            Assert.Equal(5000, answer.Content.Headers.ContentLength);
            Assert.Empty(await answer.Content.ReadAsByteArrayAsync());
        }

        Assert.Equal(1, pod.Connections);
    }

    [Fact]
    public async Task A_head_larger_than_any_is_answered_with_502_and_a_large_one_goes_through()
    {
        await using RawPod pod = new(head => $"{Ok}X-Long: {new string('a', head.Contains("/large", StringComparison.Ordinal) ? 30_000 : 70_000)}\r\nContent-Length: 2\r\n\r\nok");
        await using var ingress = await IngressTo(pod);
        Assert.Equal("ok", await ingress.TextAsync(Host, "/large"));
        Assert.Equal("502", await ingress.TextAsync(Host));
    }

    [Fact]
    public async Task Headers_go_through_byte_by_byte_in_both_directions()
    {
        await using RawPod pod = new(_ => $"{Ok}X-Name: pr\u00fcfung\r\nSet-Cookie: a=1\r\nset-cookie: b=2\r\nKeep-Alive: timeout=5\r\nContent-Length: 0\r\n\r\n");
        await using var ingress = await IngressTo(pod);
        foreach (var method in (string[])["GET", "DELETE"]) // the library's way is the same
        {
            var answer = await SayAsync(ingress, $"{method} / HTTP/1.1\r\nHost: {Host}\r\nX-Asked: \u00e9t\u00e9\r\nConnection: close\r\n\r\n");
            Assert.Contains("\r\nX-Name: pr\u00fcfung\r\n", answer, StringComparison.Ordinal);
            Assert.Contains("\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n", answer, StringComparison.Ordinal);
            Assert.DoesNotContain("timeout=5", answer, StringComparison.Ordinal);
            Assert.Contains("\r\nX-Asked: \u00e9t\u00e9\r\n", pod.Requests.Last(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_client_that_leaves_takes_its_connection_to_the_pod_along()
    {
        await using RawPod pod = new(_ => $"{Ok}Content-Length: 100\r\n\r\nbegun");
        await using var ingress = await IngressTo(pod);
        using (TcpClient client = new())
        {
            await client.ConnectAsync(ingress.Address.Host, ingress.Address.Port);
            await client.GetStream().WriteAsync(Encoding.Latin1.GetBytes($"GET / HTTP/1.1\r\nHost: {Host}\r\n\r\n"));
            await Eventually.HoldsAsync(() => Task.FromResult(!pod.Requests.IsEmpty), "the pod has the request");
        }

        await Eventually.HoldsAsync(() => Task.FromResult(pod.Closed == 1), "its connection is closed");
    }

    static async Task HearsAsync(string said, string heard)
    {
        await using RawPod pod = new(_ => said);
        await using var ingress = await IngressTo(pod);
        for (var i = 0; i < 2; i++) // over a kept connection, where it is one
        {
            using var answer = await ingress.GetAsync(Host);
            Assert.Equal(heard, $"{(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
        }
    }

    static Task<RunningIngress> IngressTo(RawPod pod) => RunningIngress.StartAsync(Given.Table([Given.Prefix(Host, "/")], Given.Backend("web", pod.Address)));

    static async Task<string> SayAsync(RunningIngress ingress, string request)
    {
        using TcpClient client = new();
        await client.ConnectAsync(ingress.Address.Host, ingress.Address.Port);
        await client.GetStream().WriteAsync(Encoding.Latin1.GetBytes(request));
        using StreamReader answer = new(client.GetStream(), Encoding.Latin1);
        return await answer.ReadToEndAsync();
    }
}
