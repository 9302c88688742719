using Microsoft.Extensions.Logging;
using Orchestrator.ControlPlane.Controllers;
using Orchestrator.ControlPlane.Store;
using Orchestrator.Model.State;

namespace Orchestrator.ControlPlane.Security;

/// <summary>Takes a change to a new CA from step to step while this server leads.</summary>
sealed partial class RotationLoop(ClusterStore store, TimeProvider clock, ILogger<RotationLoop> log)
{
    const string Author = "ca rotation";

    /// <summary>Before a step that the store did not take is tried again.</summary>
    static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    public async Task RunAsync(LeaderWriter writer, CancellationToken token)
    {
        while (true)
        {
            var state = store.Current;
            if (Next(state) is { } next && !await StepAsync(state, next, writer, token)) continue;
            await store.ChangeAsync(state.Revision, static change => change.Key == AuthorityRecord.Key || MemberRecord.Is(change.Key), token);
        }
    }

    static AuthorityRecord? Next(ClusterState state) => AuthorityRecord.Of(state) is { } record ? Rotation.Next(record, MemberRecord.All(state)) : null;

    /// <returns>Whether it was taken; if not, it is to be looked at anew.</returns>
    async Task<bool> StepAsync(ClusterState state, AuthorityRecord next, LeaderWriter writer, CancellationToken token)
    {
        List<Operation> operations = [next.Replacing(state)];
        // A joiner compares its token with the root that it meets: older tokens are of no use once that is another.
        if (next.Stage == RotationStage.Replacing) operations.AddRange(TokenRecord.All(state).Where(each => each.RootDigest != next.SignerDigest).Select(each => new Delete(each.Key)));
        try
        {
            if (await writer.WriteAsync(operations, Author, token) is not Applied) return false;
        }
        catch (StoreUnavailableException)
        {
            await Task.Delay(Pause, clock, token);
            return false;
        }

        if (next.Stage == RotationStage.Replacing) Signs(next.SignerDigest);
        else Settled(next.SignerDigest);
        return true;
    }

    [LoggerMessage(EventIds.AuthoritySigns, LogLevel.Information, "All members trust the new CA {Digest}, which signs from now on; their certificates are being replaced")]
    partial void Signs(string digest);

    [LoggerMessage(EventIds.AuthoritySettled, LogLevel.Information, "All members have certificates of the CA {Digest}; the one before is trusted no more")]
    partial void Settled(string digest);
}
