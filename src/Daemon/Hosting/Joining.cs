using Grpc.Core;
using Orchestrator.Contracts;
using Orchestrator.ControlPlane.Nodes;
using Orchestrator.ControlPlane.Store;

namespace Orchestrator.Daemon.Hosting;

/// <summary>The very first start of a server: it joins, or makes sure that it is not one whose data are lost.</summary>
static class Joining
{
    static readonly TimeSpan AskTimeout = TimeSpan.FromSeconds(2);

    /// <exception cref="StartException">The cluster can't be joined, or knows this server from before.</exception>
    public static async Task PrepareAsync(ServerSettings settings, StoreOptions options, PeerClients peers, CancellationToken token)
    {
        if (settings.Join.Count > 0) await JoinAsync(settings, options, peers, token);
        else await RefuseLostDataAsync(settings, options, peers, token);
    }

    static async Task JoinAsync(ServerSettings settings, StoreOptions options, PeerClients peers, CancellationToken token)
    {
        var request = new AddMemberRequest
        {
            Name = settings.Name,
            Raft = options.RaftEndpoint.ToString(),
            Api = settings.ApiOf(settings.Advertise).ToString(),
            Version = Version.Text,
        };
        RpcException? last = null;
        foreach (var server in settings.Join)
        {
            try
            {
                var channel = peers.Channel(settings.ApiOf(server));
                await new Maintenance.MaintenanceClient(channel).AddMemberAsync(request, deadline: DateTime.UtcNow + options.OperationTimeout, cancellationToken: token);
                await ClusterStore.FetchSnapshotAsync(options, [peers.At(settings.ApiOf(server))], token);
                return;
            }
            catch (RpcException refused) when (!token.IsCancellationRequested)
            {
                last = refused;
            }
        }

        throw new StartException($"can't join the cluster of {string.Join(", ", settings.Join)}: {last?.Status.Detail}");
    }

    /// <summary>
    /// A member that votes and has forgotten what it acknowledged, and whom it voted for, makes the others lose writes. When the cluster knows
    /// this server, it was here before.
    /// </summary>
    static async Task RefuseLostDataAsync(ServerSettings settings, StoreOptions options, PeerClients peers, CancellationToken token)
    {
        foreach (var server in settings.Servers.Where(each => !each.Equals(settings.Advertise)))
        {
            try
            {
                var asked = new Maintenance.MaintenanceClient(peers.Channel(settings.ApiOf(server)));
                var members = await asked.ListMembersAsync(new ListMembersRequest(), deadline: DateTime.UtcNow + AskTimeout, cancellationToken: token);
                if (members.Members.Any(member => member.Name.Length > 0 && member.Raft == options.RaftEndpoint.ToString()))
                {
                    throw new StartException($"the cluster at {server} knows this server, but {options.DataDirectory} is empty: its data are lost, and with them what it promised. "
                        + $"Take it out with `orch cluster remove {settings.Name}` and start it with --join {server}");
                }
            }
            catch (RpcException) when (!token.IsCancellationRequested)
            {
                // Not there yet, as at the first start of all.
            }
        }
    }
}
