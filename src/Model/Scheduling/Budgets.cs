using Orchestrator.Model.Pods;
using Orchestrator.Model.State;

namespace Orchestrator.Model.Scheduling;

/// <summary>How many pods of each disruption budget may still be taken down.</summary>
public sealed class Budgets
{
    readonly List<(PodDisruptionBudget Budget, int Left)> _budgets = [];

    public static Budgets Of(ClusterState state)
    {
        var budgets = new Budgets();
        foreach (var budget in state.All<PodDisruptionBudget>(PodDisruptionBudget.KindName))
        {
            var pods = state.In<Pod>(Pod.KindName, budget.Namespace).Where(pod => !pod.IsTerminal() && Covers(budget, pod)).ToList();

            // A pod that is on its way out has a replacement, which is the one that there should be.
            budgets._budgets.Add((budget, budget.Allowed(pods.Count(pod => !Eviction.IsAsked(pod)), pods.Count(pod => pod.IsReady() && !pod.IsBeingDeleted()))));
        }

        return budgets;
    }

    /// <summary>Whether these pods may go together.</summary>
    public bool Allow(IReadOnlyCollection<Pod> pods)
    {
        foreach (var (budget, left) in _budgets)
            if (pods.Count(pod => Covers(budget, pod) && pod.IsReady()) is var going and > 0 && going > left) return false;
        return true;
    }

    public void Spend(Pod pod)
    {
        for (var i = 0; i < _budgets.Count; i++)
            if (Covers(_budgets[i].Budget, pod) && pod.IsReady()) _budgets[i] = (_budgets[i].Budget, _budgets[i].Left - 1);
    }

    /// <summary>The budget that keeps these pods from going.</summary>
    public string? Refusing(IReadOnlyCollection<Pod> pods) =>
        _budgets.Where(each => pods.Count(pod => Covers(each.Budget, pod) && pod.IsReady()) > each.Left).Select(each => each.Budget.Name).FirstOrDefault();

    static bool Covers(PodDisruptionBudget budget, Pod pod) =>
        budget.Namespace == pod.Namespace && budget.Spec.Selector is { } selector && selector.Matches(pod.Metadata.Labels);
}
