using Microsoft.AspNetCore.Http;
using Orchestrator.Contracts;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Model;

namespace Orchestrator.Ingress.Tests;

/// <summary>Which pod a request goes to where not all are alike.</summary>
public sealed class SharesTests
{
    readonly Shares _share = new(new Random(1).Next);

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
    public void Services_get_their_weights_of_the_requests_and_one_without_pods_leaves_its_to_the_others()
    {
        const int Requests = 20_000;
        DestinationState[] pods = [Pod("a-1", 0, group: 0, weight: 90), Pod("a-2", 50, group: 0, weight: 90), Pod("b-1", 0, group: 2, weight: 10), Pod("b-2", 0, group: 2, weight: 10)];
        var picked = Enumerable.Range(0, Requests).Select(_ => Pick(pods)!.DestinationId).CountBy(id => id).ToDictionary(each => each.Key, each => 100.0 * each.Value / Requests);
        Assert.InRange(picked["a-1"], 43, 47);
        Assert.InRange(picked["a-2"], 43, 47);
        Assert.InRange(picked["b-1"] + picked["b-2"], 9, 11);
        Assert.Equal("b-1", Pick(pods[2])!.DestinationId);
    }

    [Fact]
    public void Of_two_the_less_busy_one_is_taken()
    {
        var (busy, idle) = (Pod("busy", 0), Pod("idle", 0));
        busy.ConcurrentRequestCount = 100;
        Assert.InRange(Enumerable.Range(0, 1000).Count(_ => Pick(busy, idle) == idle), 700, 800); // three of four pairs have it
    }

    DestinationState? Pick(params DestinationState[] pods) => _share.PickDestination(new DefaultHttpContext(), new ClusterState("web"), pods);

    static DestinationState Pod(string name, int percent, int group = 0, int weight = 0) =>
        new(name, new DestinationModel(new DestinationConfig { Address = "http://10.244.0.2/", Metadata = Shares.MetadataOf(new Destination { CanaryPercent = percent, Group = group, Weight = weight }) }));
}
