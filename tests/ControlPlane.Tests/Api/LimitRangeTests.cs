using System.Text;
using Orchestrator.ControlPlane.Api;
using Orchestrator.ControlPlane.Scheduling;
using Orchestrator.Manifests;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Pods;
using Orchestrator.Model.Scheduling;
using Orchestrator.Model.State;
using Orchestrator.Model.Values;
using Orchestrator.Model.Workloads;
using Orchestrator.Testing;

namespace Orchestrator.ControlPlane.Tests.Api;

/// <summary>
/// Every file in LimitCases is a manifest whose objects are applied one after another; then the controllers do what they will. The file beside it says what becomes
/// of each.
/// </summary>
public sealed class LimitRangeTests
{
    static readonly string Folder = RepoRoot.Below("tests", "ControlPlane.Tests", "Api", "LimitCases");

    static readonly DateTimeOffset Now = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    static readonly Create Default = new(new Namespace { Metadata = new ObjectMeta { Name = "default", Uid = "default" } });

    public static TheoryData<string> Cases => [.. Directory.EnumerateFiles(Folder, "*.yaml").Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Applying_says(string name)
    {
        var text = new StringBuilder();
        var state = Foresight.Of(ClusterState.Empty, [Default], Now).State;
        foreach (var document in File.ReadAllText(Path.Combine(Folder, name)).Split("---\n"))
        {
            var read = ManifestReader.Read([new ManifestFile(name, document)]);
            Assert.Empty(read.Problems);
            var each = Assert.Single(read.Objects);
            var decision = Admission.Decide(state, [Encoding.UTF8.GetBytes(each.Written.ToJsonString())], static () => Guid.NewGuid().ToString());
            if (decision.Problems.Count > 0)
            {
                text.Append($"{each.Resource.Key} is refused\n");
                foreach (var problem in decision.Problems) text.Append($"  {problem.Path}: {problem.Message}\n");
                continue;
            }

            var step = Assert.Single(decision.Steps);
            text.Append($"{each.Resource.Key} is {step.Action.ToString().ToLowerInvariant()}\n");
            foreach (var warning in step.Warnings) text.Append($"  warning: {warning}\n");
            if (step.Resource is Pod pod) Show(text, pod);
            if (decision.Operations.Count > 0) state = Foresight.Of(state, decision.Operations, Now).State;
        }

        foreach (var set in state.All<ReplicaSet>(ReplicaSet.KindName))
        {
            var pods = state.All<Pod>(Pod.KindName).Where(pod => pod.Metadata.Controller()?.Uid == set.Metadata.Uid).ToList();
            text.Append($"the ReplicaSet of {set.Metadata.Controller()?.Name} has {pods.Count} of {set.Spec.Replicas} pods\n");
            foreach (var condition in set.Status.Conditions) text.Append($"  {condition.Type}: {condition.Reason}: {condition.Message}\n");
            if (pods.Count > 0) Show(text, pods[0]);
        }

        Assert.Null(Golden.Difference(Path.Combine(Folder, name + ".expected"), text.ToString()));
    }

    [Fact]
    public void The_limits_of_a_request_hold_for_the_pods_in_it()
    {
        var state = Foresight.Of(ClusterState.Empty, [Default], Now).State;
        var decision = Admission.Decide(state,
        [
            Encoding.UTF8.GetBytes("""{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","namespace":"default"},"spec":{"containers":[{"name":"main","image":"main:1"}]}}"""),
            Encoding.UTF8.GetBytes("""{"apiVersion":"v1","kind":"LimitRange","metadata":{"name":"l","namespace":"default"},"spec":{"limits":[{"type":"Container","default":{"cpu":"2"}}]}}"""),
        ], static () => "uid");
        Assert.Empty(decision.Problems);
        Assert.Equal(Quantity.Parse("2"), ((Pod)decision.Steps[0].Resource).Spec.Containers[0].Resources.Limits[ResourceNames.Cpu]);
    }

    static void Show(StringBuilder text, Pod pod)
    {
        foreach (var container in pod.Spec.InitContainers.Concat(pod.Spec.Containers))
            text.Append($"  {container.Name}: requests {Listed(container.Resources.Requests)}, limits {Listed(container.Resources.Limits)}\n");
        if (pod.Metadata.Annotations.TryGetValue(Limits.Annotation, out var said)) text.Append($"  {said}\n");
    }

    static string Listed(IReadOnlyDictionary<string, Quantity> amounts) =>
        amounts.Count == 0 ? "nothing" : string.Join(" ", amounts.OrderBy(each => each.Key, StringComparer.Ordinal).Select(each => $"{each.Key}={each.Value}"));
}
