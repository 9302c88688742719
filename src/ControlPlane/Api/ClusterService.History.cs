using Grpc.Core;
using Orchestrator.Contracts;
using Orchestrator.ControlPlane.Store;
using Orchestrator.Model;
using Orchestrator.Model.History;
using Orchestrator.Model.Meta;
using Orchestrator.Model.State;

namespace Orchestrator.ControlPlane.Api;

/// <summary>History and Diff: who changed what and when, and what that came to.</summary>
sealed partial class ClusterService
{
    public override Task<HistoryReply> History(HistoryRequest request, ServerCallContext context) => RpcErrors.Translated(async () =>
    {
        var wanted = Scope.Of(request.Kind, request.Namespace, request.Name, derived: true);
        if (request.Limit < 0) throw RpcErrors.Invalid("the limit must not be negative");
        var present = await store.ReadAsync(context.CancellationToken);
        var from = request.From is null ? store.OldestRevision : store.StateAt(PointOf(request.From)).Revision;
        var to = request.To is null ? present.Revision : store.StateAt(PointOf(request.To)).Revision;
        var reply = new HistoryReply { OldestRevision = store.OldestRevision };
        var bytes = 0;
        foreach (var revision in store.RevisionsBetween(from, to).Reverse())
        {
            foreach (var change in revision.Changes.Where(wanted.Takes).Reverse())
            {
                if (bytes >= MaxAnswerBytes || (request.Limit > 0 && reply.Entries.Count >= request.Limit))
                {
                    reply.Truncated = true;
                    break;
                }

                var entry = Entry(change, revision);
                bytes += entry.CalculateSize();
                reply.Entries.Add(entry);
            }

            if (reply.Truncated) break;
        }

        var newestFirst = reply.Entries.ToList();
        reply.Entries.Clear();
        reply.Entries.AddRange(newestFirst.AsEnumerable().Reverse());
        return reply;
    });

    public override Task<DiffReply> Diff(DiffRequest request, ServerCallContext context) => RpcErrors.Translated(async () =>
    {
        var wanted = Scope.Of(request.Kind, request.Namespace, request.Name, request.Derived);
        if (request.From is null) throw RpcErrors.Invalid("from which moment on is missing");
        var present = await store.ReadAsync(context.CancellationToken);
        var from = store.StateAt(PointOf(request.From));
        var to = request.To is null ? present : store.StateAt(PointOf(request.To));
        var revisions = store.RevisionsBetween(long.Min(from.Revision, to.Revision), long.Max(from.Revision, to.Revision));
        var last = new Dictionary<ResourceKey, RevisionChanges>();
        foreach (var revision in revisions)
        {
            foreach (var change in revision.Changes) last[change.Key] = revision;
        }

        var reply = new DiffReply { FromRevision = from.Revision, ToRevision = to.Revision };
        foreach (var difference in Difference.Between(from, to, wanted.Takes))
        {
            var entry = new HistoryEntry { Before = difference.Before?.ToMessage(), After = difference.After?.ToMessage() };
            if (last.GetValueOrDefault(difference.Key) is { } revision) Sign(entry, revision);
            reply.Objects.Add(entry);
        }

        return reply;
    });

    static HistoryEntry Entry(Change change, RevisionChanges revision) =>
        Sign(new HistoryEntry { Before = change.Before?.ToMessage(), After = change.After?.ToMessage() }, revision);

    static HistoryEntry Sign(HistoryEntry entry, RevisionChanges revision)
    {
        (entry.Revision, entry.UnixMilliseconds, entry.Author) = (revision.Revision, revision.Time.ToUnixTimeMilliseconds(), revision.Author);
        return entry;
    }

    /// <summary>Which objects a look back is about.</summary>
    sealed record Scope(Kind? Kind, string Namespace, string Name, bool Derived)
    {
        public static Scope Of(string kind, string @namespace, string name, bool derived)
        {
            if (name.Length > 0 && kind.Length == 0) throw RpcErrors.Invalid($"of which kind {name} is, is missing");
            var known = kind.Length == 0 ? null : KindOf(kind);
            return new Scope(known, known?.Namespaced == false ? "" : @namespace, name, derived || known is not null);
        }

        public bool Takes(Change change) => Takes(change.After ?? change.Before!); // one of the two is there

        public bool Takes(Resource resource) =>
            resource is not Record
            && (Kind is null || resource.Kind == Kind.Name)
            && (Namespace.Length == 0 || resource.Namespace == Namespace || (resource is Namespace && resource.Name == Namespace))
            && (Name.Length == 0 || resource.Name == Name)
            && (Derived || Api.Rollback.IsUserWritten(resource));
    }
}
