using System.Net;
using Grpc.Core;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orchestrator.Contracts;
using Orchestrator.ControlPlane.Nodes;
using Orchestrator.ControlPlane.Store;
using Orchestrator.Model.State;

namespace Orchestrator.ControlPlane.Servers;

/// <summary>
/// Says in the store who this server is, whenever that has changed; and, while it hears of no leader, asks the others whether it has been removed:
/// a removed member is not told.
/// </summary>
sealed partial class ServerRegistration(
    ClusterStore store, PeerClients peers, KnownServers servers, ControlPlaneOptions options, TimeProvider clock, IHostApplicationLifetime life, ILogger<ServerRegistration> log)
    : BackgroundService
{
    /// <summary>Between looks; elections are over long before.</summary>
    static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    static readonly TimeSpan AskTimeout = TimeSpan.FromSeconds(2);

    /// <summary>The others send a new voter all that it lacks first.</summary>
    static readonly TimeSpan PromoteTimeout = TimeSpan.FromMinutes(5);

    /// <summary>So often without a leader, before the others are asked.</summary>
    const int PatientLooks = 2;

    ServerInfo Self => new(options.ServerName, store.Self.ToString(), options.ApiAddress.ToString().TrimEnd('/'), options.Version);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var alone = 0;
        var led = false;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                alone = store.Leader is null ? alone + 1 : 0;
                led |= store.Leader is not null;
                if (store.Leader is not null)
                {
                    await RegisterAsync(stoppingToken);
                    servers.Heard(ServerInfo.All(store.Current).Select(server => server.Api));
                }
                else if (!options.Learner && !led) await PromoteAsync(stoppingToken);

                if (alone > PatientLooks && await IsRemovedAsync(stoppingToken))
                {
                    Removed(options.ServerName);
                    life.StopApplication();
                    return;
                }

                await Task.Delay(Pause, clock, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (StoreUnavailableException)
            {
                await Task.Delay(Pause, clock, stoppingToken);
            }
        }
    }

    async Task RegisterAsync(CancellationToken token)
    {
        if (Self.Put(store.Current) is not { } operation) return;
        var result = await store.WriteAsync(new Command(Guid.NewGuid().ToString("N"), clock.GetUtcNow(), $"server {options.ServerName}") { Operations = [operation] }, token);
        if (result is Applied) Registered(options.ServerName, store.Self);
    }

    /// <summary>
    /// Has the others make this server one that votes: until then nobody tells it who leads. Refused while another change of the members is under way; the next look tries again.
    /// </summary>
    async Task PromoteAsync(CancellationToken token)
    {
        foreach (var server in servers.Where(server => server != options.ApiAddress))
        {
            try
            {
                var request = new PromoteMemberRequest { Name = options.ServerName };
                await new Maintenance.MaintenanceClient(peers.Channel(server)).PromoteMemberAsync(request, deadline: DateTime.UtcNow + PromoteTimeout, cancellationToken: token);
                return;
            }
            catch (RpcException removed) when (removed.StatusCode == StatusCode.PermissionDenied)
            {
                return; // IsRemovedAsync says so
            }
            catch (RpcException refused) when (!token.IsCancellationRequested)
            {
                NotPromoted(options.ServerName, refused.Status.Detail);
            }
        }
    }

    /// <summary>True when another server has a leader and neither a vote nor a learner of this one's address.</summary>
    async Task<bool> IsRemovedAsync(CancellationToken token)
    {
        foreach (var server in servers.Where(server => server != options.ApiAddress)) // the state here may be empty until there is a leader
        {
            try
            {
                var asked = new Maintenance.MaintenanceClient(peers.Channel(server));
                var deadline = DateTime.UtcNow + AskTimeout;
                var status = await asked.StatusAsync(new StatusRequest(), deadline: deadline, cancellationToken: token);
                if (status.Leader.Length == 0) continue;
                var members = await asked.ListMembersAsync(new ListMembersRequest(), deadline: deadline, cancellationToken: token);
                return members.Members.All(member => member.Raft != Self.Raft);
            }
            catch (RpcException refused) when (refused.StatusCode == StatusCode.PermissionDenied)
            {
                return true; // the cluster's word: a server may ask this unless it was removed
            }
            catch (RpcException) when (!token.IsCancellationRequested)
            {
                // Away; another one may know.
            }
        }

        return false;
    }

    [LoggerMessage(EventIds.ServerRegistered, LogLevel.Information, "Server {Name} is known to the cluster at {Raft}")]
    partial void Registered(string name, IPEndPoint raft);

    [LoggerMessage(EventIds.NotPromoted, LogLevel.Information, "Server {Name} does not vote yet: {Why}")]
    partial void NotPromoted(string name, string why);

    [LoggerMessage(EventIds.ServerRemoved, LogLevel.Error, "Server {Name} was removed from the cluster, and stops. To have it back, `orchd reset` it and join with a new token")]
    partial void Removed(string name);
}
