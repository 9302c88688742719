using System.Text.Json.Serialization.Metadata;
using Orchestrator.Model.Autoscaling;
using Orchestrator.Model.Certificates;
using Orchestrator.Model.Configuration;
using Orchestrator.Model.Gateways;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Nodes;
using Orchestrator.Model.Pods;
using Orchestrator.Model.Policies;
using Orchestrator.Model.Scheduling;
using Orchestrator.Model.Services;
using Orchestrator.Model.Storage;
using Orchestrator.Model.Workloads;

namespace Orchestrator.Model;

/// <summary>One kind of object: its names in manifests and on the command line, and its schema.</summary>
/// <param name="Plural">The name in lists and paths, in lower case.</param>
/// <param name="ShortNames">What people may type instead, such as <c>deploy</c>.</param>
/// <param name="Namespaced">Whether objects of this kind live in a namespace.</param>
/// <param name="UserWritten">Whether a manifest may hold one.</param>
public sealed record Kind(
    string ApiVersion, string Name, string Plural, IReadOnlyList<string> ShortNames, bool Namespaced, bool UserWritten, JsonTypeInfo Schema)
{
    public string Singular => Name.ToLowerInvariant();
}

/// <summary>All kinds there are.</summary>
public static class Kinds
{
    public static IReadOnlyList<Kind> All { get; } =
    [
        new("acme.cert-manager.io/v1", Challenge.KindName, "challenges", [], true, false, ModelJson.SchemaOf<Challenge>()),
        new("cert-manager.io/v1", ClusterIssuer.KindName, "clusterissuers", [], false, true, ModelJson.SchemaOf<ClusterIssuer>()),
        new("v1", ConfigMap.KindName, "configmaps", ["cm"], true, true, ModelJson.SchemaOf<ConfigMap>()),
        new("apps/v1", ControllerRevision.KindName, "controllerrevisions", [], true, false, ModelJson.SchemaOf<ControllerRevision>()),
        new("batch/v1", CronJob.KindName, "cronjobs", ["cj"], true, true, ModelJson.SchemaOf<CronJob>()),
        new("apps/v1", DaemonSet.KindName, "daemonsets", ["ds"], true, true, ModelJson.SchemaOf<DaemonSet>()),
        new("apps/v1", Deployment.KindName, "deployments", ["deploy"], true, true, ModelJson.SchemaOf<Deployment>()),
        new("discovery.k8s.io/v1", EndpointSlice.KindName, "endpointslices", ["endpoints", "ep"], true, true, ModelJson.SchemaOf<EndpointSlice>()),
        new("gateway.networking.k8s.io/v1", Gateway.KindName, "gateways", ["gtw"], true, true, ModelJson.SchemaOf<Gateway>()),
        new("autoscaling/v2", HorizontalPodAutoscaler.KindName, "horizontalpodautoscalers", ["hpa"], true, true, ModelJson.SchemaOf<HorizontalPodAutoscaler>()),
        new("gateway.networking.k8s.io/v1", HttpRoute.KindName, "httproutes", [], true, true, ModelJson.SchemaOf<HttpRoute>()),
        new("networking.k8s.io/v1", Services.Ingress.KindName, "ingresses", ["ing"], true, true, ModelJson.SchemaOf<Services.Ingress>()),
        new("metallb.io/v1beta1", IpAddressPool.KindName, "ipaddresspools", [], true, true, ModelJson.SchemaOf<IpAddressPool>()),
        new("batch/v1", Job.KindName, "jobs", [], true, true, ModelJson.SchemaOf<Job>()),
        new("v1", LimitRange.KindName, "limitranges", ["limits"], true, true, ModelJson.SchemaOf<LimitRange>()),
        new("v1", Meta.Namespace.KindName, "namespaces", ["ns"], false, true, ModelJson.SchemaOf<Meta.Namespace>()),
        new("networking.k8s.io/v1", NetworkPolicy.KindName, "networkpolicies", ["netpol"], true, true, ModelJson.SchemaOf<NetworkPolicy>()),
        new("v1", Node.KindName, "nodes", ["no"], false, true, ModelJson.SchemaOf<Node>()),
        new("v1", PersistentVolume.KindName, "persistentvolumes", ["pv"], false, false, ModelJson.SchemaOf<PersistentVolume>()),
        new("v1", PersistentVolumeClaim.KindName, "persistentvolumeclaims", ["pvc"], true, true, ModelJson.SchemaOf<PersistentVolumeClaim>()),
        new("v1", Pod.KindName, "pods", ["po"], true, true, ModelJson.SchemaOf<Pod>()),
        new("policy/v1", PodDisruptionBudget.KindName, "poddisruptionbudgets", ["pdb"], true, true, ModelJson.SchemaOf<PodDisruptionBudget>()),
        new("scheduling.x-k8s.io/v1alpha1", PodGroup.KindName, "podgroups", ["pg"], true, true, ModelJson.SchemaOf<PodGroup>()),
        new("scheduling.k8s.io/v1", PriorityClass.KindName, "priorityclasses", ["pc"], false, true, ModelJson.SchemaOf<PriorityClass>()),
        new("internal/v1", Record.KindName, "records", [], false, false, ModelJson.SchemaOf<Record>()),
        new("apps/v1", ReplicaSet.KindName, "replicasets", ["rs"], true, true, ModelJson.SchemaOf<ReplicaSet>()),
        new("v1", ResourceQuota.KindName, "resourcequotas", ["quota"], true, true, ModelJson.SchemaOf<ResourceQuota>()),
        new("v1", Secret.KindName, "secrets", [], true, true, ModelJson.SchemaOf<Secret>()),
        new("v1", Service.KindName, "services", ["svc"], true, true, ModelJson.SchemaOf<Service>()),
        new("storage.k8s.io/v1", StorageClass.KindName, "storageclasses", ["sc"], false, true, ModelJson.SchemaOf<StorageClass>()),
        new("apps/v1", StatefulSet.KindName, "statefulsets", ["sts"], true, true, ModelJson.SchemaOf<StatefulSet>()),
    ];

    static readonly Dictionary<string, Kind> ByName = All.ToDictionary(kind => kind.Name, StringComparer.Ordinal);

    /// <summary>The kind of exactly this name (<c>Deployment</c>), or null.</summary>
    public static Kind? Find(string name) => ByName.GetValueOrDefault(name);

    /// <summary>The kind a person means by <c>deployment</c>, <c>deployments</c> or <c>deploy</c>, in any case, or null.</summary>
    public static Kind? Named(string word) => All.FirstOrDefault(kind =>
        kind.Plural.Equals(word, StringComparison.OrdinalIgnoreCase)
        || kind.Name.Equals(word, StringComparison.OrdinalIgnoreCase)
        || kind.ShortNames.Contains(word, StringComparer.OrdinalIgnoreCase));
}
