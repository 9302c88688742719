using Orchestrator.Model.State;

namespace Orchestrator.ControlPlane.Store;

/// <summary>Waiting for what concerns somebody who looks at the whole state when there is something new.</summary>
static class StoreChanges
{
    /// <summary>Ends with the first revision after this one that has such a change; or when so much was missed that everything has to be looked at.</summary>
    public static async Task ChangeAsync(this ClusterStore store, long revision, Func<Change, bool> concerns, CancellationToken token)
    {
        try
        {
            await foreach (var changed in store.WatchAsync(revision, token))
            {
                if (changed.Changes.Any(concerns)) return;
            }
        }
        catch (CompactedException)
        {
            // Whoever waits looks at the whole state anyway.
        }
    }
}
