using Orchestrator.Scheduler.Asks;

namespace Orchestrator.Scheduler.Policies;

/// <summary>The fullest node is best.</summary>
sealed class BinPack : Policy
{
    public override string Name => Profiles.BinPack;

    public override uint Score(Fleet fleet, Shape shape, int node) => Fullness.After(fleet, shape.Ask, node);
}
