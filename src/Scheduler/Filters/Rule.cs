namespace Orchestrator.Scheduler.Filters;

/// <summary>The rules that can keep a pod off a node, in the order in which they are asked. The names are kube-scheduler's.</summary>
enum Rule
{
    None,
    NodeReady,
    NodeUnschedulable,
    NodeSelector,
    NodeAffinity,
    TaintToleration,
    VolumeBinding,
    NodePorts,
    NodeResourcesFit,
    DeviceShare,
    InterPodAffinity,
    InterPodAntiAffinity,
    ExistingAntiAffinity,
    PodTopologySpread,
}
