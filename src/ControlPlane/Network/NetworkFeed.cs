using Grpc.Core;
using Orchestrator.Contracts;
using Orchestrator.ControlPlane.Api;
using Orchestrator.ControlPlane.Store;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Policies;
using Orchestrator.Model.Services;
using Orchestrator.Model.State;

namespace Orchestrator.ControlPlane.Network;

/// <summary>Sends a node all services, the addresses behind them and the policies, then every change, and notes how far its maps are.</summary>
sealed class NetworkFeed(ClusterStore store, Followers followers, TimeProvider clock)
{
    /// <summary>How long changes are gathered: a burst is one transaction of the node's maps.</summary>
    static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(5);

    /// <summary>Objects in one message: below the largest message that an agent takes.</summary>
    const int MaxObjects = 20_000;

    static readonly string[] Kinds = [Service.KindName, EndpointSlice.KindName, NetworkPolicy.KindName];

    public async Task RunAsync(IAsyncStreamReader<NetworkApplied> incoming, IServerStreamWriter<NetworkChange> outgoing, CancellationToken token)
    {
        if (!await incoming.MoveNext(token) || incoming.Current.Node.Length == 0) throw RpcErrors.Invalid("the first message names the node");
        using var follower = followers.Add(incoming.Current.Node);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(token);
        var loops = new[] { SendAsync(follower, outgoing, over.Token), ListenAsync(follower, incoming, over.Token) };
        try
        {
            await await Task.WhenAny(loops);
        }
        catch (Exception ended) when (ended is OperationCanceledException or IOException || (ended is InvalidOperationException && token.IsCancellationRequested))
        {
            // The agent hung up.
        }
        finally
        {
            await over.CancelAsync();
            await Task.WhenAll(loops.Select(loop => loop.ContinueWith(static _ => { }, TaskScheduler.Default)));
        }
    }

    static async Task ListenAsync(Follower follower, IAsyncStreamReader<NetworkApplied> incoming, CancellationToken token)
    {
        while (await incoming.MoveNext(token)) follower.Acknowledged(incoming.Current.Revision);
    }

    async Task SendAsync(Follower follower, IServerStreamWriter<NetworkChange> outgoing, CancellationToken token)
    {
        ClusterState? known = null;
        while (true)
        {
            var state = store.Current;
            await SendAsync(follower, known, state, outgoing, token);
            follower.Seen(state.Revision);
            known = state;
            await store.ChangeAsync(state.Revision, static _ => true, token);
            await Task.Delay(Gathering, clock, token);
        }
    }

    async Task SendAsync(Follower follower, ClusterState? known, ClusterState state, IServerStreamWriter<NetworkChange> outgoing, CancellationToken token)
    {
        List<ResourceMessage> put = [];
        List<NetworkObject> removed = [];
        foreach (var key in Changed(known, state))
        {
            var (before, after) = (known?.Find(key), state.Find(key));
            if (ReferenceEquals(before, after)) continue;
            if (after is not null) put.Add(after.ToMessage());
            else removed.Add(new NetworkObject { Kind = key.Kind, Namespace = key.Namespace, Name = key.Name });
        }

        if (known is not null && put.Count == 0 && removed.Count == 0) return;
        // Only the last message carries the revision: before it the node has a part.
        follower.Sending(state.Revision);
        var parts = put.Chunk(MaxObjects).DefaultIfEmpty([]).ToList();
        for (var i = 0; i < parts.Count; i++)
        {
            NetworkChange change = new() { Whole = known is null && i == 0, Revision = i == parts.Count - 1 ? state.Revision : 0 };
            change.Put.AddRange(parts[i]);
            if (i == 0) change.Removed.AddRange(removed);
            await outgoing.WriteAsync(change, token);
        }
    }

    /// <summary>What may differ between two states: what the revisions between them changed; everything, where those are no longer kept.</summary>
    IEnumerable<ResourceKey> Changed(ClusterState? known, ClusterState state)
    {
        if (known is not null && store.RevisionsBetween(known.Revision, state.Revision) is var revisions && revisions.Count == state.Revision - known.Revision)
            return revisions.SelectMany(revision => revision.Changes).Select(change => change.Key).Where(key => Kinds.Contains(key.Kind)).Distinct();
        return Kinds.SelectMany(kind => KeysOf(state, kind).Union(KeysOf(known, kind)));
    }

    static IEnumerable<ResourceKey> KeysOf(ClusterState? state, string kind) => state?.Objects.GetValueOrDefault(kind)?.Keys ?? [];
}
