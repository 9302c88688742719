using System.Net;
using Orchestrator.NodeAgent.Journal;
using Orchestrator.NodeAgent.Networking;

namespace Orchestrator.NodeAgent.Pods;

/// <summary>
/// The network as the control plane last told it, applied and kept on disk: pods can start while no server is there.
/// </summary>
sealed class AgentNetwork(NodeNetwork network, PodJournal journal)
{
    readonly TaskCompletionSource<ClusterNetwork> _known = new(TaskCreationOptions.RunContinuationsAsynchronously);

    ClusterNetwork? _current;

    /// <exception cref="InvalidOperationException">Nothing is known yet.</exception>
    public AddressRange OwnRange => Volatile.Read(ref _current)?.OwnRange
        ?? throw new InvalidOperationException("the control plane has not given this node a range of pod addresses yet");

    public NodeNetwork Node => network;

    /// <summary>Where names are answered for the pods of this node; null while the network is not known.</summary>
    public IPAddress? NameServer => Volatile.Read(ref _current)?.OwnRange.At(1);

    /// <summary>Completes once the network is there.</summary>
    public Task<ClusterNetwork> Known => _known.Task;

    /// <summary>Takes up what is on disk. Hands back problems with single routes.</summary>
    public async Task<IReadOnlyList<string>> RestoreAsync(CancellationToken cancel) =>
        journal.LoadNetwork() is { } entry && Read(entry) is { } known ? await ApplyAsync(known, cancel) : [];

    /// <summary>Applies what the control plane says. An entry without a range for this node changes nothing yet.</summary>
    public async Task<IReadOnlyList<string>> SetAsync(NetworkEntry entry, CancellationToken cancel)
    {
        if (Read(entry) is not { } told)
            return [];
        journal.SaveNetwork(entry);
        return await ApplyAsync(told, cancel);
    }

    async Task<IReadOnlyList<string>> ApplyAsync(ClusterNetwork told, CancellationToken cancel)
    {
        var problems = await network.ConfigureAsync(told, cancel);
        Volatile.Write(ref _current, told);
        _known.TrySetResult(told);
        return problems;
    }

    static ClusterNetwork? Read(NetworkEntry entry)
    {
        if (!AddressRange.TryParse(entry.OwnCidr, out var own) || !AddressRange.TryParse(entry.ClusterCidr, out var cluster))
            return null;
        List<NetworkPeer> peers = [];
        foreach (var peer in entry.Peers)
        {
            if (AddressRange.TryParse(peer.PodCidr, out var range) && IPAddress.TryParse(peer.Address, out var address))
                peers.Add(new NetworkPeer(peer.Name, address, range));
        }

        return new ClusterNetwork(cluster, own, peers);
    }
}
