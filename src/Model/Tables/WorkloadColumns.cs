using System.Globalization;
using Orchestrator.Model.Workloads;

namespace Orchestrator.Model.Tables;

/// <summary>What a list shows of deployments and ReplicaSets.</summary>
static class WorkloadColumns
{
    public static readonly IReadOnlyList<Column> Deployment =
    [
        Of<Deployment>("READY", each => $"{each.Status.ReadyReplicas}/{each.Spec.Replicas ?? 1}"),
        Of<Deployment>("UP-TO-DATE", each => Text(each.Status.UpdatedReplicas)),
        Of<Deployment>("AVAILABLE", each => Text(each.Status.AvailableReplicas)),
    ];

    public static readonly IReadOnlyList<Column> WideDeployment =
    [
        Of<Deployment>("CONTAINERS", each => string.Join(',', each.Spec.Template.Spec.Containers.Select(container => container.Name))) with { Wide = true },
        Of<Deployment>("IMAGES", each => string.Join(',', each.Spec.Template.Spec.Containers.Select(container => container.Image))) with { Wide = true },
        Of<Deployment>("SELECTOR", each => Table.Pairs(each.Spec.Selector.MatchLabels)) with { Wide = true },
    ];

    public static readonly IReadOnlyList<Column> ReplicaSet =
    [
        Of<ReplicaSet>("DESIRED", each => Text(each.Spec.Replicas ?? 1)),
        Of<ReplicaSet>("CURRENT", each => Text(each.Status.Replicas)),
        Of<ReplicaSet>("READY", each => Text(each.Status.ReadyReplicas)),
    ];

    public static readonly IReadOnlyList<Column> StatefulSet =
    [
        Of<StatefulSet>("READY", each => $"{each.Status.ReadyReplicas}/{each.Spec.Replicas ?? 1}"),
    ];

    public static readonly IReadOnlyList<Column> DaemonSet =
    [
        Of<DaemonSet>("DESIRED", each => Text(each.Status.DesiredNumberScheduled)),
        Of<DaemonSet>("CURRENT", each => Text(each.Status.CurrentNumberScheduled)),
        Of<DaemonSet>("READY", each => Text(each.Status.NumberReady)),
        Of<DaemonSet>("UP-TO-DATE", each => Text(each.Status.UpdatedNumberScheduled)),
        Of<DaemonSet>("AVAILABLE", each => Text(each.Status.NumberAvailable)),
        Of<DaemonSet>("NODE SELECTOR", each => Table.Pairs(each.Spec.Template.Spec.NodeSelector)),
    ];

    public static readonly IReadOnlyList<Column> Revision =
    [
        Of<ControllerRevision>("CONTROLLER", each => each.Metadata.Controller() is { } owner ? $"{owner.Kind.ToLowerInvariant()}/{owner.Name}" : "<none>"),
        Of<ControllerRevision>("REVISION", each => each.Revision.ToString(CultureInfo.InvariantCulture)),
    ];

    public static IReadOnlyList<Column> WideTemplate(Func<Meta.Resource, Pods.PodTemplate> template) =>
    [
        new("CONTAINERS", (resource, _) => string.Join(',', template(resource).Spec.Containers.Select(container => container.Name)), Wide: true),
        new("IMAGES", (resource, _) => string.Join(',', template(resource).Spec.Containers.Select(container => container.Image)), Wide: true),
    ];

    static Column Of<T>(string name, Func<T, string> cell)
        where T : Meta.Resource => new(name, (resource, _) => cell((T)resource));

    static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
