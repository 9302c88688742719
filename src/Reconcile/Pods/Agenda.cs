namespace Orchestrator.Reconcile.Pods;

/// <summary>
/// Collects the steps of one decision and the earliest moment at which another becomes due.
/// </summary>
sealed class Agenda(DateTimeOffset now)
{
    readonly List<PodStep> _steps = [];

    public IReadOnlyList<PodStep> Steps => _steps;

    public DateTimeOffset? NextCheck { get; private set; }

    public DateTimeOffset Now => now;

    public void Do(PodStep step) => _steps.Add(step);

    public void DoAt(DateTimeOffset due, PodStep step)
    {
        if (due <= now)
            _steps.Add(step);
        else
            LookAt(due);
    }

    public void LookAt(DateTimeOffset time)
    {
        if (time > now && (NextCheck is null || time < NextCheck))
            NextCheck = time;
    }
}
