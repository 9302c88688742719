using System.Net;
using Grpc.Core;
using Orchestrator.Contracts;
using Orchestrator.Contracts.Security;
using Orchestrator.ControlPlane.Nodes;
using Orchestrator.ControlPlane.Security;
using Orchestrator.ControlPlane.Store;

namespace Orchestrator.Daemon.Hosting;

/// <summary>What makes this machine one of a cluster: its certificate, and where the servers are. Made at the first start and kept in the data directory.</summary>
/// <param name="Founded">Whether the cluster was made just now, by this start.</param>
sealed record Membership(CredentialFiles Files, KnownServers Servers, bool Founded)
{
    /// <summary>Noted beside the certificate of a machine that has come to a cluster, instead of making it.</summary>
    const string JoinedMark = "joined";

    static readonly TimeSpan AskTimeout = TimeSpan.FromSeconds(2);

    public bool HasJoined => Files.ReadSecret(JoinedMark) is not null;

    /// <exception cref="StartException">This machine can't be one of the cluster.</exception>
    public static async Task<Membership> PrepareAsync(ServerSettings settings, TimeProvider clock, Serilog.ILogger log, CancellationToken token)
    {
        var files = new CredentialFiles(settings.CredentialDirectory);
        var servers = new KnownServers(Path.Combine(settings.CredentialDirectory, "servers"), settings.Server ? settings.ApiOf(settings.Advertise) : null);
        if (files.Known is { } known)
        {
            CheckSame(settings, known.Identity);
            if (known.Judge(known.Certificate, out var why) is null)
                throw new StartException($"the certificate of this machine is not good any more: {why.TrimEnd('.')}; is its clock right? Else `orchd reset` it, and join with a new token");
            return new Membership(files, servers, Founded: false);
        }

        if (settings.Join.Count > 0)
        {
            files.WriteSecret(JoinedMark, "");
            await Joining.JoinAsync(settings, files, servers, clock, log, token);
            return new Membership(files, servers, Founded: false);
        }

        if (!settings.Server) throw new StartException($"this machine has joined no cluster yet: give --join HOST:PORT and --token; on a server, `orch token create --role {Identity.WordOf(settings.Purpose)}` prints the command");
        files.ForgetSecret(JoinedMark);
        ClusterAuthority.Found(files, settings.Name, settings.CertificateLife, clock.GetUtcNow());
        return new Membership(files, servers, Founded: true);
    }

    /// <summary>
    /// Before the store of a server is opened for the first time: it is noted as a learner and takes a snapshot, or it is the first. A server that was here before and has no data any
    /// more has forgotten what it acknowledged, and whom it voted for: it would make the others lose writes.
    /// </summary>
    /// <returns>
    /// With the members that it begins with: those that vote and itself, so that it can vote for one of them from the moment that they count on it. One that had to be told first could
    /// leave a cluster of two without a leader for good. Until they count on it they give it no vote: its log lacks the entry that says so.
    /// </returns>
    /// <exception cref="StartException">It can't join, or its data are lost.</exception>
    public async Task<StoreOptions> EnterStoreAsync(ServerSettings settings, StoreOptions options, PeerClients peers, CancellationToken token)
    {
        var others = Servers.Where(server => server != settings.ApiOf(settings.Advertise)).ToList();
        if (others.Count == 0) return options;
        List<string> silent = [];
        foreach (var server in others)
        {
            try
            {
                var asked = new Maintenance.MaintenanceClient(peers.Channel(server));
                var members = await asked.ListMembersAsync(new ListMembersRequest(), deadline: DateTime.UtcNow + AskTimeout, cancellationToken: token);
                if (members.Members.Any(member => member.Raft == options.RaftEndpoint.ToString() && member.Role != MemberRole.Learner) || !HasJoined) throw Lost(settings, options, server);
                await asked.AddMemberAsync(new AddMemberRequest
                {
                    Name = settings.Name,
                    Raft = options.RaftEndpoint.ToString(),
                    Api = settings.ApiOf(settings.Advertise).ToString(),
                    Version = Version.Text,
                }, deadline: DateTime.UtcNow + options.OperationTimeout, cancellationToken: token);
                await ClusterStore.FetchSnapshotAsync(options, [peers.At(server)], token);
                if (settings.Learner) return options;
                var voters = members.Members.Where(member => member.Role != MemberRole.Learner).Select(member => IPEndPoint.Parse(member.Raft)).Append(options.RaftEndpoint);
                return options with { Join = false, Members = [.. voters.Select(raft => new StoreMember(raft, settings.ApiOf(raft.Address)))] };
            }
            catch (RpcException refused) when (!token.IsCancellationRequested)
            {
                silent.Add($"{server.Authority}: {refused.Status.Detail}");
            }
        }

        throw new StartException($"the servers of the cluster can't be asked to take this one ({string.Join("; ", silent)}); start it again when they can");
    }

    static StartException Lost(ServerSettings settings, StoreOptions options, Uri server) =>
        new($"the cluster at {server.Authority} knows this server as one that votes, but {options.DataDirectory} is empty: its data are lost, and with them what it promised. "
            + $"Take it out with `orch cluster remove {settings.Name}`, `orchd reset` it, and join with a new token");

    static void CheckSame(ServerSettings settings, Identity known)
    {
        if (known.Name != settings.Name) throw new StartException($"this machine has joined its cluster as {known.Name}, not as {settings.Name}; start it with --name {known.Name}, or `orchd reset` it first");
        var wanted = settings.Purpose;
        if (known.Purpose != wanted) throw new StartException($"this machine has joined its cluster as {Identity.WordOf(known.Purpose)}; start `orchd {Identity.WordOf(known.Purpose)}`, or `orchd reset` it and join with a token of role {Identity.WordOf(wanted)}");
    }
}
