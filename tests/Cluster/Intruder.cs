using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Grpc.Net.Client;
using Orchestrator.Contracts;
using Orchestrator.Contracts.Security;
using Orchestrator.Testing.Clusters;

namespace Orchestrator.Cluster;

/// <summary>Somebody on the network with a certificate that was stolen or made up, or with none.</summary>
sealed class Intruder(NetworkNamespace from, string who, X509Certificate2? certificate)
{
    /// <summary>An answer that has not come by then is none.</summary>
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    static readonly byte[] EmptyMessage = new byte[5]; // a gRPC frame of nothing

    public string Who => who;

    /// <summary>With the certificate of a machine, as whoever reads its disk has it.</summary>
    public static Intruder WithFile(NetworkNamespace from, string who, string pem) => new(from, who, X509Certificate2.CreateFromPemFile(pem, pem));

    /// <summary>With what a user works with.</summary>
    public static Intruder WithContext(NetworkNamespace from, string who, string config)
    {
        var context = Contexts.Parse(File.ReadAllText(config)).ByName.Values.First();
        return new(from, who, X509Certificate2.CreateFromPem(context.Certificate, context.Key));
    }

    /// <summary>With a certificate for a subject by a CA of its own, which is called as the cluster's is.</summary>
    public static Intruder WithForgery(NetworkNamespace from, string who, Identity identity)
    {
        using var rootKey = CredentialFiles.NewKey();
        var root = new CertificateRequest("CN=orchestrator cluster CA", rootKey, HashAlgorithmName.SHA256);
        root.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        var now = DateTimeOffset.UtcNow;
        using var signer = root.CreateSelfSigned(now.AddHours(-1), now.AddDays(1));
        using var key = CredentialFiles.NewKey();
        using var signed = new CertificateRequest(identity.ToSubject(), key, HashAlgorithmName.SHA256).Create(signer, now.AddHours(-1), now.AddHours(1), [1]);
        return new(from, who, signed.CopyWithPrivateKey(key));
    }

    /// <summary>Calls a method of an API with an empty message.</summary>
    /// <returns>Why it is not let in; null when it is.</returns>
    public async Task<string?> RefusalAsync(IPEndPoint api, string method)
    {
        using var client = new HttpClient(Handler());
        using var request = new HttpRequestMessage(HttpMethod.Post, $"https://{api}/{method}")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(EmptyMessage) { Headers = { ContentType = new MediaTypeHeaderValue("application/grpc") } },
        };
        request.Headers.TE.ParseAdd("trailers");
        using var time = new CancellationTokenSource(Patience);
        try
        {
            using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, time.Token);
            var status = answer.Headers.TryGetValues("grpc-status", out var values) ? values.First() : "0";
            var message = answer.Headers.TryGetValues("grpc-message", out var said) ? Uri.UnescapeDataString(said.First()) : "";
            return status is Unauthenticated || (status is PermissionDenied && (message.Contains("may not call this", StringComparison.Ordinal) || message.Contains("was removed", StringComparison.Ordinal))) ? message : null;
        }
        catch (HttpRequestException cut)
        {
            return cut.Message; // the handshake, or what follows it
        }
        catch (OperationCanceledException)
        {
            return null; // a stream that waits for more
        }
    }

    const string PermissionDenied = "7", Unauthenticated = "16"; // https://grpc.io/docs/guides/status-codes

    /// <summary>Whether a port that speaks TLS keeps the connection.</summary>
    public async Task<bool> IsKeptAsync(IPEndPoint port)
    {
        using var time = new CancellationTokenSource(Patience);
        using var socket = await from.ConnectAsync(port, time.Token);
        await using var secured = new SslStream(new NetworkStream(socket));
        try
        {
            await secured.AuthenticateAsClientAsync(Options(), time.Token);
            return await secured.ReadAsync(new byte[1], time.Token) > 0;
        }
        catch (Exception refused) when (refused is IOException or AuthenticationException)
        {
            return false;
        }
        catch (OperationCanceledException)
        {
            return true;
        }
    }

    /// <summary>Speaks gRPC as whoever the certificate says.</summary>
    public GrpcChannel Channel(IPEndPoint api) => GrpcChannel.ForAddress($"https://{api}", new GrpcChannelOptions { HttpHandler = Handler(), DisposeHttpClient = true });

    SocketsHttpHandler Handler()
    {
        var handler = from.Handler();
        handler.SslOptions = Options();
        return handler;
    }

    SslClientAuthenticationOptions Options() => new()
    {
        TargetHost = "",
        ClientCertificates = certificate is null ? [] : [certificate],
        LocalCertificateSelectionCallback = (_, _, _, _, _) => certificate!, // none is shown for null
        EnabledSslProtocols = SslProtocols.Tls13,
        RemoteCertificateValidationCallback = (_, shown, _, _) => shown is not null, // whom it meets is nothing to it
    };
}
