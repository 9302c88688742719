using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Orchestrator.Contracts;
using Orchestrator.Contracts.Security;

namespace Orchestrator.Daemon.Hosting;

/// <summary>
/// Has this machine's certificate replaced at about two thirds of its life, by any server. Connections that stand go on; new ones show the new certificate.
/// </summary>
sealed class CertificateRenewal(Membership membership, TimeProvider clock, Serilog.ILogger log) : BackgroundService
{
    static readonly TimeSpan AskTimeout = TimeSpan.FromSeconds(5);

    /// <summary>Between two looks at the most: a clock that was set wrong is noticed.</summary>
    static readonly TimeSpan LongestWait = TimeSpan.FromHours(1);

    /// <summary>At the least, after a renewal as after a try that failed.</summary>
    static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    // Each machine at a moment of its own.
    readonly double _share = Renewal.Earliest + (Random.Shared.NextDouble() * (Renewal.Latest - Renewal.Earliest));

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var left = Renewal.Due(membership.Files.Current.Certificate, _share) - clock.GetUtcNow();
            if (left <= TimeSpan.Zero) await RenewAsync(stoppingToken);
            var wait = left < Pause ? Pause : left < LongestWait ? left : LongestWait;
            await Task.Delay(wait, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    async Task RenewAsync(CancellationToken token)
    {
        List<string> refusals = [];
        foreach (var server in membership.Servers)
        {
            try
            {
                await RenewAsync(server, token);
                log.Information("The certificate of this machine was renewed; it is good until {Until:yyyy-MM-dd HH:mm} UTC", membership.Files.Current.Certificate.NotAfter.ToUniversalTime());
                return;
            }
            catch (RpcException refused) when (!token.IsCancellationRequested)
            {
                refusals.Add($"{server.Authority}: {refused.Status.Detail}");
            }
        }

        if (!token.IsCancellationRequested)
            log.Warning("The certificate of this machine could not be renewed; it is good until {Until:yyyy-MM-dd HH:mm} UTC, and is tried again: {Why}", membership.Files.Current.Certificate.NotAfter.ToUniversalTime(), string.Join("; ", refusals));
    }

    async Task RenewAsync(Uri server, CancellationToken token)
    {
        using var handler = new SocketsHttpHandler { UseProxy = false, ConnectTimeout = TimeSpan.FromSeconds(1) };
        membership.Files.Secure(handler);
        using var channel = GrpcChannel.ForAddress(server, new GrpcChannelOptions { HttpHandler = handler });
        using var key = CredentialFiles.NewKey();
        var request = new RenewRequest { SigningRequest = ByteString.CopyFrom(CredentialFiles.RequestFor(key)) };
        var reply = await new Certificates.CertificatesClient(channel).RenewAsync(request, deadline: DateTime.UtcNow + AskTimeout, cancellationToken: token);
        membership.Files.Replace(reply.Certificate, key, reply.Roots);
        membership.Servers.Heard(reply.Servers);
    }
}
