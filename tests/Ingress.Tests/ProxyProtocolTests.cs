using System.Net;
using System.Net.Sockets;
using System.Text;
using CsCheck;
using Microsoft.AspNetCore.Http;

namespace Orchestrator.Ingress.Tests;

public sealed class ProxyProtocolTests
{
    const string Request = "GET / HTTP/1.1\r\nHost: web.example\r\nConnection: close\r\n\r\n";

    static readonly byte[] Signature = [0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A];

    [Theory]
    [InlineData("PROXY TCP4 203.0.113.7 192.0.2.1 56324 443\r\n", "203.0.113.7:56324")]
    [InlineData("PROXY TCP6 2001:db8::7 2001:db8::1 56324 443\r\n", "[2001:db8::7]:56324")]
    [InlineData("PROXY UNKNOWN\r\n", null)]
    [InlineData("PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535\r\n", null)]
    public void A_line_names_the_client(string line, string? client)
    {
        var bytes = Encoding.ASCII.GetBytes(line);
        Assert.Equal(new ProxyHeader(bytes.Length, client is null ? null : IPEndPoint.Parse(client)), ProxyHeader.Read([.. bytes, .. "GET /"u8]));
        for (var length = 0; length < bytes.Length; length++) Assert.Equal(0, ProxyHeader.Read(bytes.AsSpan(0, length)).Bytes);
    }

    [Theory]
    [InlineData("21 11 000C CB007107 C0000201 DC04 01BB", "203.0.113.7:56324")]
    [InlineData("21 11 0010 CB007107 C0000201 DC04 01BB 04000100", "203.0.113.7:56324")] // with something more after the addresses
    [InlineData("21 21 0024 20010DB8000000000000000000000007 20010DB8000000000000000000000001 DC04 01BB", "[2001:db8::7]:56324")]
    [InlineData("20 00 0000", null)] // a check of the load balancer's own
    [InlineData("21 00 0004 00000000", null)]
    public void A_binary_header_names_the_client(string hex, string? client)
    {
        byte[] bytes = [.. Signature, .. Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal))];
        Assert.Equal(new ProxyHeader(bytes.Length, client is null ? null : IPEndPoint.Parse(client)), ProxyHeader.Read([.. bytes, .. "GET /"u8]));
        for (var length = 0; length < bytes.Length; length++) Assert.Equal(0, ProxyHeader.Read(bytes.AsSpan(0, length)).Bytes);
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n")]
    [InlineData("PROXY TCP4 nobody 192.0.2.1 1 2\r\n")]
    [InlineData("PROXY TCP4 203.0.113.7 192.0.2.1 -1 2\r\n")]
    [InlineData("PROXY TCP4 203.0.113.7\r\n")]
    public void What_is_none_is_refused(string text) => Assert.Throws<FormatException>(() => ProxyHeader.Read(Encoding.ASCII.GetBytes(text)));

    [Fact]
    public void A_line_without_end_and_a_length_beyond_all_measure_are_refused()
    {
        Assert.Throws<FormatException>(() => ProxyHeader.Read(Encoding.ASCII.GetBytes("PROXY TCP4 " + new string('1', 200))));
        Assert.Throws<FormatException>(() => ProxyHeader.Read([.. Signature, 0x21, 0x11, 0xFF, 0xFF]));
        Assert.Throws<FormatException>(() => ProxyHeader.Read([.. Signature, 0x21, 0x11, 0x00, 0x04, 1, 2, 3, 4]));
    }

    [Fact]
    public void Any_bytes_are_read_or_refused_and_never_read_past_their_end() => Gen.Byte.Array[0, 60].Select(Gen.Bool).Sample((bytes, signed) =>
    {
        var all = signed ? [.. Signature, .. bytes] : bytes;
        try
        {
            Assert.InRange(ProxyHeader.Read(all).Bytes, 0, all.Length);
        }
        catch (FormatException)
        {
            // Refused.
        }
    });

    [Fact]
    public async Task A_pod_hears_of_the_client_that_a_load_balancer_names_and_of_no_other()
    {
        await using var pod = await Pod.Answering(context => context.Response.WriteAsync($"for {context.Request.Headers["X-Forwarded-For"]}"));
        var table = Given.Table([Given.Prefix("web.example", "/")], Given.Backend("web", pod.Address));
        await using var believing = await RunningIngress.StartAsync(with: options => options with { ProxyProtocolFrom = [IPNetwork.Parse("127.0.0.0/8")] });
        // Its own client sends no header: the table is published without the wait for it.
        believing.Routes.Publish(table);
        Assert.EndsWith("for 203.0.113.7", await SayAsync(believing, "PROXY TCP4 203.0.113.7 192.0.2.1 56324 80\r\n" + Request), StringComparison.Ordinal);
        Assert.EndsWith("for 127.0.0.1", await SayAsync(believing, "PROXY UNKNOWN\r\n" + Request), StringComparison.Ordinal);
        Assert.Equal("", await SayAsync(believing, Request)); // without one nobody is let in

        await using var strict = await RunningIngress.StartAsync(table, options => options with { ProxyProtocolFrom = [IPNetwork.Parse("192.0.2.0/24")] });
        Assert.StartsWith("HTTP/1.1 400", await SayAsync(strict, "PROXY TCP4 203.0.113.7 192.0.2.1 56324 80\r\n" + Request), StringComparison.Ordinal);
        Assert.EndsWith("for 127.0.0.1", await SayAsync(strict, Request), StringComparison.Ordinal);
    }

    static async Task<string> SayAsync(RunningIngress ingress, string text)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(ingress.Address.Host, ingress.Address.Port);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(text));
        using var reader = new StreamReader(client.GetStream());
        try
        {
            var said = await reader.ReadToEndAsync();
            var body = said.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            return body > 0 && said.Contains("chunked", StringComparison.OrdinalIgnoreCase) ? said[..body] + said[body..].Split("\r\n", StringSplitOptions.RemoveEmptyEntries)[1] : said;
        }
        catch (IOException)
        {
            return ""; // broken off
        }
    }
}
