using Orchestrator.Model.Pods;

namespace Orchestrator.Scheduler;

/// <summary>How good a node is for a pod; the larger is the better.</summary>
/// <param name="Siblings">Pods of the same owner on the node, negated: a machine that fails should take as few of them with it as can be.</param>
/// <param name="Preferred">Taints that ask to stay away, negated.</param>
/// <param name="Fullness">Share of the node that is taken with the pod on it, in millionths: the fullest is best, so that large gaps stay whole.</param>
readonly record struct Score(int Siblings, int Preferred, long Fullness) : IComparable<Score>
{
    const long Whole = 1_000_000;

    public static Score Of(Pod pod, Candidate candidate)
    {
        var taken = candidate.Taken + Amount.Of(pod.Spec);
        var unwanted = candidate.Node.Spec.Taints.Count(taint =>
            taint.Effect == TaintEffect.PreferNoSchedule && !pod.Spec.Tolerations.Any(toleration => toleration.Tolerates(taint)));
        var fullness = (Share(taken.CpuMillicores, candidate.Allocatable.CpuMillicores) + Share(taken.MemoryBytes, candidate.Allocatable.MemoryBytes)) / 2;
        return new Score(-candidate.SiblingsOf(pod), -unwanted, fullness);
    }

    public int CompareTo(Score other)
    {
        var order = Siblings.CompareTo(other.Siblings);
        if (order == 0) order = Preferred.CompareTo(other.Preferred);
        return order != 0 ? order : Fullness.CompareTo(other.Fullness);
    }

    static long Share(long taken, long whole) => whole <= 0 ? 0 : (long)((Int128)taken * Whole / whole);
}
