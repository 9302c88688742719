using Orchestrator.Model.Meta;
using Orchestrator.Model.Pods;
using Orchestrator.Model.Services;
using Orchestrator.Model.State;
using Orchestrator.Model.Values;
using Orchestrator.Model.Workloads;

namespace Orchestrator.Simulation;

public sealed class ConvergenceTests
{
    public static TheoryData<int> SomeSeeds => [.. Enumerable.Range(1, 25)];

    [Theory]
    [MemberData(nameof(SomeSeeds))]
    public void A_deployment_gets_its_replicas_on_different_nodes_and_a_service_its_endpoints(int seed)
    {
        var cluster = Running(seed, nodes: 3, replicas: 3);
        Assert.Equal(["n1", "n2", "n3"], cluster.Ready.Select(pod => pod.Spec.NodeName!).Order());
        var endpoints = cluster.State.Find<EndpointSlice>(EndpointSlice.KindName, "default", "web-0")!;
        Assert.Equal(3, endpoints.Endpoints.Count(each => each.Conditions.Ready == true));
    }

    [Theory]
    [MemberData(nameof(SomeSeeds))]
    public void The_pods_of_a_lost_node_are_replaced_and_gone_when_it_comes_back(int seed)
    {
        var cluster = Running(seed, nodes: 3, replicas: 4);
        cluster.Kill("n2");
        cluster.Settle();
        Assert.Equal(4, cluster.Ready.Count);
        Assert.DoesNotContain(cluster.Ready, pod => pod.Spec.NodeName == "n2");
        cluster.Revive("n2");
        cluster.Settle();
        Assert.Equal(4, cluster.Pods.Count);
    }

    [Theory]
    [MemberData(nameof(SomeSeeds))]
    public void A_rollout_keeps_within_its_surge_and_its_unavailability(int seed)
    {
        var cluster = Running(seed, nodes: 3, replicas: 8);
        var (fewest, most) = (int.MaxValue, 0);
        cluster.Watched = state =>
        {
            var living = state.All<Pod>(Pod.KindName).Where(pod => !pod.IsBeingDeleted()).ToList();
            fewest = Math.Min(fewest, living.Count(pod => pod.IsReady()));
            most = Math.Max(most, living.Count);
        };
        var web = cluster.State.Find<Deployment>(Deployment.KindName, "default", "web")!;
        cluster.Write(new Update(web with { Spec = web.Spec with { Template = Template("web:2") } }));
        cluster.Settle();
        Assert.All(cluster.Ready, pod => Assert.Equal("web:2", pod.Spec.Containers[0].Image));
        Assert.Equal(8, cluster.Ready.Count);
        Assert.InRange(fewest, 6, 8);
        Assert.InRange(most, 8, 10);
    }

    [Theory]
    [MemberData(nameof(SomeSeeds))]
    public void Deleting_a_deployment_leaves_nothing_of_it(int seed)
    {
        var cluster = Running(seed, nodes: 2, replicas: 5);
        cluster.Write(new Delete(new ResourceKey(Deployment.KindName, "default", "web")));
        cluster.Settle();
        Assert.Empty(cluster.Pods);
        Assert.Empty(cluster.State.All<ReplicaSet>(ReplicaSet.KindName));
    }

    [Fact]
    public void The_same_seed_gives_the_same_cluster_to_the_last_byte() =>
        Assert.Equal(Model.ModelJson.Encode(Snapshot.Of(Running(7, 3, 5).State)), Model.ModelJson.Encode(Snapshot.Of(Running(7, 3, 5).State)));

    static SmallCluster Running(int seed, int nodes, int replicas)
    {
        var cluster = new SmallCluster(seed);
        cluster.Start(nodes);
        cluster.Write(new Create(new Deployment
        {
            Metadata = new ObjectMeta { Name = "web", Namespace = "default", Uid = "web" },
            Spec = new DeploymentSpec
            {
                Replicas = replicas,
                Selector = new LabelSelector { MatchLabels = new Dictionary<string, string> { ["app"] = "web" } },
                Template = Template("web:1"),
            },
        }));
        cluster.Write(new Create(new Service
        {
            Metadata = new ObjectMeta { Name = "web", Namespace = "default", Uid = "svc" },
            Spec = new ServiceSpec { Selector = new Dictionary<string, string> { ["app"] = "web" }, Ports = [new ServicePort { Port = 80 }] },
        }));
        cluster.Settle();
        return cluster;
    }

    static PodTemplate Template(string image) => new()
    {
        Metadata = new ObjectMeta { Labels = new Dictionary<string, string> { ["app"] = "web" } },
        Spec = new PodSpec { Containers = [new Container { Name = "web", Image = image }] },
    };
}
