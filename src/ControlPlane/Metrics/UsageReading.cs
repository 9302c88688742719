using Orchestrator.Contracts;
using Orchestrator.Model.Gateways;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Pods;
using Orchestrator.Model.Services;
using Orchestrator.Model.State;
using Orchestrator.Reconcile.Autoscaling;
using Route = Orchestrator.Reconcile.Routes.Route;

namespace Orchestrator.ControlPlane.Metrics;

/// <summary>What was heard, as the deciding code takes it.</summary>
static class UsageReading
{
    /// <summary>What no host can say in earnest.</summary>
    const double MostPerSecond = 1e9;

    public static Usage Of(MetricsReply heard, ClusterState state)
    {
        // A node speaks for its own pods only.
        var placed = state.All<Pod>(Pod.KindName).Where(pod => pod.Spec.NodeName is not null).ToDictionary(pod => pod.Metadata.Uid!, pod => pod.Spec.NodeName, StringComparer.Ordinal); // stored ones have one
        var pods = new Dictionary<string, IReadOnlyDictionary<string, ContainerUsage>>(StringComparer.Ordinal);
        foreach (var node in heard.Nodes)
        {
            foreach (var pod in node.Pods.Where(pod => placed.GetValueOrDefault(pod.Uid) == node.Node))
                pods[pod.Uid] = pod.Containers.GroupBy(container => container.Name, StringComparer.Ordinal).ToDictionary(same => same.Key, same => new ContainerUsage(same.First().CpuMillicores, same.First().MemoryBytes), StringComparer.Ordinal);
        }

        return new Usage { Pods = pods, Requests = heard.Ingresses.Count == 0 ? null : Requests(heard) };
    }

    static Dictionary<ResourceKey, decimal> Requests(MetricsReply heard)
    {
        var rates = new Dictionary<ResourceKey, decimal>();
        foreach (var each in heard.Ingresses.SelectMany(ingress => ingress.Requests))
        {
            if (each.Ingress.Split('/') is not [var @namespace, var name] || !double.IsFinite(each.PerSecond)) continue;
            var key = name.EndsWith(Route.OfHttpRoute, StringComparison.Ordinal)
                ? new ResourceKey(HttpRoute.KindName, @namespace, name[..^Route.OfHttpRoute.Length])
                : new ResourceKey(Ingress.KindName, @namespace, name);
            rates[key] = rates.GetValueOrDefault(key) + (decimal)Math.Clamp(each.PerSecond, 0, MostPerSecond);
        }

        return rates;
    }
}
