using Orchestrator.ControlPlane.Store;
using Orchestrator.Model.State;

namespace Orchestrator.ControlPlane.Controllers;

/// <summary>Writes for the leader's loops: every command carries the epoch, so that what a replaced leader writes is refused.</summary>
sealed class LeaderWriter(ClusterStore store, LeaderClaim claim, TimeProvider clock)
{
    public Task<ApplyResult> WriteAsync(IReadOnlyList<Operation> operations, string author, CancellationToken token) =>
        store.WriteAsync(new Command(Guid.NewGuid().ToString("N"), clock.GetUtcNow(), author)
        {
            Fence = new Fence { LeaderEpoch = claim.Epoch },
            Operations = operations,
        }, token);
}
