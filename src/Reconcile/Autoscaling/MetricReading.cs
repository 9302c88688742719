using Orchestrator.Model.Autoscaling;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Pods;
using Orchestrator.Model.Values;

namespace Orchestrator.Reconcile.Autoscaling;

/// <summary>
/// What one metric says: its present value, and how many pods would bring it to its target. Source: Kubernetes, "Horizontal Pod Autoscaling", algorithm
/// details: pods that are not measured are taken as what speaks against a change, pods that are not ready as idle.
/// </summary>
/// <param name="Replicas">Null when it says nothing.</param>
/// <param name="Problem">Why it says nothing.</param>
sealed record MetricReading(int? Replicas, MetricStatus Status, string? Problem = null)
{
    /// <summary>How far from its target it may be without any effect.</summary>
    const decimal Tolerance = 0.1m;

    /// <summary>A pod's first measurements are of its start, and say nothing of the load.</summary>
    static readonly TimeSpan Starting = TimeSpan.FromSeconds(10);

    public static MetricReading Of(MetricSpec metric, string @namespace, int present, IReadOnlyList<Pod> pods, Usage usage, DateTimeOffset now) => metric switch
    {
        { Type: MetricType.Resource, Resource: { } resource } => OfPods(metric, resource.Name, null, resource.Target, present, pods, usage, now),
        { Type: MetricType.ContainerResource, ContainerResource: { } resource } => OfPods(metric, resource.Name, resource.Container, resource.Target, present, pods, usage, now),
        { Type: MetricType.Object, Object: { } requests } => OfObject(metric, requests, @namespace, present, pods.Count(pod => pod.IsReady()), usage),
        _ => throw new System.Diagnostics.UnreachableException("a metric has what its type names"),
    };

    static MetricReading OfObject(MetricSpec metric, ObjectMetric requests, string @namespace, int present, int ready, Usage usage)
    {
        if (usage.Requests is null) return new(null, StatusOf(metric, new()), "no ingress says how many requests there are");
        var rate = usage.Requests.GetValueOrDefault(requests.Described(@namespace));
        if (requests.Target.Type == MetricTargetType.AverageValue)
        {
            var each = requests.Target.AverageValue!.Value.Value; // checked when it was applied
            var average = present > 0 ? rate / present : rate;
            var status = StatusOf(metric, new() { AverageValue = Quantity.FromMillicores((long)(average * 1000)) });
            return new(present > 0 && IsClose(average / each) ? present : (int)Math.Ceiling(rate / each), status);
        }

        var ratio = rate / requests.Target.Value!.Value.Value; // as above
        var now = StatusOf(metric, new() { Value = Quantity.FromMillicores((long)(rate * 1000)) });
        return new(present == 0 ? (int)Math.Ceiling(ratio) : IsClose(ratio) ? present : (int)Math.Ceiling(ratio * ready), now);
    }

    static MetricReading OfPods(MetricSpec metric, string resource, string? container, MetricTarget target, int present, IReadOnlyList<Pod> pods, Usage usage, DateTimeOffset now)
    {
        var (measured, missing, unready) = (new List<(decimal Used, decimal Requested)>(), new List<decimal>(), new List<decimal>());
        foreach (var pod in pods.Where(pod => !pod.IsTerminal() && !pod.IsBeingDeleted()))
        {
            if (RequestOf(pod, resource, container) is not { } requested && target.Type == MetricTargetType.Utilization)
                return new(null, StatusOf(metric, new()), $"pod {pod.Name} requests no {resource}{(container is null ? " in all of its containers" : $" in container {container}")}, so that there is nothing to be a percentage of");
            var request = RequestOf(pod, resource, container) ?? 0;
            if (!IsSettled(pod, resource, now)) unready.Add(request);
            else if (UsedBy(pod, resource, container, usage) is { } used) measured.Add((used, request));
            else missing.Add(request);
        }

        if (measured.Count == 0) return new(null, StatusOf(metric, new()), $"no pod that is ready tells its {resource}");
        var wanted = target.Type == MetricTargetType.Utilization ? target.AverageUtilization!.Value / 100m : Of(target.AverageValue!.Value, resource); // checked when it was applied
        var status = StatusOf(metric, Current(measured, resource, target));
        var ratio = Ratio(measured);
        var counted = measured.Count;
        if (missing.Count > 0 || (unready.Count > 0 && ratio > 1))
        {
            var supposed = new List<(decimal Used, decimal Requested)>(measured);
            supposed.AddRange(missing.Select(request => (ratio < 1 ? Target(request) : 0, request)));
            if (ratio > 1) supposed.AddRange(unready.Select(request => (0m, request)));
            var cautious = Ratio(supposed);
            if (IsClose(cautious) || (ratio > 1) != (cautious > 1)) return new(present, status);
            (ratio, counted) = (cautious, supposed.Count);
        }

        if (IsClose(ratio)) return new(present, status);
        var replicas = (int)Math.Ceiling(ratio * counted);
        // Pods that were left out must not turn more load into fewer pods, or the other way round.
        return new((ratio > 1 && replicas < present) || (ratio < 1 && replicas > present) ? present : replicas, status);

        decimal Target(decimal request) => target.Type == MetricTargetType.Utilization ? Math.Max(1, wanted) * request : wanted;

        decimal Ratio(List<(decimal Used, decimal Requested)> of) =>
            of.Sum(each => each.Used) / (target.Type == MetricTargetType.Utilization ? of.Sum(each => each.Requested) * wanted : of.Count * wanted);
    }

    static MetricValueStatus Current(List<(decimal Used, decimal Requested)> measured, string resource, MetricTarget target)
    {
        var average = (long)(measured.Sum(each => each.Used) / measured.Count);
        return new()
        {
            AverageValue = resource == ResourceNames.Cpu ? Quantity.FromMillicores(average) : Quantity.FromBytes(average),
            AverageUtilization = target.Type == MetricTargetType.Utilization ? (int)(100 * measured.Sum(each => each.Used) / measured.Sum(each => each.Requested)) : null,
        };
    }

    static MetricStatus StatusOf(MetricSpec metric, MetricValueStatus current) => new()
    {
        Type = metric.Type,
        Resource = metric is { Type: MetricType.Resource, Resource: { } resource } ? new() { Name = resource.Name, Current = current } : null,
        ContainerResource = metric is { Type: MetricType.ContainerResource, ContainerResource: { } part } ? new() { Name = part.Name, Container = part.Container, Current = current } : null,
        Object = metric is { Type: MetricType.Object, Object: { } of } ? new() { DescribedObject = of.DescribedObject, Metric = of.Metric, Current = current } : null,
    };

    static bool IsClose(decimal ratio) => Math.Abs(ratio - 1) <= Tolerance;

    static bool IsSettled(Pod pod, string resource, DateTimeOffset now) =>
        pod.Status.Phase == PodPhase.Running
        && (resource != ResourceNames.Cpu || (pod.IsReady() && (pod.Status.Conditions.Find(PodConditions.Ready)?.LastTransitionTime ?? now) + Starting <= now));

    /// <summary>Millicores or bytes; null when a container that counts requests none.</summary>
    static decimal? RequestOf(Pod pod, string resource, string? container)
    {
        var requests = pod.Spec.Containers.Where(each => container is null || each.Name == container).Select(each => Of(each.Resources.RequestOf(resource), resource)).ToList();
        return requests.Count == 0 || requests.Contains(0) ? null : requests.Sum();
    }

    static decimal? UsedBy(Pod pod, string resource, string? container, Usage usage)
    {
        if (!usage.Pods.TryGetValue(pod.Metadata.Uid!, out var containers)) return null; // stored ones have one
        var parts = pod.Spec.Containers.Where(each => container is null || each.Name == container).Select(each => containers.TryGetValue(each.Name, out var used) ? (decimal?)Of(used, resource) : null).ToList();
        return parts.Contains(null) ? null : parts.Sum();
    }

    static decimal Of(Quantity quantity, string resource) => resource == ResourceNames.Cpu ? quantity.Millis : quantity.Units;

    static decimal Of(ContainerUsage used, string resource) => resource == ResourceNames.Cpu ? used.Millicores : used.Memory;
}
