using Orchestrator.Model.Configuration;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Nodes;
using Orchestrator.Model.Pods;
using Orchestrator.Model.Services;
using Orchestrator.Model.Values;
using Orchestrator.Model.Workloads;

namespace Orchestrator.Cli.Tests;

/// <summary>A small cluster as it stands at one moment: one deployment with a healthy pod and one that crashes, on two nodes.</summary>
static class Objects
{
    public static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    static readonly Dictionary<string, string> Labels = new() { ["app"] = "web" };

    static readonly PodSpec Template = new()
    {
        Containers =
        [
            new Container
            {
                Name = "web",
                Image = "shop/web:1",
                Ports = [new ContainerPort { Port = 8080 }],
                Resources = new ResourceRequirements
                {
                    Requests = new Dictionary<string, Quantity> { [ResourceNames.Cpu] = Quantity.Parse("100m"), [ResourceNames.Memory] = Quantity.Parse("64Mi") },
                },
            },
        ],
    };

    public static IReadOnlyList<Resource> All =>
    [
        new Namespace { Metadata = Meta("default", null, TimeSpan.FromDays(10)) },
        Node("n1", ConditionStatus.True),
        Node("n2", ConditionStatus.Unknown) with { Spec = new NodeSpec { PodCidr = "10.244.2.0/24", Unschedulable = true, Taints = [new Taint { Key = "disk", Value = "old", Effect = TaintEffect.NoSchedule }] } },
        new Deployment
        {
            Metadata = Meta("web", "default", TimeSpan.FromHours(30)) with { Labels = Labels, Generation = 2 },
            Spec = new DeploymentSpec { Replicas = 2, Selector = new LabelSelector { MatchLabels = Labels }, Template = new PodTemplate { Metadata = new ObjectMeta { Labels = Labels }, Spec = Template } },
            Status = new DeploymentStatus
            {
                Replicas = 2, UpdatedReplicas = 2, ReadyReplicas = 1, AvailableReplicas = 1, UnavailableReplicas = 1, ObservedGeneration = 2,
                Conditions = [new Condition { Type = "Available", Status = ConditionStatus.False, Reason = "MinimumReplicasUnavailable", Message = "1 of 2 pods is available" }],
            },
        },
        new ReplicaSet
        {
            Metadata = Meta("web-5d4f", "default", TimeSpan.FromHours(30)) with { Labels = Labels, OwnerReferences = [Owner("Deployment", "web")], Annotations = new Dictionary<string, string> { [RolloutAnnotations.Revision] = "2" } },
            Spec = new ReplicaSetSpec { Replicas = 2, Selector = new LabelSelector { MatchLabels = Labels }, Template = new PodTemplate { Spec = Template } },
            Status = new ReplicaSetStatus { Replicas = 2, ReadyReplicas = 1 },
        },
        new ReplicaSet
        {
            Metadata = Meta("web-77cc", "default", TimeSpan.FromHours(31)) with
            {
                OwnerReferences = [Owner("Deployment", "web")],
                Annotations = new Dictionary<string, string> { [RolloutAnnotations.Revision] = "1", [RolloutAnnotations.ChangeCause] = "first try" },
            },
            Spec = new ReplicaSetSpec { Replicas = 0, Selector = new LabelSelector { MatchLabels = Labels }, Template = new PodTemplate { Metadata = new ObjectMeta { Labels = Labels }, Spec = Template with { Hostname = "old" } } },
        },
        Pod("web-5d4f-aaaaa", "n1", TimeSpan.FromMinutes(5) + TimeSpan.FromSeconds(7)) with
        {
            Status = new PodStatus
            {
                Phase = PodPhase.Running,
                HostIp = "192.168.0.1",
                PodIp = "10.244.1.2",
                Conditions = [new Condition { Type = PodConditions.Ready, Status = ConditionStatus.True }],
                ContainerStatuses = [new ContainerStatus { Name = "web", Ready = true, ImageId = "sha256:1234", State = new ContainerState { Running = new RunningState { StartedAt = Now.AddMinutes(-5) } } }],
            },
        },
        Pod("web-5d4f-bbbbb", "n2", TimeSpan.FromHours(3)) with
        {
            Status = new PodStatus
            {
                Phase = PodPhase.Running,
                HostIp = "192.168.0.2",
                PodIp = "10.244.2.2",
                Conditions = [new Condition { Type = PodConditions.Ready, Status = ConditionStatus.False, Reason = "ContainersNotReady", Message = "web is not ready" }],
                ContainerStatuses =
                [
                    new ContainerStatus
                    {
                        Name = "web",
                        RestartCount = 4,
                        State = new ContainerState { Waiting = new WaitingState { Reason = "CrashLoopBackOff", Message = "starts again in 40 s" } },
                        LastState = new ContainerState { Terminated = new TerminatedState { ExitCode = 137, Reason = "OOMKilled", FinishedAt = Now.AddSeconds(-40) } },
                    },
                ],
            },
        },
        new Service
        {
            Metadata = Meta("web", "default", TimeSpan.FromDays(400)),
            Spec = new ServiceSpec { ClusterIp = "10.96.12.34", Selector = Labels, Ports = [new ServicePort { Port = 80, TargetPort = 8080 }] },
        },
        new EndpointSlice
        {
            Metadata = Meta("web", "default", TimeSpan.FromDays(400)),
            Endpoints = [new Endpoint { Addresses = ["10.244.1.2"] }],
            Ports = [new EndpointPort { Port = 8080 }],
        },
        new Ingress
        {
            Metadata = Meta("web", "default", TimeSpan.FromSeconds(45)),
            Spec = new IngressSpec { Rules = [new IngressRule { Host = "shop.example" }, new IngressRule()] },
        },
        new ConfigMap
        {
            Metadata = Meta("settings", "default", TimeSpan.FromHours(5)),
            Data = new Dictionary<string, string> { ["level"] = "debug", ["app.conf"] = "port = 8080\nworkers = 4\n" },
            BinaryData = new Dictionary<string, string> { ["logo"] = "aGVsbG8=" },
        },
        new Secret { Metadata = Meta("login", "default", TimeSpan.FromHours(5)), Data = new Dictionary<string, string> { ["password"] = "aHVudGVyMg==" }, Immutable = true },
    ];

    /// <summary>The same without times, for programs that look at the real clock.</summary>
    public static IEnumerable<Resource> Timeless => All.Select(each => WithoutRestartTimes(each with { Metadata = each.Metadata with { CreationTimestamp = null } }));

    static Resource WithoutRestartTimes(Resource resource) => resource is not Pod pod ? resource : pod with
    {
        Status = pod.Status with { ContainerStatuses = [.. pod.Status.ContainerStatuses.Select(each => each with { LastState = new ContainerState() })] },
    };

    static Node Node(string name, ConditionStatus ready) => new()
    {
        Metadata = Meta(name, null, TimeSpan.FromDays(10)),
        Spec = new NodeSpec { PodCidr = "10.244.1.0/24" },
        Status = new NodeStatus
        {
            Allocatable = new Dictionary<string, Quantity> { [ResourceNames.Cpu] = Quantity.Parse("4"), [ResourceNames.Memory] = Quantity.Parse("8Gi"), [ResourceNames.Pods] = Quantity.Parse("110") },
            Conditions = [new Condition { Type = NodeConditions.Ready, Status = ready }],
            Addresses = [new NodeAddress { Type = NodeAddress.InternalIp, Address = $"192.168.0.{name[1]}" }],
            NodeInfo = new NodeInfo { AgentVersion = "0.1.0", OsImage = "Debian GNU/Linux 12", KernelVersion = "6.1.0" },
        },
    };

    static Pod Pod(string name, string node, TimeSpan age) => new()
    {
        Metadata = Meta(name, "default", age) with { Labels = Labels, OwnerReferences = [Owner("ReplicaSet", "web-5d4f")] },
        Spec = Template with { NodeName = node },
    };

    static OwnerReference Owner(string kind, string name) => new() { ApiVersion = "apps/v1", Kind = kind, Name = name, Uid = $"uid-{name}", Controller = true };

    static ObjectMeta Meta(string name, string? @namespace, TimeSpan age) => new()
    {
        Name = name, Namespace = @namespace, Uid = $"uid-{name}", ResourceVersion = "7", CreationTimestamp = Now - age,
    };
}
