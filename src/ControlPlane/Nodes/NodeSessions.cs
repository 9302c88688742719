using Orchestrator.ControlPlane.Nodes.Silo;
using Orchestrator.Reconcile.Nodes;

namespace Orchestrator.ControlPlane.Nodes;

/// <summary>The node sessions on all servers, through their grains. While the silo is down nothing is concluded about any node.</summary>
sealed class NodeSessions(SiloHost silo, ControlPlaneOptions options)
{
    /// <summary>How long a grain may take to answer: well below a lease, so that a hung server costs a beat and not the node.</summary>
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <summary>Whether leases can be renewed through this server.</summary>
    public bool CanRenew => silo.Grains is not null;

    public async Task OpenAsync(string node, long epoch, CancellationToken token) =>
        await AskAsync(node, async session =>
        {
            await session.Open(epoch, options.ApiAddress.ToString());
            return true;
        }, token);

    public async Task<BeatAnswer> BeatAsync(string node, long epoch, CancellationToken token)
    {
        var renewed = await AskAsync(node, async session => (bool?)await session.Beat(epoch, options.ApiAddress.ToString()), token);
        return renewed switch
        {
            true => BeatAnswer.Renewed,
            false => BeatAnswer.Superseded,
            null => BeatAnswer.Unavailable,
        };
    }

    /// <summary>What the node's session says of its lease; null when it can't be asked.</summary>
    public async Task<LeaseObservation?> ObserveAsync(string node, CancellationToken token)
    {
        var lease = await AskAsync(node, async session => (SessionLease?)await session.Observe(), token);
        return lease is { } known ? new LeaseObservation(known.Epoch, known.Expired) : null;
    }

    /// <summary>The API address of the server that holds the node's stream; null when nobody does, or it can't be asked.</summary>
    public async Task<Uri?> HolderAsync(string node, CancellationToken token)
    {
        var lease = await AskAsync(node, async session => (SessionLease?)await session.Observe(), token);
        return lease?.Holder is { } holder ? new Uri(holder) : null;
    }

    async Task<T?> AskAsync<T>(string node, Func<INodeSession, Task<T>> ask, CancellationToken token)
    {
        if (silo.Grains is not { } grains) return default;
        try
        {
            return await ask(grains.GetGrain<INodeSession>(node)).WaitAsync(Patience, token);
        }
        catch (Exception failure) when (failure is TimeoutException or OrleansException or ObjectDisposedException or InvalidOperationException)
        {
            return default; // the grain is being moved, or the silo restarts; the next call finds it again
        }
    }
}

enum BeatAnswer
{
    Renewed,
    Superseded,
    Unavailable,
}
