using System.Text;
using Grpc.Core;
using Orchestrator.Contracts;
using Orchestrator.Model.History;
using Orchestrator.Model.Meta;
using Orchestrator.Model.State;

namespace Orchestrator.ControlPlane.Api;

/// <summary>List: objects page by page, all pages at one revision; and which state a read is answered from.</summary>
sealed partial class ClusterService
{
    /// <summary>An answer ends when its objects are so large, in bytes: gRPC clients take no message of any size.</summary>
    const int MaxAnswerBytes = 8 << 20;

    public override Task<ListReply> List(ListRequest request, ServerCallContext context) => RpcErrors.Translated(async () =>
    {
        var wanted = Filter.Of(request.Kind, request.Namespace, request.Selector);
        if (request.Limit < 0) throw RpcErrors.Invalid("the limit must not be negative");
        var start = request.Continue.Length > 0 ? Continuation.Parse(request.Continue) : null;
        var state = start is null
            ? await StateAsync(request.At, request.Consistency, context.CancellationToken)
            : await StateAsync(new Moment { Revision = start.Revision }, request.Consistency, context.CancellationToken);
        var reply = new ListReply { Revision = state.Revision };
        var bytes = 0;
        ResourceKey? last = null;
        foreach (var resource in wanted.From(state, start?.After).Where(each => each.Name.StartsWith(request.NamePrefix, StringComparison.Ordinal)))
        {
            if (last is { } shown && (bytes >= MaxAnswerBytes || (request.Limit > 0 && reply.Resources.Count >= request.Limit)))
            {
                reply.Continue = new Continuation(state.Revision, shown).ToString();
                break;
            }

            var message = resource.ToMessage();
            bytes += message.Json.Length;
            reply.Resources.Add(message);
            last = resource.Key;
        }

        return reply;
    });

    /// <summary>The state that a read is answered from.</summary>
    async Task<ClusterState> StateAsync(Moment? at, Consistency consistency, CancellationToken token)
    {
        // The past does not change, but what is the past does: a time may be meant up to which something was written elsewhere.
        var present = consistency == Consistency.Serializable ? store.Current : await store.ReadAsync(token);
        return at is null ? present : store.StateAt(PointOf(at));
    }

    static PointInTime PointOf(Moment moment) => moment.PointCase switch
    {
        Moment.PointOneofCase.Revision => new PointInTime(moment.Revision, null),
        Moment.PointOneofCase.UnixMilliseconds when moment.UnixMilliseconds >= 0 && moment.UnixMilliseconds < DateTimeOffset.MaxValue.ToUnixTimeMilliseconds() =>
            new PointInTime(null, DateTimeOffset.FromUnixTimeMilliseconds(moment.UnixMilliseconds)),
        _ => throw RpcErrors.Invalid("a moment is a revision or a time after 1970"),
    };

    /// <summary>Where a list goes on: at which revision and after which object. Opaque to clients.</summary>
    sealed record Continuation(long Revision, ResourceKey After)
    {
        const char Separator = '\n';

        public override string ToString() =>
            Convert.ToBase64String(Encoding.UTF8.GetBytes(string.Join(Separator, Revision, After.Kind, After.Namespace, After.Name)));

        public static Continuation Parse(string text)
        {
            var bytes = new byte[text.Length];
            return Convert.TryFromBase64String(text, bytes, out var length)
                && Encoding.UTF8.GetString(bytes, 0, length).Split(Separator) is [var number, var kind, var @namespace, var name]
                && long.TryParse(number, out var revision)
                ? new Continuation(revision, new ResourceKey(kind, @namespace, name))
                : throw RpcErrors.Invalid("the continue token is not one that this API has given out");
        }
    }
}
