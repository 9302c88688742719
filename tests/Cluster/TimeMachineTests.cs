using Orchestrator.Testing.Clusters;

namespace Orchestrator.Cluster;

/// <summary>Looking back and going back, on a cluster that runs.</summary>
[Collection(OnTheSharedCluster.Name)]
public sealed class TimeMachineTests(SharedCluster shared)
{
    TestCluster Cluster => shared.Cluster;

    [Fact]
    public async Task An_object_is_shown_as_it_was_with_who_changed_it_and_taken_back_there()
    {
        await Cluster.ApplyAsync(Given.Service("past"));
        var then = await RevisionAsync();
        await Cluster.ApplyAsync(Given.Service("past").Replace("port: 80", "port: 81", StringComparison.Ordinal));
        await Cluster.ApplyAsync(Given.Service("past-second"));

        foreach (var server in Cluster.Hosts)
        {
            Assert.Contains("port: 80\n", (await Cluster.TryOrchAtAsync(server, "get", "service", "past", "-o", "yaml", "--at", then)).Succeeded().Output, StringComparison.Ordinal);
            Assert.Contains("port: 81\n", (await Cluster.TryOrchAtAsync(server, "get", "service", "past", "-o", "yaml")).Succeeded().Output, StringComparison.Ordinal);
        }

        var diff = (await Cluster.OrchAsync("diff", "--from", then, "service/past")).Lines;
        Assert.Matches(@"^~ service/past changed by admin at \d{4}-\d\d-\d\d \d\d:\d\d:\d\d, revision \d+$", diff[0]);
        Assert.Equal(["    spec.ports[0].port: 80 -> 81"], diff.Skip(1));
        var history = (await Cluster.OrchAsync("history", "service/past")).Lines;
        Assert.Equal(["created", "81"], history.Skip(1).Select(line => line.Split(' ')[^1]));

        Assert.Equal(["service/past configured (dry run)", "    spec.ports[0].port: 81 -> 80"], (await Cluster.OrchAsync("rollback", "service/past", "--to", then, "--dry-run")).Lines);
        Assert.Equal("service/past configured", (await Cluster.OrchAsync("rollback", "service/past", "--to", then)).Lines[0]);
        Assert.Contains("port: 80\n", (await Cluster.OrchAsync("get", "service", "past", "-o", "yaml")).Output, StringComparison.Ordinal);
        Assert.Equal([$"nothing differs from revision {then}"], (await Cluster.OrchAsync("rollback", "service/past", "--to", then)).Lines);
        Assert.Equal(["service/past-second"], (await Cluster.OrchAsync("get", "service", "past-second", "-o", "name")).Lines);
    }

    [Fact]
    public async Task A_namespace_goes_back_as_a_whole_to_a_time_of_day()
    {
        const string Shop = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n---\n";
        string In(string manifest) => manifest.Replace("metadata:\n", "metadata:\n  namespace: shop\n", StringComparison.Ordinal);
        await Cluster.ApplyAsync(Shop + In(Given.Service("one")) + "\n---\n" + In(Given.Service("two")));
        var then = DateTimeOffset.Now;

        // The moment has to be over, on every server's clock, before anything else is written.
        await Cluster.HoldsAsync(() => Task.FromResult(DateTimeOffset.Now > then.AddSeconds(1.1)), "the next second");
        (await Cluster.TryOrchAsync("delete", "service", "one", "-n", "shop")).Succeeded();
        await Cluster.ApplyAsync(In(Given.Service("three")));
        var back = await Cluster.OrchAsync("rollback", "-n", "shop", "--to", then.AddSeconds(1).ToString("HH:mm:ss", System.Globalization.CultureInfo.InvariantCulture));
        Assert.Equal(["service/one created", "service/three deleted"], back.Lines.Take(2).Order(StringComparer.Ordinal));
        Assert.Equal(["service/one", "service/two"], (await Cluster.OrchAsync("get", "services", "-n", "shop", "-o", "name")).Lines);
    }

    [Fact]
    public async Task What_is_no_moment_and_what_is_still_to_come_is_said()
    {
        Assert.Contains("is no moment", (await Cluster.TryOrchAsync("get", "pods", "--at", "yesterday")).Error, StringComparison.Ordinal);
        Assert.Contains("There is no revision 999999999 yet", (await Cluster.TryOrchAsync("get", "pods", "--at", "999999999")).Error, StringComparison.Ordinal);
    }

    async Task<string> RevisionAsync() =>
        (await Cluster.OrchAsync("version", "-o", "json")).Lines.First(line => line.Contains("\"revision\"", StringComparison.Ordinal)).Split(':')[1].Trim(' ', ',');
}
