using CsCheck;
using Orchestrator.Load.Running;

namespace Orchestrator.Load.Tests;

/// <summary>When requests arrive.</summary>
public sealed class StageTests
{
    static readonly Gen<Stage[]> Runs = Gen.Select(Gen.Double[0, 200], Gen.Double[1, 200], Gen.Double[0.1, 5], (from, to, seconds) => Stage.Ramp(from, to, seconds)).Array[1, 5];

    [Fact]
    public void A_steady_rate_has_its_requests_at_even_distances() =>
        Assert.Equal([0, 250, 500, 750, 1000, 1250], Stage.Schedule([Stage.Steady(4, 1.5)]).Select(arrival => arrival.TotalMilliseconds));

    [Fact]
    public void A_ramp_has_more_and_more_and_as_many_as_lie_below_its_line()
    {
        var arrivals = Stage.Schedule([Stage.Ramp(0, 100, 10)]).ToList();
        Assert.Equal(500, arrivals.Count);
        Assert.Equal(125, arrivals.Count(arrival => arrival < TimeSpan.FromSeconds(5)));
    }

    [Fact]
    public void What_a_stage_leaves_over_comes_in_the_next_one() => Assert.Equal(3, Stage.Schedule([Stage.Steady(1, 0.7), Stage.Steady(1, 0.7), Stage.Steady(1, 0.7)]).Count());

    [Fact]
    public void Arrivals_come_in_order_within_the_run_and_none_is_lost() => Runs.Sample(stages =>
    {
        var arrivals = Stage.Schedule(stages).ToList();
        Assert.Equal(arrivals.Order(), arrivals);
        Assert.All(arrivals, arrival => Assert.InRange(arrival, TimeSpan.Zero, stages.Aggregate(TimeSpan.Zero, (sum, stage) => sum + stage.Length) + TimeSpan.FromMilliseconds(1)));
        Assert.InRange(arrivals.Count - stages.Sum(stage => (stage.From + stage.To) / 2 * stage.Length.TotalSeconds), -1e-3, 1 + 1e-3);
    });

    [Fact]
    public void The_rate_at_a_moment_is_that_of_its_stage()
    {
        Stage[] stages = [Stage.Steady(50, 10), Stage.Ramp(50, 150, 10)];
        Assert.Equal([50, 100, 0], new[] { 5.0, 15, 25 }.Select(second => Stage.RateAt(stages, TimeSpan.FromSeconds(second))));
    }
}
