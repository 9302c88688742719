using Grpc.Core;
using Orchestrator.Contracts;
using Orchestrator.Model.Meta;
using Orchestrator.Model.State;

namespace Orchestrator.ControlPlane.Api;

/// <summary>Watch: every change of what was asked for, in order, once; bookmarks when long nothing of it has changed.</summary>
sealed partial class ClusterService
{
    /// <summary>Revisions that may pass without a message; after that a bookmark says how far the watch has come.</summary>
    const long BookmarkEvery = 1000;

    /// <summary>Open watches on one server, a few KiB each; more clients than that are better spread over the servers.</summary>
    const int MaxWatches = 10_000;

    static int _watches;

    public override async Task Watch(WatchRequest request, IServerStreamWriter<WatchReply> responseStream, ServerCallContext context)
    {
        var wanted = Filter.Of(request.Kind, request.Namespace, request.Selector);
        var token = context.CancellationToken;
        try
        {
            if (Interlocked.Increment(ref _watches) > MaxWatches)
                throw new RpcException(new Status(StatusCode.ResourceExhausted, $"this server has {MaxWatches} watches open already; watch through another one"));
            var after = request.AfterRevision;
            if (after == 0)
            {
                var state = await store.ReadAsync(token);
                after = state.Revision;
                foreach (var resource in wanted.From(state))
                    await responseStream.WriteAsync(Message(WatchReply.Types.Type.Added, resource.Metadata.Revision(), resource), token);
                await responseStream.WriteAsync(new WatchReply { Type = WatchReply.Types.Type.Bookmark, Revision = after }, token);
            }

            await FollowAsync(wanted, after, responseStream, token);
        }
        catch (OperationCanceledException) when (token.IsCancellationRequested)
        {
            // The watcher has gone.
        }
        catch (Exception failure) when (RpcErrors.Translation(failure) is { } translated)
        {
            throw translated;
        }
        finally
        {
            Interlocked.Decrement(ref _watches);
        }
    }

    async Task FollowAsync(Filter wanted, long after, IServerStreamWriter<WatchReply> responses, CancellationToken token)
    {
        var said = after;
        await foreach (var revision in store.WatchAsync(after, token))
        {
            foreach (var change in revision.Changes)
            {
                if (Seen(wanted, change) is not { } message) continue;
                await responses.WriteAsync(message, token);
                said = revision.Revision;
            }

            if (revision.Revision - said < BookmarkEvery) continue;
            said = revision.Revision;
            await responses.WriteAsync(new WatchReply { Type = WatchReply.Types.Type.Bookmark, Revision = said }, token);
        }
    }

    /// <summary>A change as it looks through the filter: an object whose labels stop matching is gone for this watcher.</summary>
    static WatchReply? Seen(Filter wanted, Change change)
    {
        var before = change.Before is { } old && wanted.Takes(old);
        var after = change.After is { } now && wanted.Takes(now);
        return (before, after) switch
        {
            (false, true) => Message(WatchReply.Types.Type.Added, change.Revision, change.After!), // it was matched
            (true, true) => Message(WatchReply.Types.Type.Modified, change.Revision, change.After!), // it was matched
            (true, false) => Message(WatchReply.Types.Type.Deleted, change.Revision, change.Before!), // it was matched
            (false, false) => null,
        };
    }

    static WatchReply Message(WatchReply.Types.Type type, long revision, Resource resource) =>
        new() { Type = type, Revision = revision, Resource = resource.ToMessage() };
}
