using System.Net;
using Orchestrator.ControlPlane.Security;
using Orchestrator.ControlPlane.Store;

namespace Orchestrator.Daemon.Hosting;

/// <summary>The store of a server, from the server's settings.</summary>
static class StoreSettings
{
    /// <param name="tls">How Raft's connections are secured; null where nothing is connected, as for a restore.</param>
    /// <param name="joined">Whether this server has come to a cluster that was there already.</param>
    public static StoreOptions Of(ServerSettings settings, ServerTls? tls = null, bool joined = false)
    {
        var self = RaftOf(settings, settings.Advertise);
        var options = new StoreOptions(DirectoryOf(settings), self, joined ? [] : [new StoreMember(self, settings.ApiOf(settings.Advertise))])
        {
            ServerName = settings.Name,
            Join = joined,
            PeerAt = raft => settings.ApiOf(raft.Address), // the ports are the same on all servers
            Tls = tls is null ? null : new RaftTls(tls.AcceptAsync, tls.ConnectAsync),
        };
        return settings.History is { } history ? options with { HistoryRevisions = history.Revisions, HistoryAge = history.Age } : options;
    }

    public static string DirectoryOf(ServerSettings settings) => Path.Combine(settings.DataDirectory, "store");

    public static IPEndPoint RaftOf(ServerSettings settings, IPAddress server) => new(server, settings.Ports.Raft);
}
