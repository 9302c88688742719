using System.Globalization;
using Orchestrator.Model.Autoscaling;
using Orchestrator.Model.Meta;

namespace Orchestrator.Model.Tables;

/// <summary>What a list shows of autoscalers.</summary>
static class AutoscalerColumns
{
    public static readonly IReadOnlyList<Column> Own =
    [
        new("REFERENCE", static (resource, _) => $"{Spec(resource).ScaleTargetRef.Kind}/{Spec(resource).ScaleTargetRef.Name}"),
        new("TARGETS", static (resource, _) => Table.OrNone(string.Join(", ", Spec(resource).Metrics.Select((metric, i) => Text(metric, ((HorizontalPodAutoscaler)resource).Status.CurrentMetrics.ElementAtOrDefault(i)))))),
        new("MINPODS", static (resource, _) => Number(Spec(resource).MinReplicas ?? 1)),
        new("MAXPODS", static (resource, _) => Number(Spec(resource).MaxReplicas)),
        new("REPLICAS", static (resource, _) => Number(((HorizontalPodAutoscaler)resource).Status.CurrentReplicas)),
    ];

    static HorizontalPodAutoscalerSpec Spec(Resource resource) => ((HorizontalPodAutoscaler)resource).Spec;

    static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);

    static string Text(MetricSpec metric, MetricStatus? status)
    {
        var (name, target, current) = metric.Type switch
        {
            MetricType.Resource => (metric.Resource!.Name, metric.Resource.Target, status?.Resource?.Current), // a metric has what its type names, also below
            MetricType.ContainerResource => ($"{metric.ContainerResource!.Container}/{metric.ContainerResource.Name}", metric.ContainerResource.Target, status?.ContainerResource?.Current),
            MetricType.Object => (metric.Object!.Metric.Name, metric.Object.Target, status?.Object?.Current),
        };
        var (now, wanted) = target.Type switch
        {
            MetricTargetType.Utilization => (current?.AverageUtilization is { } used ? $"{Number(used)}%" : null, $"{Number(target.AverageUtilization ?? 0)}%"),
            MetricTargetType.AverageValue => (current?.AverageValue?.ToString(), $"{target.AverageValue} (avg)"),
            MetricTargetType.Value => (current?.Value?.ToString(), target.Value?.ToString()),
        };
        return $"{name}: {now ?? "<unknown>"}/{wanted}";
    }
}
