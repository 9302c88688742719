namespace Orchestrator.ControlPlane.Nodes.Silo;

/// <summary>Keeps one node's lease by this server's monotonic clock.</summary>
sealed class NodeSessionGrain(ControlPlaneOptions options, TimeProvider clock) : Grain, INodeSession
{
    long _epoch;
    string? _holder;
    long _renewed;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _renewed = clock.GetTimestamp(); // a node is not lost because its session moved
        return Task.CompletedTask;
    }

    public Task Open(long epoch, string holder)
    {
        if (epoch > _epoch) Renew(epoch, holder);
        return Task.CompletedTask;
    }

    public Task<bool> Beat(long epoch, string holder)
    {
        if (epoch < _epoch) return Task.FromResult(false);
        Renew(epoch, holder);
        return Task.FromResult(true);
    }

    public Task<SessionLease> Observe() => Task.FromResult(new SessionLease(_epoch, clock.GetElapsedTime(_renewed) > options.NodeLease, _holder));

    void Renew(long epoch, string holder)
    {
        _epoch = epoch;
        _holder = holder;
        _renewed = clock.GetTimestamp();
    }
}
