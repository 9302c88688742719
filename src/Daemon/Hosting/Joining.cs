using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Orchestrator.Contracts;
using Orchestrator.Contracts.Security;
using Orchestrator.ControlPlane.Security;

namespace Orchestrator.Daemon.Hosting;

/// <summary>The very first start of a machine that joins a cluster: it trades its token for a certificate. Nothing is kept unless all of it succeeds.</summary>
static class Joining
{
    static readonly TimeSpan AskTimeout = TimeSpan.FromSeconds(15);

    /// <summary>Certificates begin an hour in the past, and leases are short: a clock that is further off than this makes trouble soon.</summary>
    static readonly TimeSpan MaxSkew = TimeSpan.FromMinutes(5);

    /// <exception cref="StartException">It can't join.</exception>
    public static async Task JoinAsync(ServerSettings settings, CredentialFiles files, KnownServers servers, TimeProvider clock, Serilog.ILogger log, CancellationToken cancel)
    {
        if (settings.Token is not { } text) throw new StartException($"--join needs a token; on a server, `orch token create --role {Role(settings)}` prints the command with one");
        if (JoinToken.Parse(text) is not { } token) throw new StartException("the token is no token: copy it whole, from \"orch1.\" to its end");
        List<string> silent = [];
        foreach (var address in settings.Join.Select(AddressOf))
        {
            try
            {
                var root = await AuthorityAsync(address, token, clock, cancel);
                var reply = await TradeAsync(settings, address, token, root, files, cancel);
                if (reply.ClusterKey.Length > 0) ClusterAuthority.TakeKey(files, reply.ClusterKey);
                servers.Heard(reply.Servers);
                if (reply.Notice.Length > 0) log.Warning("{Notice}", reply.Notice);
                log.Information("joined the cluster as {Role} {Name} through {Server}", Role(settings), settings.Name, address.Authority);
                return;
            }
            catch (RpcException refused) when (IsAnswer(refused.StatusCode))
            {
                throw new StartException($"{address.Authority} does not let this machine join: {Reason(refused)}");
            }
            catch (RpcException refused)
            {
                cancel.ThrowIfCancellationRequested();
                silent.Add($"{address.Authority}: {Reason(refused)}");
            }
        }

        throw new StartException($"no server answers ({string.Join("; ", silent)}); check --join, and that the API's port is open there");
    }

    /// <summary>The root that the token is of. Nothing secret is sent, so it does not matter who answers.</summary>
    static async Task<X509Certificate2> AuthorityAsync(Uri address, JoinToken token, TimeProvider clock, CancellationToken cancel)
    {
        using var channel = Channel(address, _ => true);
        var authority = await new Contracts.Joining.JoiningClient(channel).GetAuthorityAsync(new GetAuthorityRequest(), deadline: DateTime.UtcNow + AskTimeout, cancellationToken: cancel);
        var roots = new X509Certificate2Collection();
        try
        {
            roots.ImportFromPem(authority.Roots);
        }
        catch (CryptographicException)
        {
            // As good as none.
        }

        if (roots.FirstOrDefault(root => Credential.Digest(root) == token.RootDigest) is not { } known)
        {
            var shown = roots.Count > 0 ? Credential.Digest(roots[0])[..12] : "none";
            throw new StartException($"the server at {address.Authority} is not of the cluster that the token is for (its CA is {shown}, the token's {token.RootDigest[..12]}): nothing was sent to it; "
                + "check --join, or make a new token if the cluster's CA was rotated");
        }

        var ahead = clock.GetUtcNow() - DateTimeOffset.FromUnixTimeMilliseconds(authority.UnixMilliseconds);
        if (ahead.Duration() > MaxSkew)
            throw new StartException($"the clock of this machine is {InWords(ahead.Duration())} {(ahead > TimeSpan.Zero ? "ahead of" : "behind")} that of {address.Authority}; set it, for instance with `timedatectl set-ntp true`, and start again");
        return known;
    }

    static async Task<JoinReply> TradeAsync(ServerSettings settings, Uri address, JoinToken token, X509Certificate2 root, CredentialFiles files, CancellationToken cancel)
    {
        X509Certificate2Collection roots = [root];
        using var channel = Channel(address, shown => Credential.Judge(shown, roots, out _) is { Purpose: Purpose.Server });
        using var key = CredentialFiles.NewKey();
        // What listens for the moment shows that this machine is reached where it says: at the API's port, which the others need, or at any.
        using var listener = new Socket(settings.Advertise.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(settings.Advertise, settings.Server ? settings.Ports.Api : 0));
        listener.Listen();
        var reply = await new Contracts.Joining.JoiningClient(channel).JoinAsync(new JoinRequest
        {
            TokenId = token.Id,
            Secret = token.Secret,
            Role = Role(settings),
            Name = settings.Name,
            SigningRequest = ByteString.CopyFrom(CredentialFiles.RequestFor(key)),
            ReachedAt = listener.LocalEndPoint!.ToString(), // it is bound
        }, deadline: DateTime.UtcNow + AskTimeout, cancellationToken: cancel);
        files.Replace(reply.Certificate, key, reply.Roots);
        return reply;
    }

    static GrpcChannel Channel(Uri address, Func<X509Certificate2?, bool> judge) => GrpcChannel.ForAddress(address, new GrpcChannelOptions
    {
        HttpHandler = new SocketsHttpHandler
        {
            UseProxy = false,
            ConnectTimeout = AskTimeout, // TLS included, for the first time in this process: seconds on a slow machine
            SslOptions = new SslClientAuthenticationOptions { EnabledSslProtocols = SslProtocols.Tls13, RemoteCertificateValidationCallback = (_, shown, _, _) => judge(shown as X509Certificate2) },
        },
        DisposeHttpClient = true,
    });

    static Uri AddressOf(string text) => Uri.TryCreate($"https://{text}", UriKind.Absolute, out var address) && address.Host.Length > 0 && address.AbsolutePath == "/"
        ? address.IsDefaultPort && !text.EndsWith(":443", StringComparison.Ordinal) ? new UriBuilder(address) { Port = Ports.DefaultApi }.Uri : address
        : throw new StartException($"--join {text} is no server's address; write host:port");

    static string Role(ServerSettings settings) => Identity.WordOf(settings.Purpose);

    /// <summary>Whether a server has made up its mind; all else may go better with another server, or later.</summary>
    static bool IsAnswer(StatusCode code) =>
        code is StatusCode.PermissionDenied or StatusCode.Unauthenticated or StatusCode.AlreadyExists or StatusCode.InvalidArgument or StatusCode.FailedPrecondition or StatusCode.ResourceExhausted;

    static string Reason(RpcException failure)
    {
        for (var cause = failure.Status.DebugException; cause is not null; cause = cause.InnerException)
        {
            if (cause is SocketException refused) return refused.Message;
            if (cause is AuthenticationException) return "it speaks no TLS 1.3, or is not who it should be";
        }

        return failure.Status.Detail.Length > 0 ? failure.Status.Detail : failure.StatusCode.ToString();
    }

    static string InWords(TimeSpan span) => span.TotalDays >= 1 ? $"{span.TotalDays:0.#} days" : span.TotalHours >= 1 ? $"{span.TotalHours:0.#} hours" : $"{span.TotalMinutes:0} minutes";
}
