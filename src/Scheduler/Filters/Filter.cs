using Orchestrator.Model.Pods;

namespace Orchestrator.Scheduler.Filters;

/// <summary>A rule that keeps a pod off a node and says why. Pure: it looks at the pod and the node and at nothing else.</summary>
/// <param name="Refuse">Null when the node will do; else the reason in the words of kube-scheduler, without the node's name.</param>
sealed record Filter(string Name, Func<Pod, Candidate, Reason?> Refuse);

/// <param name="Summary">The same text for all nodes that are refused alike: <c>Insufficient memory</c>.</param>
/// <param name="Detail">By how much, for this node.</param>
readonly record struct Reason(string Summary, string Detail);
