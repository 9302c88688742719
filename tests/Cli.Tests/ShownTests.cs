using Orchestrator.Cli.Connection;
using Orchestrator.Cli.Output;
using Orchestrator.Model;
using Orchestrator.Model.Meta;
using Orchestrator.Testing;

namespace Orchestrator.Cli.Tests;

/// <summary>How objects look, at a moment that stands still.</summary>
public sealed class ShownTests
{
    static readonly FixedClock Clock = new(Objects.Now);

    [Theory]
    [InlineData("wide", "tables.txt")]
    [InlineData("yaml", "list.yaml")]
    [InlineData("json", "list.json")]
    [InlineData("name", "names.txt")]
    public void Objects_of_all_kinds_in_one_form(string format, string file)
    {
        var groups = Objects.All.GroupBy(each => each.Kind).Select(group => (Kinds.Find(group.Key)!, (IReadOnlyList<Resource>)[.. group])).ToList(); // they are of known kinds
        Assert.Null(Golden.Difference(At(file), new Printer(Printer.Read(format), showNamespace: true, heads: true, Clock).Print(groups, single: false)));
    }

    [Fact]
    public void One_kind_is_a_table_with_plain_names()
    {
        var pods = Objects.All.Where(each => each.Kind == Model.Pods.Pod.KindName).ToList();
        Assert.Null(Golden.Difference(At("pods.txt"), new Printer(Format.Table, showNamespace: false, heads: true, Clock).Print(Kinds.Find(Model.Pods.Pod.KindName)!, pods, single: false))); // it is in the list
    }

    [Fact]
    public async Task Everything_worth_knowing_about_each_object()
    {
        await using var server = await FakeCluster.StartAsync(Objects.All);
        using var cluster = new ClusterConnection([new Uri($"http://{server.Address}")]);
        var descriptions = new List<string>();
        foreach (var each in Objects.All) descriptions.Add(await Description.OfAsync(each, cluster, Clock, CancellationToken.None));
        Assert.Null(Golden.Difference(At("descriptions.txt"), string.Join('\n', descriptions)));
    }

    static string At(string file) => RepoRoot.Below("tests", "Cli.Tests", "Golden", file);
}
