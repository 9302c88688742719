using System.Net;
using Orchestrator.Model.Configuration;
using Orchestrator.Model.Gateways;
using Orchestrator.Model.Nodes;
using Orchestrator.Model.Pods;
using Orchestrator.Model.Policies;
using Orchestrator.Model.Scheduling;
using Orchestrator.Model.Services;
using Orchestrator.Model.State;
using Orchestrator.Model.Storage;
using Orchestrator.Model.Workloads;
using Orchestrator.Model.Meta;
using Orchestrator.Reconcile.DaemonSets;
using Orchestrator.Reconcile.Dependencies;
using Orchestrator.Reconcile.Deployments;
using Orchestrator.Reconcile.Evictions;
using Orchestrator.Reconcile.Garbage;
using Orchestrator.Reconcile.Jobs;
using Orchestrator.Reconcile.Policies;
using Orchestrator.Reconcile.ReplicaSets;
using Orchestrator.Reconcile.Routes;
using Orchestrator.Reconcile.Services;
using Orchestrator.Reconcile.Volumes;
using Orchestrator.Reconcile.StatefulSets;

namespace Orchestrator.Reconcile;

/// <summary>Which reconciler looks at what. The leader's loop and the simulation both go by it.</summary>
public readonly record struct Work(Controller Controller, string Namespace, string Name)
{
    static readonly Work Cidrs = new(Controller.NodeCidrs, "", "");
    static readonly Work Evictions = new(Controller.Evictions, "", "");
    static readonly Work Ingresses = new(Controller.Ingresses, "", "");
    static readonly Work Gateways = new(Controller.Gateways, "", "");
    static readonly Work Balanced = new(Controller.LoadBalancers, "", "");
    static readonly Work Volumes = new(Controller.Volumes, "", "");
    static readonly Work Leavings = new(Controller.Garbage, "", "");

    /// <summary>Everything there is to look at, for the start.</summary>
    public static IEnumerable<Work> All(ClusterState state) =>
    [
        .. state.All<Deployment>(Deployment.KindName).Select(each => new Work(Controller.Deployments, each.Namespace, each.Name)),
        .. state.All<ReplicaSet>(ReplicaSet.KindName).Select(each => new Work(Controller.ReplicaSets, each.Namespace, each.Name)),
        .. state.All<StatefulSet>(StatefulSet.KindName).Select(each => new Work(Controller.StatefulSets, each.Namespace, each.Name)),
        .. state.All<DaemonSet>(DaemonSet.KindName).Select(each => new Work(Controller.DaemonSets, each.Namespace, each.Name)),
        .. state.All<Job>(Job.KindName).Select(each => new Work(Controller.Jobs, each.Namespace, each.Name)),
        .. state.All<CronJob>(CronJob.KindName).Select(each => new Work(Controller.CronJobs, each.Namespace, each.Name)),
        .. state.All<PersistentVolumeClaim>(PersistentVolumeClaim.KindName).Select(each => new Work(Controller.Claims, each.Namespace, each.Name)),
        .. state.All<Service>(Service.KindName).Select(each => new Work(Controller.Endpoints, each.Namespace, each.Name)),
        .. Policies(state, static _ => true),
        .. state.All<Pod>(Pod.KindName).Where(DependencyReconciler.Waits).Select(pod => Waiting(pod.Namespace)).Distinct(),
        Cidrs,
        Evictions,
        Ingresses,
        Gateways,
        Balanced,
        Volumes,
        Leavings,
    ];

    /// <summary>What a change of one object may have an effect on.</summary>
    public static IEnumerable<Work> Concerned(Change change, ClusterState state)
    {
        var resource = (change.After ?? change.Before)!; // a change has at least one side
        if (change.After is null) yield return Leavings;
        if (resource is Deployment or ReplicaSet or StatefulSet or DaemonSet or Job or EndpointSlice or Pod) yield return Waiting(resource.Namespace); // pods may wait for it
        switch (resource)
        {
            case Model.Meta.Namespace:
                yield return Leavings;
                yield return Gateways; // its labels open gateways
                foreach (var policy in Policies(state, static _ => true)) yield return policy; // its labels choose pods
                break;
            case Deployment:
                yield return new Work(Controller.Deployments, resource.Namespace, resource.Name);
                break;
            case ReplicaSet:
                yield return new Work(Controller.ReplicaSets, resource.Namespace, resource.Name);
                if (resource.Metadata.Controller() is { Kind: Deployment.KindName } deployment) yield return new Work(Controller.Deployments, resource.Namespace, deployment.Name);
                break;
            case StatefulSet:
                yield return new Work(Controller.StatefulSets, resource.Namespace, resource.Name);
                break;
            case DaemonSet:
                yield return new Work(Controller.DaemonSets, resource.Namespace, resource.Name);
                break;
            case Job:
                yield return new Work(Controller.Jobs, resource.Namespace, resource.Name);
                if (resource.Metadata.Controller() is { Kind: CronJob.KindName } maker) yield return new Work(Controller.CronJobs, resource.Namespace, maker.Name);
                break;
            case CronJob:
                yield return new Work(Controller.CronJobs, resource.Namespace, resource.Name);
                break;
            case Pod pod:
                if (ControllerOf(pod.Metadata.Controller()?.Kind) is { } kept) yield return new Work(kept, pod.Namespace, pod.Metadata.Controller()!.Name); // it has one
                if (Eviction.IsAsked(pod)) yield return Evictions;
                if (pod.Spec.NodeName is not null)
                    foreach (var claim in pod.Spec.Claims(pod.Namespace)) yield return new Work(Controller.Claims, claim.Namespace, claim.Name);
                if (resource.Metadata.Controller() is { Kind: ReplicaSet.KindName } set)
                {
                    yield return new Work(Controller.ReplicaSets, resource.Namespace, set.Name);
                    if (state.Find<ReplicaSet>(ReplicaSet.KindName, resource.Namespace, set.Name)?.Metadata.Controller() is { Kind: Deployment.KindName } over)
                        yield return new Work(Controller.Deployments, resource.Namespace, over.Name); // whether pods crash is no part of their set's status
                }

                if (IsElsewhere(change.Before as Pod, change.After as Pod))
                    foreach (var policy in Policies(state, each => NetworkPolicyReconciler.Concerns(state, each, pod) || (change.Before is Pod was && NetworkPolicyReconciler.Concerns(state, each, was)))) yield return policy;
                foreach (var service in state.In<Service>(Service.KindName, resource.Namespace).Where(service => service.Chooses(pod) || (change.Before is Pod was && service.Chooses(was))))
                    yield return new Work(Controller.Endpoints, service.Namespace, service.Name);
                break;
            case NetworkPolicy:
                yield return new Work(Controller.NetworkPolicies, resource.Namespace, resource.Name);
                break;
            case Ingress:
                yield return Ingresses;
                break;
            case Gateway or HttpRoute:
                yield return Gateways;
                break;
            case IpAddressPool:
                yield return Balanced;
                break;
            case Service:
                yield return Ingresses;
                yield return Gateways;
                if (HasPools(state)) yield return Balanced;
                yield return new Work(Controller.Endpoints, resource.Namespace, resource.Name);
                break;
            case EndpointSlice { Service: { } owner }:
                if (HasPools(state)) yield return Balanced;
                yield return new Work(Controller.Endpoints, resource.Namespace, owner);
                break;
            case PersistentVolumeClaim:
                yield return new Work(Controller.Claims, resource.Namespace, resource.Name);
                yield return Volumes;
                if (change.After is null)
                    foreach (var waiting in state.In<StatefulSet>(StatefulSet.KindName, resource.Namespace)) yield return new Work(Controller.StatefulSets, waiting.Namespace, waiting.Name); // a pod may wait for a new one
                break;
            case PersistentVolume { Spec.ClaimRef: { } bound }:
                yield return new Work(Controller.Claims, bound.Namespace, bound.Name);
                yield return Volumes;
                break;
            case ConfigMap or Secret:
                if (resource is Secret { Type: SecretTypes.Tls })
                {
                    yield return Ingresses;
                    yield return Gateways;
                }

                foreach (var each in Referring(state, resource)) yield return each;
                break;
            case LimitRange:
                foreach (var each in All(state).Where(each => each.Namespace == resource.Namespace && each.Controller is Controller.ReplicaSets or Controller.StatefulSets or Controller.DaemonSets or Controller.Jobs)) yield return each;
                break;
            case Node:
                yield return Cidrs;
                yield return Ingresses;
                yield return Gateways;
                if (HasPools(state)) yield return Balanced;
                foreach (var daemons in state.All<DaemonSet>(DaemonSet.KindName)) yield return new Work(Controller.DaemonSets, daemons.Namespace, daemons.Name);
                break;
        }
    }

    static bool HasPools(ClusterState state) => state.All<IpAddressPool>(IpAddressPool.KindName).Any();

    static Work Waiting(string @namespace) => new(Controller.Dependencies, @namespace, "");

    static Controller? ControllerOf(string? kind) => kind switch
    {
        StatefulSet.KindName => Controller.StatefulSets,
        DaemonSet.KindName => Controller.DaemonSets,
        Job.KindName => Controller.Jobs,
        _ => null,
    };

    static IEnumerable<Work> Policies(ClusterState state, Func<NetworkPolicy, bool> which) =>
        state.All<NetworkPolicy>(NetworkPolicy.KindName).Where(which).Select(each => new Work(Controller.NetworkPolicies, each.Namespace, each.Name));

    /// <summary>Whether something changed of what policies see of a pod.</summary>
    static bool IsElsewhere(Pod? before, Pod? after) => before?.Status.PodIp != after?.Status.PodIp || before?.IsTerminal() != after?.IsTerminal()
        || (before is not null && after is not null && !ReferenceEquals(before.Metadata.Labels, after.Metadata.Labels) && !before.Metadata.Labels.ToHashSet().SetEquals(after.Metadata.Labels));

    /// <summary>Whose pods refer to a ConfigMap or Secret.</summary>
    static IEnumerable<Work> Referring(ClusterState state, Resource content)
    {
        foreach (var each in state.In<Deployment>(Deployment.KindName, content.Namespace).Where(each => Refers(each.Spec.Template))) yield return new Work(Controller.Deployments, each.Namespace, each.Name);
        foreach (var each in state.In<StatefulSet>(StatefulSet.KindName, content.Namespace).Where(each => Refers(each.Spec.Template))) yield return new Work(Controller.StatefulSets, each.Namespace, each.Name);
        foreach (var each in state.In<DaemonSet>(DaemonSet.KindName, content.Namespace).Where(each => Refers(each.Spec.Template))) yield return new Work(Controller.DaemonSets, each.Namespace, each.Name);

        bool Refers(PodTemplate template) => template.Spec.References(content.Namespace).Contains(content.Key);
    }

    /// <summary>Lets the reconciler look.</summary>
    /// <param name="pods">The cluster's range of pods' addresses.</param>
    public Plan Decide(ClusterState state, DateTimeOffset now, Ids ids, IPNetwork pods) => Controller switch
    {
        Controller.Deployments => state.Find<Deployment>(Deployment.KindName, Namespace, Name) is { } deployment ? DeploymentReconciler.Reconcile(state, deployment, now, ids) : Plan.Nothing,
        Controller.ReplicaSets => state.Find<ReplicaSet>(ReplicaSet.KindName, Namespace, Name) is { } set ? ReplicaSetReconciler.Reconcile(state, set, now, ids) : Plan.Nothing,
        Controller.StatefulSets => state.Find<StatefulSet>(StatefulSet.KindName, Namespace, Name) is { } set ? StatefulSetReconciler.Reconcile(state, set, now, ids) : Plan.Nothing,
        Controller.DaemonSets => state.Find<DaemonSet>(DaemonSet.KindName, Namespace, Name) is { } set ? DaemonSetReconciler.Reconcile(state, set, now, ids) : Plan.Nothing,
        Controller.Jobs => state.Find<Job>(Job.KindName, Namespace, Name) is { } job ? JobReconciler.Reconcile(state, job, now, ids) : Plan.Nothing,
        Controller.CronJobs => state.Find<CronJob>(CronJob.KindName, Namespace, Name) is { } cron ? CronJobReconciler.Reconcile(state, cron, now, ids) : Plan.Nothing,
        Controller.Endpoints => state.Find<Service>(Service.KindName, Namespace, Name) is { } service ? EndpointSliceReconciler.Reconcile(state, service, ids) : Plan.Nothing,
        Controller.NetworkPolicies => state.Find<NetworkPolicy>(NetworkPolicy.KindName, Namespace, Name) is { } policy ? NetworkPolicyReconciler.Reconcile(state, policy) : Plan.Nothing,
        Controller.Claims => state.Find<PersistentVolumeClaim>(PersistentVolumeClaim.KindName, Namespace, Name) is { } claim ? ClaimReconciler.Reconcile(state, claim) : Plan.Nothing,
        Controller.Dependencies => DependencyReconciler.Reconcile(state, Namespace, now),
        Controller.Ingresses => IngressReconciler.Reconcile(state, now),
        Controller.Gateways => GatewayReconciler.Reconcile(state, now),
        Controller.LoadBalancers => LoadBalancerReconciler.Reconcile(state),
        Controller.Volumes => ClaimReconciler.Release(state),
        Controller.Evictions => EvictionReconciler.Reconcile(state, now),
        Controller.NodeCidrs => Nodes.NodeCidrs.Reconcile(state, pods),
        Controller.Garbage => GarbageReconciler.Reconcile(state),
    };

    public override string ToString() => Name.Length == 0 ? $"{Controller} {Namespace}".TrimEnd() : $"{Controller} {Namespace}/{Name}";
}

public enum Controller
{
    Deployments,
    ReplicaSets,
    StatefulSets,
    DaemonSets,
    Jobs,
    CronJobs,
    Endpoints,
    NetworkPolicies,
    NodeCidrs,
    Evictions,
    Claims,
    Dependencies,
    Ingresses,
    Gateways,
    LoadBalancers,
    Volumes,
    Garbage,
}
