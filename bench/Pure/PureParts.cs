using BenchmarkDotNet.Attributes;
using Orchestrator.Manifests;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Nodes;
using Orchestrator.Model.Pods;
using Orchestrator.Model.State;
using Orchestrator.Model.Values;
using Orchestrator.Scheduler;

namespace Orchestrator.Bench;

/// <summary>The pure parts that stand on hot paths.</summary>
public class PureParts
{
    const int Nodes = 100;
    const int Pods = 1000;

    ClusterState _cluster = ClusterState.Empty;
    IReadOnlyList<Pod> _pending = [];
    string _manifest = "";

    [GlobalSetup]
    public void SetUp()
    {
        var nodes = Enumerable.Range(0, Nodes).Select(i => new Node
        {
            Metadata = new ObjectMeta { Name = $"n{i:000}", Uid = $"n{i}" },
            Status = new NodeStatus
            {
                Allocatable = new Dictionary<string, Quantity> { ["cpu"] = Quantity.Parse("16"), ["memory"] = Quantity.Parse("64Gi"), ["pods"] = Quantity.Parse("110") },
                Conditions = [new Condition { Type = NodeConditions.Ready, Status = ConditionStatus.True }],
            },
        });
        _cluster = new Snapshot { Format = Snapshot.PresentFormat, Resources = [.. nodes] }.ToState();
        _pending = [.. Enumerable.Range(0, Pods).Select(APod)];
        _manifest = """
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: web, labels: {app: web}}
            spec:
              replicas: 3
              selector: {matchLabels: {app: web}}
              template:
                metadata: {labels: {app: web}}
                spec:
                  containers:
                    - name: web
                      image: web:1
                      ports: [{name: http, containerPort: 8080}]
                      resources: {requests: {cpu: 100m, memory: 16Mi}}
                      readinessProbe: {httpGet: {path: /, port: http}}
            """;
    }

    [Benchmark]
    public int Place_1000_pods_on_100_nodes() => Placement.Decide(_cluster, _pending).Count;

    [Benchmark]
    public long Apply_one_command() => StateMachine.Apply(_cluster, new Command("r", DateTimeOffset.UnixEpoch, "bench") { Operations = [new Create(_pending[0])] }).Next.Revision;

    [Benchmark]
    public int Read_a_deployment_manifest() => ManifestReader.Read([new ManifestFile("web.yaml", _manifest)]).Objects.Count;

    static Pod APod(int i) => new()
    {
        Metadata = new ObjectMeta { Name = $"p{i:0000}", Namespace = "default", Uid = $"p{i}" },
        Spec = new PodSpec
        {
            Containers =
            [
                new Container
                {
                    Name = "main",
                    Image = "busybox",
                    Resources = new ResourceRequirements { Requests = new Dictionary<string, Quantity> { ["cpu"] = Quantity.FromMillicores(100 + (i * 37 % 900)), ["memory"] = Quantity.Parse("256Mi") } },
                },
            ],
        },
    };
}
