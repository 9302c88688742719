using Orchestrator.Model.Meta;
using Orchestrator.Model.Nodes;
using Orchestrator.Reconcile.Nodes;

namespace Orchestrator.Reconcile.Tests.Nodes;

/// <summary>A node whose clock is another than the servers'.</summary>
public sealed class ClockSkewTests
{
    static readonly DateTimeOffset Now = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_beat_that_was_long_under_way_is_no_clock_that_is_behind()
    {
        var skew = new ClockSkew();
        foreach (var late in (double[])[9, 8, 7, 0.1]) Assert.Null(skew.Heard(Now, Now.AddSeconds(late)));
        Assert.Equal(TimeSpan.FromSeconds(-0.1), skew.Heard(Now, Now.AddSeconds(5)));
    }

    [Fact]
    public void A_clock_that_is_off_by_more_than_a_second_is_a_condition_of_the_node_until_it_is_right()
    {
        Assert.Null(ClockSkew.Told(Machine(), TimeSpan.FromSeconds(0.9), Now));
        var ahead = ClockSkew.Told(Machine(), TimeSpan.FromSeconds(12.34), Now)!; // far enough
        var condition = ahead.Status.Conditions.Find(NodeConditions.ClockSkewed)!; // it was put there
        Assert.Equal((ConditionStatus.True, "ClockIsOff"), (condition.Status, condition.Reason));
        Assert.Contains("12.3 s ahead of the servers'", condition.Message, StringComparison.Ordinal);
        Assert.Null(ClockSkew.Told(ahead, TimeSpan.FromSeconds(13), Now));
        Assert.False(ClockSkew.Told(ahead, TimeSpan.FromSeconds(-0.2), Now)!.Status.Conditions.IsTrue(NodeConditions.ClockSkewed));
        Assert.Empty(ahead.Taints());
    }

    static Node Machine() => new() { Metadata = new ObjectMeta { Name = "n1" } };
}
