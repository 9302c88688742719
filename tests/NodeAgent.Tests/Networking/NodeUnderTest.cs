using Microsoft.Extensions.Logging.Abstractions;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Pods;
using Orchestrator.NodeAgent.Networking;
using Orchestrator.NodeAgent.Networking.Policies;
using Orchestrator.NodeAgent.Networking.Services;
using Orchestrator.NodeAgent.Tests.Machine;

namespace Orchestrator.NodeAgent.Tests.Networking;

sealed record PodOnNode(string Name, string Network, string Address);

/// <summary>A namespace that plays a machine, with pods that answer and the filters that services and policies make.</summary>
sealed class NodeUnderTest
{
    static readonly AddressRange Range = AddressRange.Parse("10.244.1.0/24");

    readonly TemporaryDirectory _directory;
    readonly NodeNetwork _network;
    readonly ServiceMaps _maps;
    readonly PolicyFilter _policies;
    readonly List<IDisposable> _made;
    readonly string _name;
    NetworkObjects _objects = NetworkObjects.Empty;

    NodeUnderTest(TemporaryDirectory directory, string name, Host host, PolicyFilter policies, List<IDisposable> made)
    {
        (_directory, _name, Host, _policies, _made) = (directory, name, host, policies, made);
        _network = new NodeNetwork(host.Namespace, new AddressPool(directory[name + "-addresses"]), "orch0");
        _maps = new ServiceMaps(host.Namespace, name, NullLogger.Instance);
    }

    public Host Host { get; }

    public static async Task<NodeUnderTest> MakeAsync(TemporaryDirectory directory, string name, List<IDisposable> made)
    {
        Host host = new(directory, name);
        made.Add(host);
        PolicyFilter policies = new(host.Namespace, TimeProvider.System, NullLogger.Instance);
        made.Add(policies);
        NodeUnderTest node = new(directory, name, host, policies, made);
        Assert.Empty(await node._network.ConfigureAsync(new ClusterNetwork(AddressRange.Parse("10.244.0.0/16"), Range, []), CancellationToken.None));
        await policies.RestoreAsync([], CancellationToken.None);
        await node.SetAsync();
        return node;
    }

    /// <summary>A pod with a server on port 8080.</summary>
    public PodOnNode Pod(string name)
    {
        var pod = new PodNamespaces(_directory[$"{_name}-{name}"]);
        pod.Make(name, hostNetwork: false);
        var address = _network.Attach(name, pod, Range);
        _made.Add(new Gone(pod));
        _made.Add(new PodServer(name, pod, 8080));
        return new PodOnNode(name, pod.Network, address.ToString());
    }

    /// <summary>The same, for policies to select by its label <c>app</c>, which is its name.</summary>
    public async Task<PodOnNode> AdmittedAsync(string name)
    {
        var pod = Pod(name);
        await _policies.AdmitAsync(Labelled(name), pod.Address, CancellationToken.None);
        return pod;
    }

    public static Pod Labelled(string name) => new()
    {
        Metadata = new ObjectMeta { Name = name, Namespace = "default", Uid = name, Labels = new Dictionary<string, string> { ["app"] = name } },
        Spec = new PodSpec { Containers = [new Container { Name = "main", Image = "main", Ports = [new ContainerPort { Name = "http", Port = 8080 }] }] },
    };

    public async Task SetAsync(params Resource[] resources)
    {
        HashSet<ServiceName> touched = [];
        _objects = resources.Aggregate(_objects, (known, each) => known.With(each, touched));
        await _policies.SetAsync(_objects.Policies.Values, CancellationToken.None);
        await _maps.SetAsync(_objects, touched, CancellationToken.None);
    }

    public async Task RemoveAsync(Resource resource)
    {
        _objects = _objects.Without(resource.Kind, resource.Namespace, resource.Name, new HashSet<ServiceName>());
        await _policies.SetAsync(_objects.Policies.Values, CancellationToken.None);
    }

    sealed class Gone(PodNamespaces pod) : IDisposable
    {
        public void Dispose() => pod.Remove();
    }
}
