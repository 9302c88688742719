using System.Net;
using Orchestrator.Model.Configuration;
using Orchestrator.Model.Nodes;
using Orchestrator.Model.Pods;
using Orchestrator.Model.Scheduling;
using Orchestrator.Model.Services;
using Orchestrator.Model.State;
using Orchestrator.Model.Workloads;
using Orchestrator.Reconcile.Deployments;
using Orchestrator.Reconcile.Evictions;
using Orchestrator.Reconcile.Garbage;
using Orchestrator.Reconcile.ReplicaSets;
using Orchestrator.Reconcile.Services;

namespace Orchestrator.Reconcile;

/// <summary>Which reconciler looks at what. The leader's loop and the simulation both go by it.</summary>
public readonly record struct Work(Controller Controller, string Namespace, string Name)
{
    static readonly Work Cidrs = new(Controller.NodeCidrs, "", "");
    static readonly Work Evictions = new(Controller.Evictions, "", "");
    static readonly Work Leavings = new(Controller.Garbage, "", "");

    /// <summary>Everything there is to look at, for the start.</summary>
    public static IEnumerable<Work> All(ClusterState state) =>
    [
        .. state.All<Deployment>(Deployment.KindName).Select(each => new Work(Controller.Deployments, each.Namespace, each.Name)),
        .. state.All<ReplicaSet>(ReplicaSet.KindName).Select(each => new Work(Controller.ReplicaSets, each.Namespace, each.Name)),
        .. state.All<Service>(Service.KindName).Select(each => new Work(Controller.Endpoints, each.Namespace, each.Name)),
        Cidrs,
        Evictions,
        Leavings,
    ];

    /// <summary>What a change of one object may have an effect on.</summary>
    public static IEnumerable<Work> Concerned(Change change, ClusterState state)
    {
        var resource = (change.After ?? change.Before)!; // a change has at least one side
        if (change.After is null) yield return Leavings;
        switch (resource)
        {
            case Deployment:
                yield return new Work(Controller.Deployments, resource.Namespace, resource.Name);
                break;
            case ReplicaSet:
                yield return new Work(Controller.ReplicaSets, resource.Namespace, resource.Name);
                if (resource.Metadata.Controller() is { Kind: Deployment.KindName } deployment) yield return new Work(Controller.Deployments, resource.Namespace, deployment.Name);
                break;
            case Pod pod:
                if (Eviction.IsAsked(pod)) yield return Evictions;
                if (resource.Metadata.Controller() is { Kind: ReplicaSet.KindName } set)
                {
                    yield return new Work(Controller.ReplicaSets, resource.Namespace, set.Name);
                    if (state.Find<ReplicaSet>(ReplicaSet.KindName, resource.Namespace, set.Name)?.Metadata.Controller() is { Kind: Deployment.KindName } over)
                        yield return new Work(Controller.Deployments, resource.Namespace, over.Name); // whether pods crash is no part of their set's status
                }

                foreach (var service in state.In<Service>(Service.KindName, resource.Namespace)) yield return new Work(Controller.Endpoints, service.Namespace, service.Name);
                break;
            case Service:
                yield return new Work(Controller.Endpoints, resource.Namespace, resource.Name);
                break;
            case EndpointSlice { Service: { } owner }:
                yield return new Work(Controller.Endpoints, resource.Namespace, owner);
                break;
            case ConfigMap or Secret:
                foreach (var each in state.In<Deployment>(Deployment.KindName, resource.Namespace).Where(each => each.Spec.Template.Spec.References(each.Namespace).Contains(resource.Key)))
                    yield return new Work(Controller.Deployments, each.Namespace, each.Name);
                break;
            case LimitRange:
                foreach (var each in state.In<ReplicaSet>(ReplicaSet.KindName, resource.Namespace)) yield return new Work(Controller.ReplicaSets, each.Namespace, each.Name);
                break;
            case Node:
                yield return Cidrs;
                break;
        }
    }

    /// <summary>Lets the reconciler look.</summary>
    /// <param name="pods">The cluster's range of pods' addresses.</param>
    public Plan Decide(ClusterState state, DateTimeOffset now, Ids ids, IPNetwork pods) => Controller switch
    {
        Controller.Deployments => state.Find<Deployment>(Deployment.KindName, Namespace, Name) is { } deployment ? DeploymentReconciler.Reconcile(state, deployment, now, ids) : Plan.Nothing,
        Controller.ReplicaSets => state.Find<ReplicaSet>(ReplicaSet.KindName, Namespace, Name) is { } set ? ReplicaSetReconciler.Reconcile(state, set, now, ids) : Plan.Nothing,
        Controller.Endpoints => state.Find<Service>(Service.KindName, Namespace, Name) is { } service ? EndpointSliceReconciler.Reconcile(state, service, ids) : Plan.Nothing,
        Controller.Evictions => EvictionReconciler.Reconcile(state, now),
        Controller.NodeCidrs => Nodes.NodeCidrs.Reconcile(state, pods),
        Controller.Garbage => GarbageReconciler.Reconcile(state),
    };

    public override string ToString() => Name.Length == 0 ? Controller.ToString() : $"{Controller} {Namespace}/{Name}";
}

public enum Controller
{
    Deployments,
    ReplicaSets,
    Endpoints,
    NodeCidrs,
    Evictions,
    Garbage,
}
