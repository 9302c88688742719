using Orchestrator.Scheduler.Asks;

namespace Orchestrator.Scheduler.Policies;

/// <summary>Which of the nodes that will do is best. Scores are comparable for one shape only.</summary>
abstract class Policy
{
    public abstract string Name { get; }

    /// <summary>The larger the better; below 2^23.</summary>
    public abstract uint Score(Fleet fleet, Shape shape, int node);

    /// <summary>Changes when what the scores rest on beside the node itself has changed.</summary>
    public virtual int VersionOf(Fleet fleet) => 0;

    /// <summary>How dear the nodes of a kind are to the shape, 0 to 255; it weighs more than any score.</summary>
    public virtual int CostOf(Fleet fleet, Shape shape, int kind) => 0;
}
