using Orchestrator.Reconcile.Pods;

namespace Orchestrator.NodeAgent.Pods;

/// <summary>
/// Lets so many pods be in work at a time. Probes, hooks and signals wait for nobody; pulls wait only for each other,
/// so that a slow registry doesn't hold up pods whose images are here.
/// </summary>
sealed class PodTurns(int podsInWork) : IDisposable
{
    const int Pulls = 4;

    readonly SemaphoreSlim _work = new(podsInWork, podsInWork);
    readonly SemaphoreSlim _pulls = new(Pulls, Pulls);

    public async Task<IDisposable?> TakeAsync(PodStep step, CancellationToken cancel)
    {
        var turns = step switch
        {
            PodStep.Pull => _pulls,
            PodStep.Probe or PodStep.PostStart or PodStep.PreStop or PodStep.Signal or PodStep.Kill => null,
            _ => _work,
        };
        if (turns is null)
            return null;
        await turns.WaitAsync(cancel);
        return new Turn(turns);
    }

    public void Dispose()
    {
        _work.Dispose();
        _pulls.Dispose();
    }

    sealed class Turn(SemaphoreSlim turns) : IDisposable
    {
        public void Dispose() => turns.Release();
    }
}
