using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Orchestrator.Contracts;
using Orchestrator.Contracts.Security;

namespace Orchestrator.Daemon.Hosting;

/// <summary>
/// Has this machine's certificate replaced at about two thirds of its life, by any server, and follows the cluster to another CA. Connections that stand go on; new ones show the
/// new certificate.
/// </summary>
sealed class CertificateRenewal(Membership membership, TimeProvider clock, Serilog.ILogger log) : BackgroundService
{
    static readonly TimeSpan AskTimeout = TimeSpan.FromSeconds(5);

    /// <summary>Between two looks at the most: a clock that was set wrong is noticed.</summary>
    static readonly TimeSpan LongestWait = TimeSpan.FromHours(1);

    /// <summary>At the least, after a renewal as after a try that failed.</summary>
    static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    /// <summary>Before the next server is asked for news of the CA.</summary>
    static readonly TimeSpan FollowPause = TimeSpan.FromMilliseconds(500);

    /// <summary>Of a silent connection, and again as long for the answer: a server that is gone has no news.</summary>
    static readonly TimeSpan PingDelay = TimeSpan.FromSeconds(5);

    // Each machine at a moment of its own.
    readonly double _share = Renewal.Earliest + (Random.Shared.NextDouble() * (Renewal.Latest - Renewal.Earliest));
    readonly SemaphoreSlim _replacing = new(1);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(RenewInTimeAsync(stoppingToken), FollowAuthorityAsync(stoppingToken));

    public override void Dispose()
    {
        _replacing.Dispose();
        base.Dispose();
    }

    async Task RenewInTimeAsync(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            var left = Renewal.Due(membership.Files.Current.Certificate, _share) - clock.GetUtcNow();
            if (left <= TimeSpan.Zero) await RenewAsync(stopping);
            var wait = left < Pause ? Pause : left < LongestWait ? left : LongestWait;
            await Task.Delay(wait, clock, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    async Task RenewAsync(CancellationToken token)
    {
        List<string> refusals = [];
        foreach (var server in membership.Servers)
        {
            try
            {
                using var channel = Channel(server);
                await RenewAsync(channel, token);
                return;
            }
            catch (RpcException refused) when (!token.IsCancellationRequested)
            {
                refusals.Add($"{server.Authority}: {refused.Status.Detail}");
            }
            catch (IOException full)
            {
                refusals.Add(full.Message); // the one from before is still good
                break;
            }
        }

        if (!token.IsCancellationRequested)
            log.Warning("The certificate of this machine could not be renewed; it is good until {Until:yyyy-MM-dd HH:mm} UTC, and is tried again: {Why}", membership.Files.Current.Certificate.NotAfter.ToUniversalTime(), string.Join("; ", refusals));
    }

    async Task RenewAsync(GrpcChannel channel, CancellationToken token)
    {
        using var key = CredentialFiles.NewKey();
        var request = new RenewRequest { SigningRequest = ByteString.CopyFrom(CredentialFiles.RequestFor(key)) };
        await _replacing.WaitAsync(token);
        try
        {
            var reply = await new Certificates.CertificatesClient(channel).RenewAsync(request, deadline: DateTime.UtcNow + AskTimeout, cancellationToken: token);
            membership.Files.Replace(reply.Certificate, key, reply.Roots);
            membership.Servers.Heard(reply.Servers);
        }
        finally
        {
            _replacing.Release();
        }

        log.Information("The certificate of this machine was renewed; it is good until {Until:yyyy-MM-dd HH:mm} UTC", membership.Files.Current.Certificate.NotAfter.ToUniversalTime());
    }

    async Task FollowAuthorityAsync(CancellationToken stopping)
    {
        for (var i = 0; !stopping.IsCancellationRequested; i++)
        {
            Uri[] servers = [.. membership.Servers]; // they come and go
            try
            {
                using var channel = Channel(servers[i % servers.Length]);
                while (await HearAsync(channel, stopping)) { }
            }
            catch (RpcException silent) when (!stopping.IsCancellationRequested)
            {
                log.Debug("no news of the CA from {Server}: {Why}", servers[i % servers.Length].Authority, silent.Status.Detail);
            }
            catch (RpcException)
            {
                return;
            }
            catch (IOException full)
            {
                log.Warning("What the cluster's CA is can't be kept, and is tried again: {Why}", full.Message);
            }

            await Task.Delay(FollowPause, clock, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Tells what this machine trusts and shows, waits until that has to change, and changes it.</summary>
    /// <returns>Whether there may be more from there.</returns>
    async Task<bool> HearAsync(GrpcChannel channel, CancellationToken token)
    {
        var current = membership.Files.Current;
        using var call = new Certificates.CertificatesClient(channel).Follow(new FollowRequest { Trusts = current.RootDigests, SignedBy = current.SignedBy }, cancellationToken: token);
        if (!await call.ResponseStream.MoveNext(token)) return false;
        var news = call.ResponseStream.Current;
        await _replacing.WaitAsync(token);
        try
        {
            membership.Files.Trust(news.Roots);
        }
        finally
        {
            _replacing.Release();
        }

        log.Information("The cluster's CA changes: {Count} roots are trusted now", membership.Files.Current.Roots.Count);
        if (news.Renew) await RenewAsync(channel, token);
        return true;
    }

    GrpcChannel Channel(Uri server)
    {
        var handler = new SocketsHttpHandler { UseProxy = false, ConnectTimeout = TimeSpan.FromSeconds(1), KeepAlivePingDelay = PingDelay, KeepAlivePingTimeout = PingDelay };
        membership.Files.Secure(handler);
        return GrpcChannel.ForAddress(server, new GrpcChannelOptions { HttpHandler = handler, DisposeHttpClient = true });
    }
}
