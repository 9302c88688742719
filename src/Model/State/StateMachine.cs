using System.Collections.Immutable;
using System.Globalization;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Nodes;
using Orchestrator.Model.Pods;
using Orchestrator.Model.Services;
using Orchestrator.Model.Storage;

namespace Orchestrator.Model.State;

/// <summary>
/// The one function that changes the cluster's state. Total and deterministic: the same commands in the same order give the same state on
/// every server, and no command throws.
/// </summary>
public static class StateMachine
{
    public static Transition Apply(ClusterState state, Command command)
    {
        if (state.Answers.Of(command.RequestId) is { } earlier) return new Transition(state, earlier, []);
        if (FencedOff(state, command.Fence) is { } fenced) return Refuse(state, command, fenced);

        var revision = state.Revision + 1;
        var next = state;
        var changes = ImmutableArray.CreateBuilder<Change>();
        var resources = new List<Resource?>(command.Operations.Count);
        foreach (var operation in command.Operations)
        {
            var step = operation switch
            {
                Create create => Created(next, create, command, revision),
                Update update => Updated(next, update, revision),
                UpdateStatus update => StatusUpdated(next, update, revision),
                Delete delete => Deleted(next, delete, command, revision),
                Bind bind => Bound(next, bind, command, revision),
                OpenSession open => SessionOpened(next, open, command, revision),
                Expect expect => Expected(next, expect),
                ClaimLeadership claim => Step.To(next with { LeaderEpoch = revision, Leader = claim.Server }),
                _ => throw new System.Diagnostics.UnreachableException($"no rule for {operation.GetType().Name}"),
            };
            if (step.Refused is { } refused) return Refuse(state, command, refused);
            if (step.Key is { } key)
            {
                var before = next.Find(key);
                var after = step.Next!.Find(key);
                if (!ReferenceEquals(before, after)) changes.Add(new Change(revision, key, before, after, command.Author));
                resources.Add(after);
            }

            next = step.Next!; // a step that is not refused has a next state
        }

        var changed = !ReferenceEquals(next, state);
        var result = new Applied(changed ? revision : state.Revision, resources);
        next = next with { Revision = result.Revision, Answers = next.Answers.With(command.RequestId, result with { Resources = [] }) };
        return new Transition(next, result, changes.DrainToImmutable());
    }

    static Transition Refuse(ClusterState state, Command command, ApplyResult result) =>
        new(state with { Answers = state.Answers.With(command.RequestId, result) }, result, []);

    static Fenced? FencedOff(ClusterState state, Fence? fence)
    {
        if (fence?.LeaderEpoch is { } epoch && epoch != state.LeaderEpoch)
            return new Fenced($"written by the leader of epoch {epoch}, but {state.Leader} leads since {state.LeaderEpoch}");
        if (fence?.Session is not { } session) return null;
        var node = state.Find<Node>(Node.KindName, "", session.Node);
        if (node is null) return new Fenced($"node {session.Node} is not part of the cluster");
        return node.Status.SessionEpoch == session.Epoch
            ? null
            : new Fenced($"written in session {session.Epoch} of node {session.Node}, whose present session is {node.Status.SessionEpoch}");
    }

    static Step Created(ClusterState state, Create create, Command command, long revision)
    {
        var resource = create.Resource;
        if (state.Find(resource.Key) is not null) return Step.Refuse(new AlreadyExists(resource.Key));
        if (resource.Namespace.Length > 0 && state.Find<Namespace>(Namespace.KindName, "", resource.Namespace) is { } home && home.IsBeingDeleted())
            return Step.Refuse(new Conflict(resource.Key, 0, 0, $"namespace {resource.Namespace} is being deleted, and nothing new is taken into it"));
        if (resource is Service service && state.Claims.HeldByAnother(service) is { } holder) return Step.Refuse(Taken(resource.Key, holder));
        return Stored(state, resource with
        {
            Metadata = resource.Metadata with { Generation = 1, CreationTimestamp = command.Time, DeletionTimestamp = null },
        }, revision);
    }

    static Step Updated(ClusterState state, Update update, long revision)
    {
        var resource = update.Resource;
        if (Checked(state, resource, out var stored) is { } refused) return Step.Refuse(refused);
        var sameSpec = resource.SameSpecAs(stored!);
        if (!sameSpec && resource is Service service && state.Claims.HeldByAnother(service) is { } holder) return Step.Refuse(Taken(resource.Key, holder));
        var next = resource.WithStatusOf(stored!);
        next = next with
        {
            Metadata = next.Metadata with
            {
                Uid = stored!.Metadata.Uid,
                CreationTimestamp = stored.Metadata.CreationTimestamp,
                DeletionTimestamp = stored.Metadata.DeletionTimestamp,
                DeletionGracePeriodSeconds = stored.Metadata.DeletionGracePeriodSeconds,
                Generation = sameSpec ? stored.Metadata.Generation : stored.Metadata.Generation + 1,
                ResourceVersion = stored.Metadata.ResourceVersion,
            },
        };
        return sameSpec && ModelJson.Same(next.Metadata, stored.Metadata) ? Step.To(state, stored.Key) : Stored(state, next, revision);
    }

    static Conflict Taken(ResourceKey key, ResourceKey holder) => new(key, 0, 0, $"its address or one of its ports of the nodes belongs to {holder} already");

    static Step StatusUpdated(ClusterState state, UpdateStatus update, long revision)
    {
        if (Checked(state, update.Resource, out var stored) is { } refused) return Step.Refuse(refused);
        var next = stored!.WithStatusOf(update.Resource);
        return ModelJson.Same(next, stored) ? Step.To(state, stored.Key) : Stored(state, next, revision);
    }

    static Step Deleted(ClusterState state, Delete delete, Command command, long revision)
    {
        var stored = state.Find(delete.Key);
        if (stored is null || (delete.Uid is not null && stored.Metadata.Uid != delete.Uid)) return Step.Refuse(new NotFound(delete.Key));
        if (stored is Namespace home && state.IsInUse(home.Name))
        {
            // Its content goes first, so that no new namespace of the name finds what is left of the old one.
            if (home.IsBeingDeleted()) return Step.To(state, delete.Key);
            return Stored(state, home with { Metadata = home.Metadata with { DeletionTimestamp = command.Time }, Status = home.Status with { Phase = Namespace.Terminating } }, revision);
        }

        if (stored is PersistentVolumeClaim claim && claim.IsInUse(state))
        {
            // Its pods keep what they have until they end, whoever asks.
            if (claim.IsBeingDeleted()) return Step.To(state, delete.Key);
            return Stored(state, claim with { Metadata = claim.Metadata with { DeletionTimestamp = command.Time } }, revision);
        }

        if (stored is not Pod { Spec.NodeName: not null } pod || pod.IsTerminal() || delete.GraceSeconds == 0)
            return Step.To(state.Without(delete.Key), delete.Key);

        var grace = delete.GraceSeconds ?? pod.Spec.GraceSeconds();
        var until = command.Time.AddSeconds(grace);
        if (pod.Metadata.DeletionTimestamp <= until) return Step.To(state, delete.Key); // a second request may only shorten the grace
        return Stored(state, pod with { Metadata = pod.Metadata with { DeletionTimestamp = until, DeletionGracePeriodSeconds = grace } }, revision);
    }

    static Step Expected(ClusterState state, Expect expect)
    {
        var current = state.Find(expect.Key)?.Metadata.Revision() ?? 0;
        return current == expect.Revision ? Step.To(state) : Step.Refuse(new Conflict(expect.Key, expect.Revision, current, (expect.Revision, current) switch
        {
            (0, _) => $"there is one already, of revision {current}",
            (_, 0) => $"there is none, but revision {expect.Revision} was expected",
            _ => $"it is of revision {current}, not {expect.Revision}",
        }));
    }

    static Step Bound(ClusterState state, Bind bind, Command command, long revision)
    {
        if (state.Find(bind.Pod) is not Pod pod || pod.Metadata.Uid != bind.Uid) return Step.Refuse(new NotFound(bind.Pod));
        var node = new ResourceKey(Node.KindName, "", bind.Node);
        if (state.Find(node) is null) return Step.Refuse(new NotFound(node));
        if (pod.Spec.NodeName is { } present)
            return Step.Refuse(new Conflict(bind.Pod, 0, pod.Metadata.Revision(), $"it is bound to {present} already"));
        if (pod.IsBeingDeleted()) return Step.Refuse(new Conflict(bind.Pod, 0, pod.Metadata.Revision(), "it is being deleted"));
        if (bind.Seen is { } seen && seen != pod.Metadata.Revision()) return Step.Refuse(new Conflict(bind.Pod, seen, pod.Metadata.Revision(), "it was changed meanwhile"));
        var scheduled = new Condition { Type = PodConditions.PodScheduled, Status = ConditionStatus.True, LastTransitionTime = command.Time };
        return Stored(state, pod with
        {
            Metadata = bind.Devices.Count == 0 ? pod.Metadata : pod.Metadata with { Annotations = WithDevices(pod.Metadata.Annotations, bind.Devices) },
            Spec = pod.Spec with { NodeName = bind.Node },
            Status = pod.Status with { Conditions = pod.Status.Conditions.With(scheduled) },
        }, revision);
    }

    static Dictionary<string, string> WithDevices(IReadOnlyDictionary<string, string> annotations, IReadOnlyList<int> devices) =>
        new(annotations) { [Pod.DevicesAnnotation] = string.Join(',', devices) };

    static Step SessionOpened(ClusterState state, OpenSession open, Command command, long revision)
    {
        var said = open.Node;
        var status = said.Status with { SessionEpoch = revision };
        if (state.Find(said.Key) is not Node stored)
        {
            return Stored(state, said with
            {
                Status = status,
                Metadata = said.Metadata with { Generation = 1, CreationTimestamp = command.Time },
            }, revision);
        }

        var labels = new Dictionary<string, string>(stored.Metadata.Labels);
        foreach (var (name, value) in said.Metadata.Labels) labels[name] = value;
        return Stored(state, stored with
        {
            Metadata = stored.Metadata with { Labels = labels },
            Status = status with { Conditions = stored.Status.Conditions, Bindings = stored.Status.Bindings },
        }, revision);
    }

    static Step Stored(ClusterState state, Resource resource, long revision)
    {
        var stored = resource with
        {
            Metadata = resource.Metadata with { ResourceVersion = revision.ToString(CultureInfo.InvariantCulture) },
        };
        return Step.To(state.With(stored), stored.Key);
    }

    static ApplyResult? Checked(ClusterState state, Resource resource, out Resource? stored)
    {
        stored = state.Find(resource.Key);
        if (stored is null || (resource.Metadata.Uid is { } uid && uid != stored.Metadata.Uid)) return new NotFound(resource.Key);
        var seen = resource.Metadata.Revision();
        return seen != 0 && seen != stored.Metadata.Revision()
            ? new Conflict(resource.Key, seen, stored.Metadata.Revision(), "it was changed meanwhile; read it again and repeat the change")
            : null;
    }

    /// <summary>The state after one operation, or why the whole command is refused.</summary>
    readonly record struct Step(ClusterState? Next, ResourceKey? Key, ApplyResult? Refused)
    {
        public static Step To(ClusterState next, ResourceKey? key = null) => new(next, key, null);

        public static Step Refuse(ApplyResult because) => new(null, null, because);
    }
}

/// <summary>What a command did.</summary>
/// <param name="Changes">The objects that changed, in the order of the command's operations.</param>
public sealed record Transition(ClusterState Next, ApplyResult Result, ImmutableArray<Change> Changes);
