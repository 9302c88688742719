using Microsoft.AspNetCore.Http;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Model;

namespace Orchestrator.Ingress.Tests;

/// <summary>Which pod a request goes to while a new revision is tried.</summary>
public sealed class CanaryShareTests
{
    readonly CanaryShare _share = new(new Random(1).Next);

    [Theory]
    [InlineData(10, 1, 9)]
    [InlineData(10, 3, 2)]
    [InlineData(50, 1, 20)]
    [InlineData(1, 1, 1)]
    public void A_canary_gets_its_share_of_the_requests_however_many_pods_there_are_of_either(int percent, int canaries, int others)
    {
        const int Requests = 20_000;
        DestinationState[] pods = [.. Enumerable.Range(0, canaries).Select(number => Pod($"new-{number}", percent)), .. Enumerable.Range(0, others).Select(number => Pod($"old-{number}", 0))];
        var picked = Enumerable.Range(0, Requests).Select(_ => Pick(pods)!.DestinationId).CountBy(id => id).ToDictionary();
        Assert.Equal(pods.Length, picked.Count);
        var share = 100.0 * picked.Where(each => each.Key.StartsWith("new", StringComparison.Ordinal)).Sum(each => each.Value) / Requests;
        Assert.InRange(share, percent - 1, percent + 1);
    }

    [Fact]
    public void Where_there_is_only_one_kind_it_serves_all()
    {
        Assert.Equal("new", Pick(Pod("new", 5))!.DestinationId);
        Assert.Equal("old", Pick(Pod("old", 0))!.DestinationId);
        Assert.Null(Pick());
    }

    [Fact]
    public void Of_two_the_less_busy_one_is_taken()
    {
        var (busy, idle) = (Pod("busy", 0), Pod("idle", 0));
        busy.ConcurrentRequestCount = 100;
        Assert.InRange(Enumerable.Range(0, 1000).Count(_ => Pick(busy, idle) == idle), 700, 800); // three of four pairs have it
    }

    DestinationState? Pick(params DestinationState[] pods) => _share.PickDestination(new DefaultHttpContext(), new ClusterState("web"), pods);

    static DestinationState Pod(string name, int percent) =>
        new(name, new DestinationModel(new DestinationConfig { Address = "http://10.244.0.2/", Metadata = percent > 0 ? CanaryShare.MetadataOf(percent) : null }));
}
