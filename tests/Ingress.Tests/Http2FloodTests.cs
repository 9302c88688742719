using System.Buffers.Binary;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Orchestrator.Ingress.Tests;

/// <summary>Floods of HTTP/2 frames, written frame by frame (RFC 9113): the connection they come over ends, others are served all the while.</summary>
public sealed class Http2FloodTests
{
    const string Host = "a.example";
    const byte Headers = 1, ResetStream = 3, Settings = 4, Ping = 6, Continuation = 9;
    const byte EndStream = 1, EndHeaders = 4;
    const int MostFrames = 100_000;

    /// <summary>Only so that a connection that wrongly stays open fails its test.</summary>
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Streams_that_are_opened_and_reset_at_once_without_end() => // CVE-2023-44487
        await EndsAsync(frame => Frame(Headers, EndStream | EndHeaders, (2 * frame) + 1, Request()).Concat(Frame(ResetStream, 0, (2 * frame) + 1, [0, 0, 0, 8])));

    [Fact]
    public async Task Headers_that_go_on_without_end() => // CVE-2024-27316
        await EndsAsync(frame => frame == 0 ? Frame(Headers, EndStream, 1, Request()) : Frame(Continuation, 0, 1, Literal($"x-{frame}", new string('x', 100))));

    [Fact]
    public async Task Settings_without_end() => // CVE-2019-9515
        await EndsAsync(_ => Frame(Settings, 0, 0, [0, 3, 0, 0, 0, 100]), readsNothing: true);

    [Fact]
    public async Task Pings_without_end() => // CVE-2019-9512
        await EndsAsync(_ => Frame(Ping, 0, 0, new byte[8]), readsNothing: true);

    static async Task EndsAsync(Func<int, IEnumerable<byte>> flood, bool readsNothing = false)
    {
        await using var pod = await Pod.Answering(context => context.Response.WriteAsync("served"));
        var table = Given.Table([Given.Prefix(Host, "/"), Given.Prefix("plain.example", "/")], Given.Backend("web", pod.Address));
        table.Certificates.Add(SiteTests.Certificate("shop/a", Host));
        await using var ingress = await RunningIngress.StartAsync(table);
        using var patience = new CancellationTokenSource(Patience);
        using TcpClient tcp = new();
        await tcp.ConnectAsync(ingress.TlsAddress.Host, ingress.TlsAddress.Port);
        await using SslStream stream = new(tcp.GetStream(), false, (_, _, _, _) => true);
        await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = Host, ApplicationProtocols = [SslApplicationProtocol.Http2] }, patience.Token);
        Assert.Equal(SslApplicationProtocol.Http2, stream.NegotiatedApplicationProtocol);
        await stream.WriteAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray(), patience.Token);
        await stream.WriteAsync(Frame(Settings, 0, 0, []).ToArray(), patience.Token);
        var ended = readsNothing ? Task.CompletedTask : ReadToEndAsync(stream, patience.Token);
        var frames = 0;
        try
        {
            for (; frames < MostFrames && (readsNothing || !ended.IsCompleted); frames++)
            {
                using var stalled = CancellationTokenSource.CreateLinkedTokenSource(patience.Token);
                stalled.CancelAfter(TimeSpan.FromSeconds(2)); // who does not read our answers is not read either, and that ends a flood as well
                await stream.WriteAsync(flood(frames).ToArray(), stalled.Token);
            }
        }
        catch (Exception e) when (e is IOException or SocketException || (e is OperationCanceledException && !patience.IsCancellationRequested))
        {
            // The ingress hung up, or takes no more.
        }

        Assert.True(readsNothing || frames < MostFrames, "the flood was taken without end");
        Assert.Equal("served", await ingress.TextAsync("plain.example"));
    }

    static async Task ReadToEndAsync(SslStream stream, CancellationToken token)
    {
        var buffer = new byte[1 << 14];
        try
        {
            while (await stream.ReadAsync(buffer, token) > 0)
            {
            }
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            // It is at its end as well.
        }
    }

    static IEnumerable<byte> Frame(byte type, byte flags, int stream, byte[] payload)
    {
        var header = new byte[9];
        BinaryPrimitives.WriteUInt32BigEndian(header, (uint)payload.Length << 8);
        header[3] = type;
        header[4] = flags;
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(5), stream);
        return header.Concat(payload);
    }

    // Fields without the table and without Huffman (RFC 7541, section 6.2.2).
    static byte[] Request() => [.. Literal(":method", "GET"), .. Literal(":scheme", "https"), .. Literal(":path", "/"), .. Literal(":authority", Host)];

    static byte[] Literal(string name, string value) => [0, (byte)name.Length, .. Encoding.ASCII.GetBytes(name), (byte)value.Length, .. Encoding.ASCII.GetBytes(value)];
}
