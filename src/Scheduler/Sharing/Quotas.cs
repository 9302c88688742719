using Orchestrator.Model.Pods;
using Orchestrator.Model.Scheduling;
using Orchestrator.Model.State;
using Orchestrator.Model.Values;

namespace Orchestrator.Scheduler.Sharing;

/// <summary>
/// What namespaces may still have placed. A pod counts from when it is placed: so a quota holds for pods that controllers make as well as for those that people write.
/// </summary>
sealed class Quotas
{
    readonly Dictionary<string, List<(string Name, IReadOnlyDictionary<string, Quantity> Hard)>> _quotas = new(StringComparer.Ordinal);
    readonly Dictionary<(string Namespace, string Resource), decimal> _used = [];

    public static Quotas Of(ClusterState state)
    {
        var quotas = new Quotas();
        foreach (var quota in state.All<ResourceQuota>(ResourceQuota.KindName))
        {
            if (!quotas._quotas.TryGetValue(quota.Namespace, out var list)) quotas._quotas[quota.Namespace] = list = [];
            list.Add((quota.Name, quota.Spec.Hard));
        }

        if (quotas._quotas.Count == 0) return quotas;
        foreach (var pod in state.All<Pod>(Pod.KindName))
            if (pod.Spec.NodeName is not null && !pod.IsTerminal()) quotas.Take(pod);
        return quotas;
    }

    /// <summary>What keeps the pod from being placed, in kube-apiserver's words; null when nothing does.</summary>
    public string? Exceeded(Pod pod)
    {
        if (!_quotas.TryGetValue(pod.Namespace, out var quotas)) return null;
        foreach (var (name, hard) in quotas)
        {
            foreach (var (resource, limit) in hard.OrderBy(each => each.Key, StringComparer.Ordinal))
            {
                var asked = Asked(pod, resource);
                var used = _used.GetValueOrDefault((pod.Namespace, resource));
                if (asked > 0 && used + asked > limit.Value)
                    return $"exceeded quota: {name}, requested: {resource}={Text(asked)}, used: {resource}={Text(used)}, limited: {resource}={limit}";
            }
        }

        return null;

        string Text(decimal amount) => Quantity.Parse(amount.ToString(System.Globalization.CultureInfo.InvariantCulture)).ToString();
    }

    public void Take(Pod pod) => Count(pod, 1);

    public void Release(Pod pod) => Count(pod, -1);

    void Count(Pod pod, int sign)
    {
        if (!_quotas.TryGetValue(pod.Namespace, out var quotas)) return;
        foreach (var resource in quotas.SelectMany(quota => quota.Hard.Keys).Distinct())
            _used[(pod.Namespace, resource)] = _used.GetValueOrDefault((pod.Namespace, resource)) + (sign * Asked(pod, resource));
    }

    static decimal Asked(Pod pod, string resource)
    {
        if (resource is "pods" or "count/pods") return 1;
        var limits = resource.StartsWith("limits.", StringComparison.Ordinal);
        var name = limits ? resource["limits.".Length..] : resource.StartsWith("requests.", StringComparison.Ordinal) ? resource["requests.".Length..] : resource;
        decimal Of(Container container) => (limits ? container.Resources.Limits.GetValueOrDefault(name) : container.Resources.RequestOf(name)).Value;
        return Math.Max(pod.Spec.Containers.Sum(Of), pod.Spec.InitContainers.Select(Of).DefaultIfEmpty().Max()) + pod.Spec.Overhead.GetValueOrDefault(name).Value;
    }
}
