using Orchestrator.Model.Pods;
using Orchestrator.Model.State;
using Orchestrator.Model.Values;

namespace Orchestrator.Model.Scheduling;

/// <summary>
/// Applies a namespace's LimitRanges to a pod that is about to be created: what it leaves open is filled in, and then it is held against the bounds. Pods that are
/// there already stay as they are. Source: kube-apiserver's LimitRanger admission, and the defaults of core/v1 LimitRangeItem.
/// </summary>
public static class Limits
{
    /// <summary>Says on a pod what was filled in; the annotation that kube-apiserver sets.</summary>
    public const string Annotation = "kubernetes.io/limit-ranger";

    public static IReadOnlyList<LimitRange> Of(ClusterState state, string @namespace) => [.. state.In<LimitRange>(LimitRange.KindName, @namespace)];

    /// <summary>The pod with the defaults of the first LimitRange, by name, that has one for a resource.</summary>
    public static Pod Filled(Pod pod, IReadOnlyList<LimitRange> ranges)
    {
        var defaults = ranges.OrderBy(each => each.Name, StringComparer.Ordinal).SelectMany(each => each.Spec.Limits).Where(each => each.Type == LimitType.Container).ToList();
        if (defaults.Count == 0) return pod;
        var said = new List<string>();
        var spec = pod.Spec with
        {
            Containers = [.. pod.Spec.Containers.Select(each => Filled(each, defaults, said, "container"))],
            InitContainers = [.. pod.Spec.InitContainers.Select(each => Filled(each, defaults, said, "init container"))],
        };
        if (said.Count == 0) return pod;
        var annotations = new Dictionary<string, string>(pod.Metadata.Annotations) { [Annotation] = $"LimitRanger plugin set: {string.Join("; ", said)}" };
        return pod with { Spec = spec, Metadata = pod.Metadata with { Annotations = annotations } };
    }

    /// <summary>Every bound that the pod, with its defaults filled in, does not keep.</summary>
    public static IEnumerable<(string Path, string Message)> Broken(PodSpec spec, IReadOnlyList<LimitRange> ranges)
    {
        if (ranges.Count == 0) yield break;
        var all = spec.Containers.Select((each, i) => ($"spec.containers[{i}]", each)).Concat(spec.InitContainers.Select((each, i) => ($"spec.initContainers[{i}]", each))).ToList();
        foreach (var (at, container) in all)
        {
            foreach (var (name, request) in container.Resources.Requests)
                if (container.Resources.Limits.TryGetValue(name, out var limit) && request > limit)
                    yield return ($"{at}.resources.requests.{name}", $"{request} is more than the limit {limit}, which a LimitRange of the namespace gives it; set the limit too");
        }

        foreach (var range in ranges)
        {
            foreach (var item in range.Spec.Limits)
            {
                if (item.Type == LimitType.Pod)
                {
                    var whole = new ResourceRequirements { Requests = Sum(spec, each => each.Requests), Limits = Sum(spec, each => each.Limits) };
                    foreach (var (_, message) in Broken(whole, item)) yield return ("spec", $"{message} (LimitRange {range.Name})");
                    continue;
                }

                foreach (var (at, container) in all)
                    foreach (var (path, message) in Broken(container.Resources, item)) yield return ($"{at}.resources.{path}", $"{message} (LimitRange {range.Name})");
            }
        }
    }

    static Container Filled(Container container, List<LimitRangeItem> defaults, List<string> said, string what)
    {
        var limits = new SortedDictionary<string, Quantity>(container.Resources.Limits.ToDictionary(), StringComparer.Ordinal);
        var requests = new SortedDictionary<string, Quantity>(container.Resources.Requests.ToDictionary(), StringComparer.Ordinal);

        // A limit without a request is a request as well, which comes before any default.
        foreach (var (name, limit) in container.Resources.Limits) requests.TryAdd(name, limit);
        var known = requests.Count;
        var (newRequests, newLimits) = (new SortedSet<string>(StringComparer.Ordinal), new SortedSet<string>(StringComparer.Ordinal));
        foreach (var item in defaults)
        {
            foreach (var (name, amount) in item.Default.Concat(item.Max))
                if (limits.TryAdd(name, amount)) newLimits.Add(name);
            foreach (var (name, amount) in item.DefaultRequest.Concat(item.Default).Concat(item.Max).Concat(item.Min))
                if (requests.TryAdd(name, amount)) newRequests.Add(name);
        }

        if (newRequests.Count > 0) said.Add($"{string.Join(", ", newRequests)} request for {what} {container.Name}");
        if (newLimits.Count > 0) said.Add($"{string.Join(", ", newLimits)} limit for {what} {container.Name}");
        return newRequests.Count + newLimits.Count == 0 && known == container.Resources.Requests.Count
            ? container
            : container with { Resources = new ResourceRequirements { Requests = requests, Limits = limits } };
    }

    static IEnumerable<(string Path, string Message)> Broken(ResourceRequirements resources, LimitRangeItem item)
    {
        foreach (var (name, least) in item.Min.OrderBy(each => each.Key, StringComparer.Ordinal))
        {
            var bound = $"minimum {name} usage per {item.Type} is {least}";
            if (!resources.Requests.TryGetValue(name, out var request)) yield return ($"requests.{name}", $"{bound}, but no request is specified");
            else if (request < least) yield return ($"requests.{name}", $"{bound}, but request is {request}");
            if (resources.Limits.TryGetValue(name, out var limit) && limit < least) yield return ($"limits.{name}", $"{bound}, but limit is {limit}");
        }

        foreach (var (name, most) in item.Max.OrderBy(each => each.Key, StringComparer.Ordinal))
        {
            var bound = $"maximum {name} usage per {item.Type} is {most}";
            if (!resources.Limits.TryGetValue(name, out var limit)) yield return ($"limits.{name}", $"{bound}, but no limit is specified");
            else if (limit > most) yield return ($"limits.{name}", $"{bound}, but limit is {limit}");
            if (resources.Requests.TryGetValue(name, out var request) && request > most) yield return ($"requests.{name}", $"{bound}, but request is {request}");
        }

        foreach (var (name, most) in item.MaxLimitRequestRatio.OrderBy(each => each.Key, StringComparer.Ordinal))
        {
            var bound = $"{name} max limit to request ratio per {item.Type} is {most}";
            var (request, limit) = (resources.Requests.GetValueOrDefault(name), resources.Limits.GetValueOrDefault(name));
            if (request.Value == 0) yield return ($"requests.{name}", $"{bound}, but no request is specified or request is 0");
            else if (limit.Value == 0) yield return ($"limits.{name}", $"{bound}, but no limit is specified or limit is 0");
            else if (limit.Value > most.Value * request.Value)
                yield return ($"limits.{name}", string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{bound}, but provided ratio is {limit.Value / request.Value:0.######}"));
        }
    }

    /// <summary>What the containers have together, or the largest init container where that is more: init containers run before the others.</summary>
    static Dictionary<string, Quantity> Sum(PodSpec spec, Func<ResourceRequirements, IReadOnlyDictionary<string, Quantity>> of)
    {
        var sum = new Dictionary<string, Quantity>();
        foreach (var (name, amount) in spec.Containers.SelectMany(each => of(each.Resources)))
            sum[name] = sum.TryGetValue(name, out var before) ? before + amount : amount;
        foreach (var (name, amount) in spec.InitContainers.SelectMany(each => of(each.Resources)))
            if (!sum.TryGetValue(name, out var most) || amount > most) sum[name] = amount;
        return sum;
    }
}
