using Orchestrator.Model.Autoscaling;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Pods;
using Orchestrator.Reconcile.Autoscaling;

namespace Orchestrator.Simulation;

/// <summary>What is asked of the pods, and what the autoscalers make of it: every five seconds, as in a real cluster.</summary>
sealed partial class SmallCluster
{
    const int MetricsSeconds = 5;

    readonly Dictionary<string, long> _loads = new(StringComparer.Ordinal);
    readonly Dictionary<ResourceKey, decimal> _rates = [];
    readonly Dictionary<ResourceKey, AutoscalerMemory> _memories = [];

    /// <summary>Work of so many millicores, shared by all ready pods with this label app; null takes them for not measured.</summary>
    public void Load(string app, long? millicores)
    {
        if (millicores is { } work) _loads[app] = work;
        else _loads.Remove(app);
    }

    /// <summary>So many requests a second come in through an Ingress.</summary>
    public void Requests(string ingress, decimal perSecond) => _rates[new ResourceKey(Model.Services.Ingress.KindName, Namespace.Default, ingress)] = perSecond;

    void Autoscale()
    {
        if (Now.Second % MetricsSeconds != 0) return;
        var usage = new Usage { Pods = _loads.SelectMany(load => Measured(load.Key, load.Value)).ToDictionary(StringComparer.Ordinal), Requests = _rates };
        foreach (var autoscaler in State.All<HorizontalPodAutoscaler>(HorizontalPodAutoscaler.KindName).ToList())
        {
            var (plan, memory) = Autoscaler.Decide(State, autoscaler, usage, _memories.GetValueOrDefault(autoscaler.Key) ?? AutoscalerMemory.Empty, Now);
            _memories[autoscaler.Key] = memory;
            CarryOut(plan);
        }
    }

    IEnumerable<KeyValuePair<string, IReadOnlyDictionary<string, ContainerUsage>>> Measured(string app, long millicores)
    {
        var its = Pods.Where(pod => pod.Metadata.Labels.GetValueOrDefault("app") == app && pod.Status.Phase == PodPhase.Running).ToList();
        var each = millicores / Math.Max(1, its.Count(pod => pod.IsReady()));
        return its.Select(pod => KeyValuePair.Create(pod.Metadata.Uid!, (IReadOnlyDictionary<string, ContainerUsage>)new Dictionary<string, ContainerUsage> // stored ones have one
        {
            [pod.Spec.Containers[0].Name] = new(pod.IsReady() ? each : 0, 0),
        }));
    }
}
