using Orchestrator.Manifests.Merging;
using Orchestrator.Model;
using Orchestrator.Model.History;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Nodes;
using Orchestrator.Model.Pods;
using Orchestrator.Model.State;

namespace Orchestrator.ControlPlane.Api;

/// <summary>
/// Decides what it takes to make objects what they were: ordinary operations of one command, each bound to what it was decided upon. Pure.
/// </summary>
static class Rollback
{
    public enum Action
    {
        Configured,
        Created,
        Deleted,
        Left,
    }

    /// <param name="Because">For <see cref="Action.Left"/>: why nothing is done.</param>
    public sealed record Step(Action Action, Resource? Before, Resource? After, string Because = "");

    public sealed record Decision(IReadOnlyList<Step> Steps, IReadOnlyList<Operation> Operations);

    /// <summary>Whether an object says what users want, and not what the cluster made of that or found out.</summary>
    public static bool IsUserWritten(Resource resource) =>
        resource is not Node and not Record && resource.Metadata.Controller() is null && Kinds.Find(resource.Kind)!.UserWritten; // stored kinds are in the list

    public static Decision Decide(ClusterState then, ClusterState now, Func<Resource, bool> wanted, Func<string> newUid)
    {
        var steps = new List<Step>();
        var operations = new List<Operation>();

        // Before and after are seen from today: what is gone since was there before.
        foreach (var difference in Difference.Between(now, then, resource => IsUserWritten(resource) && wanted(resource)))
        {
            switch (difference)
            {
                case { Before: null, After: { } lost }:
                    var created = Anew(lost, newUid());
                    steps.Add(new Step(Action.Created, null, created));
                    operations.Add(new Create(created));
                    break;
                case { Before: { } added, After: null }:
                    steps.Add(new Step(Action.Deleted, added, null));
                    operations.Add(new Expect(added.Key, added.Metadata.Revision()));
                    operations.Add(new Delete(added.Key, added.Metadata.Uid));
                    break;
                case { Before: { } live, After: { } old } when !SaysTheSame(live, old):
                    Change(live, old);
                    break;
            }
        }

        // A namespace comes before what is in it.
        return new Decision(steps, [.. operations.OrderBy(operation => operation is Create { Resource: Namespace } ? 0 : 1)]);

        void Change(Resource live, Resource old)
        {
            if (live is Pod)
            {
                steps.Add(new Step(Action.Left, live, old, "a pod runs as it was started; delete it to have it made anew"));
                return;
            }

            var restored = old with { Metadata = old.Metadata with { Uid = live.Metadata.Uid, ResourceVersion = live.Metadata.ResourceVersion } };
            if (!Apply.Fixed(restored, live).Any())
            {
                steps.Add(new Step(Action.Configured, live, restored));
                operations.Add(new Update(restored));
                return;
            }

            // What can't be changed is made anew, in the same command.
            var anew = Anew(old, newUid());
            steps.Add(new Step(Action.Configured, live, anew));
            operations.Add(new Expect(live.Key, live.Metadata.Revision()));
            operations.Add(new Delete(live.Key, live.Metadata.Uid));
            operations.Add(new Create(anew));
        }
    }

    /// <summary>The object as a user would apply it for the first time.</summary>
    static Resource Anew(Resource old, string uid)
    {
        var anew = old.WithoutStatus();
        if (anew is Namespace @namespace) anew = @namespace with { Status = ((Namespace)old).Status };
        if (anew is Pod pod) anew = pod with { Spec = pod.Spec with { NodeName = null } };
        return anew with
        {
            Metadata = anew.Metadata with { Uid = uid, ResourceVersion = null, Generation = null, DeletionTimestamp = null, DeletionGracePeriodSeconds = null },
        };
    }

    static bool SaysTheSame(Resource live, Resource old) =>
        live is Pod { Spec: var present } && old is Pod { Spec: var past }
            ? ModelJson.Same(present with { NodeName = null }, past with { NodeName = null })
            : live.SameSpecAs(old) && ModelJson.Same(Written(live), Written(old));

    static ObjectMeta Written(Resource resource) => new() { Labels = resource.Metadata.Labels, Annotations = resource.Metadata.Annotations };
}
