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
    ClusterStore store, PeerClients peers, ControlPlaneOptions options, TimeProvider clock, IHostApplicationLifetime life, ILogger<ServerRegistration> log)
    : BackgroundService
{
    /// <summary>Between looks; elections are over long before.</summary>
    static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    static readonly TimeSpan AskTimeout = TimeSpan.FromSeconds(2);

    /// <summary>So often without a leader, before the others are asked.</summary>
    const int PatientLooks = 2;

    ServerInfo Self => new(options.ServerName, store.Self.ToString(), options.ApiAddress.ToString().TrimEnd('/'), options.Version);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var alone = 0;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                alone = store.Leader is null ? alone + 1 : 0;
                if (store.Leader is not null) await RegisterAsync(stoppingToken);
                else if (alone > PatientLooks && await IsRemovedAsync(stoppingToken))
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
                // The next look comes soon.
            }
        }
    }

    async Task RegisterAsync(CancellationToken token)
    {
        if (Self.Put(store.Current) is not { } operation) return;
        var result = await store.WriteAsync(new Command(Guid.NewGuid().ToString("N"), clock.GetUtcNow(), $"server {options.ServerName}") { Operations = [operation] }, token);
        if (result is Applied) Registered(options.ServerName, store.Self);
    }

    /// <summary>True when another server has a leader and neither a vote nor a learner of this one's address.</summary>
    async Task<bool> IsRemovedAsync(CancellationToken token)
    {
        foreach (var server in ServerInfo.All(store.Current).Where(each => each.Raft != Self.Raft))
        {
            try
            {
                var asked = new Maintenance.MaintenanceClient(peers.Channel(new Uri(server.Api)));
                var deadline = DateTime.UtcNow + AskTimeout;
                var status = await asked.StatusAsync(new StatusRequest(), deadline: deadline, cancellationToken: token);
                if (status.Leader.Length == 0) continue;
                var members = await asked.ListMembersAsync(new ListMembersRequest(), deadline: deadline, cancellationToken: token);
                return members.Members.All(member => member.Raft != Self.Raft);
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

    [LoggerMessage(EventIds.ServerRemoved, LogLevel.Error, "Server {Name} was removed from the cluster, and stops. To have it back, start it with --join and an empty data directory")]
    partial void Removed(string name);
}
