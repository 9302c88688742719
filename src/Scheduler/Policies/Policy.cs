using Orchestrator.Scheduler.Asks;

namespace Orchestrator.Scheduler.Policies;

/// <summary>Which of the nodes that will do is best. Scores are comparable for one shape only.</summary>
abstract class Policy
{
    public abstract string Name { get; }

    /// <summary>The larger the better.</summary>
    public abstract uint Score(Fleet fleet, Shape shape, int node);

    /// <summary>Changes when what the scores rest on beside the node itself has changed.</summary>
    public virtual int VersionOf(Fleet fleet) => 0;
}
