using Orchestrator.Model.Nodes;
using Orchestrator.Model.Pods;
using Orchestrator.Model.Scheduling;
using Orchestrator.Model.Services;
using Orchestrator.Model.State;
using Orchestrator.Model.Workloads;

namespace Orchestrator.ControlPlane.Controllers;

/// <summary>Which reconciler looks at what.</summary>
readonly record struct Work(Controller Controller, string Namespace, string Name)
{
    static readonly Work Cidrs = new(Controller.NodeCidrs, "", "");
    static readonly Work Garbage = new(Controller.Garbage, "", "");

    /// <summary>Everything there is to look at, for the start.</summary>
    public static IEnumerable<Work> All(ClusterState state) =>
    [
        .. state.All<Deployment>(Deployment.KindName).Select(each => new Work(Controller.Deployments, each.Namespace, each.Name)),
        .. state.All<ReplicaSet>(ReplicaSet.KindName).Select(each => new Work(Controller.ReplicaSets, each.Namespace, each.Name)),
        .. state.All<Service>(Service.KindName).Select(each => new Work(Controller.Endpoints, each.Namespace, each.Name)),
        Cidrs,
        Garbage,
    ];

    /// <summary>What a change of one object may have an effect on.</summary>
    public static IEnumerable<Work> Concerned(Change change, ClusterState state)
    {
        var resource = (change.After ?? change.Before)!; // a change has at least one side
        if (change.After is null) yield return Garbage;
        switch (resource)
        {
            case Deployment:
                yield return new Work(Controller.Deployments, resource.Namespace, resource.Name);
                break;
            case ReplicaSet:
                yield return new Work(Controller.ReplicaSets, resource.Namespace, resource.Name);
                if (resource.Metadata.Controller() is { Kind: Deployment.KindName } deployment) yield return new Work(Controller.Deployments, resource.Namespace, deployment.Name);
                break;
            case Pod:
                if (resource.Metadata.Controller() is { Kind: ReplicaSet.KindName } set) yield return new Work(Controller.ReplicaSets, resource.Namespace, set.Name);
                foreach (var service in state.In<Service>(Service.KindName, resource.Namespace)) yield return new Work(Controller.Endpoints, service.Namespace, service.Name);
                break;
            case Service:
                yield return new Work(Controller.Endpoints, resource.Namespace, resource.Name);
                break;
            case EndpointSlice { Service: { } owner }:
                yield return new Work(Controller.Endpoints, resource.Namespace, owner);
                break;
            case LimitRange:
                foreach (var each in state.In<ReplicaSet>(ReplicaSet.KindName, resource.Namespace)) yield return new Work(Controller.ReplicaSets, each.Namespace, each.Name);
                break;
            case Node:
                yield return Cidrs;
                break;
        }
    }

    public override string ToString() => Name.Length == 0 ? Controller.ToString() : $"{Controller} {Namespace}/{Name}";
}

enum Controller
{
    Deployments,
    ReplicaSets,
    Endpoints,
    NodeCidrs,
    Garbage,
}
