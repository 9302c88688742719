using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging.Abstractions;
using Orchestrator.Contracts.Security;
using Orchestrator.ControlPlane.Security;
using Orchestrator.ControlPlane.Tests.Store;

namespace Orchestrator.ControlPlane.Tests.Security;

/// <summary>The door that Raft and node sessions share: who is no server of this cluster does not get one byte through.</summary>
public sealed class ServerTlsTests : IDisposable
{
    readonly TempDirectory _temp = new();
    readonly TestAuthority _authority;
    readonly TestAuthority _foreign;

    public ServerTlsTests() => (_authority, _foreign) = (new TestAuthority(_temp.Path), new TestAuthority(_temp.Path));

    public void Dispose() => _temp.Dispose();

    [Fact]
    public async Task Two_servers_of_a_cluster_hear_each_other()
    {
        var answer = await AskAsync(stream => Tls(_authority.Server("s2")).ConnectAsync(stream, default));
        Assert.Equal("heard", answer);
    }

    [Theory]
    [InlineData("an agent of the cluster")]
    [InlineData("a user of the cluster")]
    [InlineData("a server whose certificate has expired")]
    [InlineData("a server whose certificate begins tomorrow")]
    [InlineData("a server of another cluster")]
    public async Task A_certificate_that_is_not_a_servers_is_turned_away(string who)
    {
        var server = new Identity(Purpose.Server, "s2", "1");
        // Each trusts this cluster, so that it is the server that turns it away.
        var intruder = who switch
        {
            "an agent of the cluster" => _authority.Agent(),
            "a user of the cluster" => _authority.User(),
            "a server whose certificate has expired" => _authority.Give(server, DateTimeOffset.UtcNow.AddDays(-2)),
            "a server whose certificate begins tomorrow" => _authority.Give(server, DateTimeOffset.UtcNow.AddDays(1)),
            _ => _foreign.Give(server, trusting: _authority),
        };
        await RefusedAsync(async stream =>
        {
            var secured = new SslStream(stream);
            await secured.AuthenticateAsClientAsync(intruder.Current.ForAsking(_ => true));
            return secured;
        });
    }

    [Fact]
    public Task Who_shows_no_certificate_is_turned_away() => RefusedAsync(async stream =>
    {
        var secured = new SslStream(stream);
        await secured.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "s1", RemoteCertificateValidationCallback = (_, shown, _, _) => shown is not null });
        return secured;
    });

    [Fact]
    public Task Who_speaks_an_older_TLS_is_turned_away() => RefusedAsync(async stream =>
    {
        var secured = new SslStream(stream);
        var old = _authority.Server("s2").Current.ForAsking(_ => true);
        old.EnabledSslProtocols = SslProtocols.Tls12;
        await secured.AuthenticateAsClientAsync(old);
        return secured;
    });

    [Fact]
    public Task Who_speaks_in_the_clear_is_turned_away() => RefusedAsync(async stream =>
    {
        await stream.WriteAsync("GET / HTTP/1.1\r\n\r\n"u8.ToArray()); // more than the head of a TLS record, which is waited for
        return stream;
    });

    [Fact]
    public async Task A_certificate_that_a_server_signed_with_its_own_is_turned_away()
    {
        // A server's certificate is no CA's: what is signed with it is worth nothing.
        using var serverKey = CredentialFiles.NewKey();
        var server = X509Certificate2.CreateFromPem(_authority.Root.Sign(CredentialFiles.RequestFor(serverKey), new Identity(Purpose.Server, "s2", "1"), DateTimeOffset.UtcNow, TimeSpan.FromHours(2)));
        using var key = CredentialFiles.NewKey();
        var forged = new RootAuthority(server, serverKey).Sign(CredentialFiles.RequestFor(key), new Identity(Purpose.Server, "s3", "1"), DateTimeOffset.UtcNow, TimeSpan.FromHours(1));
        Assert.Null(Credential.Judge(X509Certificate2.CreateFromPem(forged), [_authority.Root.Certificate, server], out var why));
        Assert.NotEqual("", why);
    }

    [Fact]
    public async Task A_server_does_not_connect_to_an_impostor()
    {
        var impostor = _foreign.Server("s1");
        var connecting = Assert.ThrowsAnyAsync<Exception>(() => AskAsync(stream => Tls(_authority.Server("s2")).ConnectAsync(stream, default), async stream =>
        {
            var secured = new SslStream(stream);
            await secured.AuthenticateAsServerAsync(impostor.Current.ForAsked(_ => true));
            return secured;
        }));
        Assert.IsType<AuthenticationException>(await connecting);
    }

    async Task RefusedAsync(Func<Stream, Task<Stream>> intrude)
    {
        var accepted = false;
        await Assert.ThrowsAnyAsync<Exception>(() => AskAsync(intrude, async stream =>
        {
            var secured = await Tls(_authority.Server()).AcceptAsync(stream, default);
            accepted = true;
            return secured;
        }));
        Assert.False(accepted);
    }

    Task<string> AskAsync(Func<Stream, Task<Stream>> ask) => AskAsync(ask, stream => Tls(_authority.Server()).AcceptAsync(stream, default));

    /// <summary>Connects, secures both ends, and sends a word there and back.</summary>
    static async Task<string> AskAsync(Func<Stream, Task<Stream>> ask, Func<Stream, Task<Stream>> accept)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var answering = AnswerAsync();
        using var client = new TcpClient();
        await client.ConnectAsync((IPEndPoint)listener.LocalEndpoint);
        await using var stream = await ask(client.GetStream());
        await stream.WriteAsync("ask"u8.ToArray());
        var buffer = new byte[5];
        await stream.ReadExactlyAsync(buffer);
        await answering;
        return System.Text.Encoding.ASCII.GetString(buffer);

        async Task AnswerAsync()
        {
            using var socket = await listener.AcceptTcpClientAsync();
            await using var stream = await accept(socket.GetStream());
            await stream.ReadExactlyAsync(new byte[3]);
            await stream.WriteAsync("heard"u8.ToArray());
        }
    }

    static ServerTls Tls(CredentialFiles credentials) => new(new Gate(credentials, NullLoggerFactory.Instance), "Raft");
}
