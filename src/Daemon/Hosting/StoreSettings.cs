using System.Net;
using Orchestrator.ControlPlane.Store;

namespace Orchestrator.Daemon.Hosting;

/// <summary>The store of a server, from the server's settings.</summary>
static class StoreSettings
{
    public static StoreOptions Of(ServerSettings settings)
    {
        var members = settings.Join.Count > 0 ? [] : settings.Servers.Select(address => new StoreMember(RaftOf(settings, address), settings.ApiOf(address)));
        var options = new StoreOptions(DirectoryOf(settings), RaftOf(settings, settings.Advertise), [.. members])
        {
            ServerName = settings.Name,
            Join = settings.Join.Count > 0,
            PeerAt = raft => settings.ApiOf(raft.Address), // the ports are the same on all servers
        };
        return settings.History is { } history ? options with { HistoryRevisions = history.Revisions, HistoryAge = history.Age } : options;
    }

    public static string DirectoryOf(ServerSettings settings) => Path.Combine(settings.DataDirectory, "store");

    public static IPEndPoint RaftOf(ServerSettings settings, IPAddress server) => new(server, settings.Ports.Raft);
}
