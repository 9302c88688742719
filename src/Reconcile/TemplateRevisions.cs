using System.Globalization;
using Orchestrator.Model;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Pods;
using Orchestrator.Model.State;
using Orchestrator.Model.Workloads;

namespace Orchestrator.Reconcile;

/// <summary>The templates that a StatefulSet or DaemonSet has had, as ControllerRevisions.</summary>
/// <param name="Update">The one of the present template.</param>
/// <param name="All">Those that are stored, the update among them once it is.</param>
/// <param name="Operations">What brings the store to it.</param>
sealed record TemplateRevisions(ControllerRevision Update, IReadOnlyList<ControllerRevision> All, IReadOnlyList<Operation> Operations)
{
    const int DefaultHistoryLimit = 10;

    /// <param name="inUse">Names of revisions that pods are made of: they are kept.</param>
    public static TemplateRevisions Of(ClusterState state, Resource owner, PodTemplate template, int? historyLimit, IReadOnlySet<string> inUse, Ids ids)
    {
        var all = state.In<ControllerRevision>(ControllerRevision.KindName, owner.Namespace).Where(each => each.IsControlledBy(owner)).OrderBy(each => each.Revision).ToList();
        var revised = ContentRevision.Of(state, owner.Namespace, template);
        var name = $"{owner.Name}-{ShortHash.Of(ModelJson.Encode(revised))}";
        var highest = all.Count == 0 ? 0 : all[^1].Revision;
        var operations = new List<Operation>();
        var update = all.Find(each => each.Name == name);
        if (update is null)
        {
            update = New(owner, name, revised, highest + 1, ids);
            operations.Add(new Create(update));
            all.Add(update);
        }
        else if (update.Revision < highest)
        {
            // Gone back to: it is the newest again.
            operations.Add(new Update(update with { Revision = highest + 1 }));
            update = update with { Revision = highest + 1 };
        }

        foreach (var old in all.Where(each => each.Name != update.Name && !inUse.Contains(each.Name)).Reverse().Skip(historyLimit ?? DefaultHistoryLimit))
            operations.Add(new Delete(old.Key, old.Metadata.Uid));
        return new TemplateRevisions(update, all, operations);
    }

    public PodTemplate TemplateOf(string? name) => (All.FirstOrDefault(each => each.Name == name) ?? Update).Data.Spec.Template;

    public static string? NameOn(Pod pod) => pod.Metadata.Labels.GetValueOrDefault(ControllerRevision.Label);

    static ControllerRevision New(Resource owner, string name, PodTemplate template, long number, Ids ids)
    {
        var notes = new Dictionary<string, string> { [RolloutAnnotations.Revision] = number.ToString(CultureInfo.InvariantCulture) };
        if (owner.Metadata.Annotations.TryGetValue(RolloutAnnotations.ChangeCause, out var cause)) notes[RolloutAnnotations.ChangeCause] = cause;
        return new ControllerRevision
        {
            Metadata = new ObjectMeta { Name = name, Namespace = owner.Namespace, Uid = ids.Uid(), Labels = template.Metadata.Labels, Annotations = notes, OwnerReferences = [Owners.ReferenceTo(owner)] },
            Data = new RevisionData { Spec = new RevisionSpec { Template = template } },
            Revision = number,
        };
    }
}
