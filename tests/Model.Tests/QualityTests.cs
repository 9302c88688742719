using Orchestrator.Model.Pods;
using Orchestrator.Model.Values;

namespace Orchestrator.Model.Tests;

public sealed class QualityTests
{
    static readonly Quantity Node = Quantity.Parse("1000Mi");

    [Theory]
    [InlineData("", "", QosClass.BestEffort, 1000)]
    [InlineData("memory=100Mi", "", QosClass.Burstable, 900)]
    [InlineData("cpu=100m", "", QosClass.Burstable, 999)]
    [InlineData("memory=2000Mi", "", QosClass.Burstable, 3)]
    [InlineData("", "memory=100Mi", QosClass.Burstable, 900)]
    [InlineData("cpu=1,memory=100Mi", "cpu=1,memory=100Mi", QosClass.Guaranteed, -997)]
    [InlineData("", "cpu=1,memory=100Mi", QosClass.Guaranteed, -997)]
    [InlineData("cpu=500m", "cpu=1,memory=100Mi", QosClass.Burstable, 900)]
    public void Requests_and_limits_make_the_class_and_who_is_killed_first(string requests, string limits, QosClass expected, int score)
    {
        var container = new Container { Name = "main", Image = "x", Resources = new ResourceRequirements { Requests = Read(requests), Limits = Read(limits) } };
        var spec = new PodSpec { Containers = [container] };
        Assert.Equal(expected, Quality.Of(spec));
        Assert.Equal(score, Quality.OutOfMemoryScore(spec, container, Node));
    }

    [Fact]
    public void One_container_that_asks_for_nothing_makes_the_pod_burstable()
    {
        var full = new Container { Name = "a", Image = "x", Resources = new ResourceRequirements { Limits = Read("cpu=1,memory=1Mi") } };
        Assert.Equal(QosClass.Burstable, Quality.Of(new PodSpec { Containers = [full, new Container { Name = "b", Image = "x" }] }));
    }

    static Dictionary<string, Quantity> Read(string text) =>
        text.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(each => each.Split('=')).ToDictionary(pair => pair[0], pair => Quantity.Parse(pair[1]));
}
