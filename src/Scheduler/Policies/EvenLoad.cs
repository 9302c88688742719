using Orchestrator.Scheduler.Asks;

namespace Orchestrator.Scheduler.Policies;

/// <summary>The emptiest node is best.</summary>
sealed class EvenLoad : Policy
{
    public override string Name => Profiles.Spread;

    public override uint Score(Fleet fleet, Shape shape, int node) => Fullness.Whole - Fullness.After(fleet, shape.Ask, node);
}

/// <summary>How full a node would be with a pod on it.</summary>
static class Fullness
{
    public const uint Whole = (1u << 23) - 1;

    /// <summary>The mean share of cpu, memory and devices that is taken, in parts of <see cref="Whole"/>.</summary>
    public static uint After(Fleet fleet, in Ask ask, int node)
    {
        var at = node * fleet.Stride;
        double sum = 0;
        var count = 0;
        foreach (var column in (ReadOnlySpan<int>)[Amounts.Cpu, Amounts.Memory, Amounts.Gpu])
        {
            var whole = fleet.Allocatable[at + column];
            if (whole <= 0) continue;
            sum += Math.Clamp((double)(whole - fleet.Free[at + column] + ask.Values[column]) / whole, 0, 1);
            count++;
        }

        return count == 0 ? 0 : (uint)(sum / count * Whole);
    }
}
