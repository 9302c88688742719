using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Google.Protobuf;
using Microsoft.AspNetCore.Http;
using Orchestrator.Contracts;

namespace Orchestrator.Ingress.Tests;

/// <summary>Sites over TLS, seen by clients.</summary>
public sealed class SiteTests
{
    [Fact]
    public async Task A_host_is_served_with_its_own_certificate_and_the_pod_hears_that_it_was_over_TLS()
    {
        await using var pod = await Pod.Answering(context => context.Response.WriteAsync($"{context.Request.Host} {context.Request.Headers["X-Forwarded-Proto"]}"));
        await using var ingress = await RunningIngress.StartAsync(Table(pod, Certificate("shop/a", "a.example"), Certificate("shop/all", "*.example")));

        Assert.Equal(("CN=a.example", "a.example https"), await AskAsync(ingress, "a.example"));
        Assert.Equal(("CN=*.example", "b.example https"), await AskAsync(ingress, "b.example"));
    }

    [Theory]
    [InlineData("a.b.example")]
    [InlineData("example")]
    [InlineData("other.test")]
    [InlineData("*.example")]
    public async Task Nobody_is_shown_a_certificate_that_is_not_for_the_name_asked_for(string name)
    {
        await using var pod = await Pod.Named("pod");
        await using var ingress = await RunningIngress.StartAsync(Table(pod, Certificate("shop/all", "*.example")));
        if (name == "*.example") name = "";
        await Assert.ThrowsAnyAsync<Exception>(() => HandshakeAsync(ingress, name, SslProtocols.None));
    }

    [Fact]
    public async Task A_new_certificate_is_shown_at_once_and_connections_stay()
    {
        await using var pod = await Pod.Named("pod");
        await using var ingress = await RunningIngress.StartAsync(Table(pod, Certificate("shop/a", "a.example")));
        using var open = Client(_ => { });
        using var first = await open.SendAsync(Request(ingress, "a.example"));

        ingress.Sites.Publish([Certificate("shop/a", ["a.example"], subject: "renewed")]);
        Assert.Equal("CN=renewed", (await AskAsync(ingress, "a.example")).Subject);
        using var second = await open.SendAsync(Request(ingress, "a.example"));
        Assert.Equal(HttpStatusCode.OK, second.StatusCode);
    }

    [Fact]
    public async Task What_is_no_certificate_costs_its_own_hosts_only()
    {
        await using var pod = await Pod.Named("pod");
        SiteCertificate bad = new() { Id = "shop/bad", Chain = ByteString.CopyFromUtf8("no PEM"), Key = ByteString.CopyFromUtf8("none") };
        bad.Hosts.Add("bad.example");
        var mixed = Certificate("shop/mixed", "mixed.example");
        mixed.Key = Certificate("x", "x").Key; // of another certificate
        await using var ingress = await RunningIngress.StartAsync(Table(pod, bad, mixed, Certificate("shop/a", "a.example")));

        Assert.Equal("CN=a.example", (await AskAsync(ingress, "a.example")).Subject);
        await Assert.ThrowsAnyAsync<Exception>(() => HandshakeAsync(ingress, "bad.example", SslProtocols.None));
        await Assert.ThrowsAnyAsync<Exception>(() => HandshakeAsync(ingress, "mixed.example", SslProtocols.None));
    }

    [Fact]
    public async Task Whoever_came_in_for_one_site_does_not_reach_another_one_by_the_Host_header()
    {
        await using var pod = await Pod.Named("pod");
        await using var ingress = await RunningIngress.StartAsync(Table(pod, Certificate("shop/a", "a.example"), Certificate("bank/b", "b.example"), Certificate("shop/two", "c.example", "d.example")));

        Assert.Equal(HttpStatusCode.MisdirectedRequest, await StatusAsync(ingress, came: "a.example", asks: "b.example"));
        Assert.Equal(HttpStatusCode.MisdirectedRequest, await StatusAsync(ingress, came: "a.example", asks: "plain.example"));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(ingress, came: "c.example", asks: "d.example"));
    }

    [Fact]
    public async Task HTTP_2_is_spoken_where_a_client_can()
    {
        await using var pod = await Pod.Named("pod");
        await using var ingress = await RunningIngress.StartAsync(Table(pod, Certificate("shop/a", "a.example")));
        using var client = Client(_ => { });
        var request = Request(ingress, "a.example");
        request.Version = HttpVersion.Version20;
        request.VersionPolicy = HttpVersionPolicy.RequestVersionExact;
        using var answer = await client.SendAsync(request);
        Assert.Equal((HttpStatusCode.OK, HttpVersion.Version20), (answer.StatusCode, answer.Version));
    }

    [Theory]
    [InlineData(SslProtocols.Tls12, true)]
    [InlineData(SslProtocols.Tls13, true)]
#pragma warning disable SYSLIB0039, CA5397 // the old one is to be refused
    [InlineData(SslProtocols.Tls11, false)]
#pragma warning restore SYSLIB0039, CA5397
    public async Task Only_what_is_sound_today_is_agreed_on(SslProtocols protocol, bool agreed)
    {
        await using var pod = await Pod.Named("pod");
        await using var ingress = await RunningIngress.StartAsync(Table(pod, Certificate("shop/a", "a.example")));
        if (!agreed)
        {
            await Assert.ThrowsAnyAsync<Exception>(() => HandshakeAsync(ingress, "a.example", protocol));
            return;
        }

        var suite = await HandshakeAsync(ingress, "a.example", protocol);
        Assert.DoesNotContain("CBC", suite.ToString(), StringComparison.Ordinal);
        await Assert.ThrowsAnyAsync<Exception>(() => HandshakeAsync(ingress, "a.example", SslProtocols.Tls12, new CipherSuitesPolicy([TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256])));
    }

    static async Task<TlsCipherSuite> HandshakeAsync(RunningIngress ingress, string name, SslProtocols protocols, CipherSuitesPolicy? suites = null)
    {
        using TcpClient tcp = new();
        await tcp.ConnectAsync(IPAddress.Loopback, ingress.TlsAddress.Port);
        await using SslStream stream = new(tcp.GetStream(), false, (_, _, _, _) => true);
        await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = name, EnabledSslProtocols = protocols, CipherSuitesPolicy = suites });
        return stream.NegotiatedCipherSuite;
    }

    static async Task<(string? Subject, string Text)> AskAsync(RunningIngress ingress, string host)
    {
        string? subject = null;
        using var client = Client(shown => subject = shown);
        using var answer = await client.SendAsync(Request(ingress, host));
        return (subject, await answer.Content.ReadAsStringAsync());
    }

    // By hand: the framework's client asks for the name in the Host header, always.
    static async Task<HttpStatusCode> StatusAsync(RunningIngress ingress, string came, string asks)
    {
        using TcpClient tcp = new();
        await tcp.ConnectAsync(IPAddress.Loopback, ingress.TlsAddress.Port);
        await using SslStream stream = new(tcp.GetStream(), false, (_, _, _, _) => true);
        await stream.AuthenticateAsClientAsync(came);
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"GET / HTTP/1.1\r\nHost: {asks}\r\nConnection: close\r\n\r\n"));
        using StreamReader answer = new(stream);
        return (HttpStatusCode)int.Parse((await answer.ReadLineAsync())!.Split(' ')[1], CultureInfo.InvariantCulture); // a status line, or the test fails here
    }

    static HttpRequestMessage Request(RunningIngress ingress, string host)
    {
        HttpRequestMessage request = new(HttpMethod.Get, $"https://{host}:{ingress.TlsAddress.Port}/");
        request.Headers.Host = host;
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/plain"));
        return request;
    }

    static HttpClient Client(Action<string> shown) => new(new SocketsHttpHandler
    {
        UseProxy = false,
        ConnectCallback = async (context, token) =>
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(IPAddress.Loopback, context.DnsEndPoint.Port, token);
            return new NetworkStream(socket, ownsSocket: true);
        },
        SslOptions =
        {
            RemoteCertificateValidationCallback = (_, certificate, _, _) =>
            {
                shown(certificate!.Subject); // a server always shows one
                return true;
            },
        },
    });

    static RouteTable Table(Pod pod, params SiteCertificate[] certificates)
    {
        var table = Given.Table([Given.Prefix("", "/")], Given.Backend("web", pod.Address));
        table.Certificates.AddRange(certificates);
        return table;
    }

    internal static SiteCertificate Certificate(string id, params string[] hosts) => Certificate(id, hosts, hosts[0]);

    internal static SiteCertificate Certificate(string id, string[] hosts, string subject)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var made = new CertificateRequest($"CN={subject}", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        SiteCertificate certificate = new() { Id = id, Chain = ByteString.CopyFromUtf8(made.ExportCertificatePem()), Key = ByteString.CopyFromUtf8(key.ExportPkcs8PrivateKeyPem()) };
        certificate.Hosts.AddRange(hosts);
        return certificate;
    }
}
