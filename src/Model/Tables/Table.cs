using Orchestrator.Model.Meta;

namespace Orchestrator.Model.Tables;

/// <summary>What a list of objects shows of each: kubectl's columns wherever it has them.</summary>
/// <param name="Wide">Shown only when a wide table is asked for.</param>
public sealed record Column(string Name, Func<Resource, DateTimeOffset, string> Cell, bool Wide = false);

/// <summary>The columns of each kind.</summary>
public static class Table
{
    const string None = "<none>";

    /// <summary>The columns of a kind, the wide ones included.</summary>
    public static IReadOnlyList<Column> Of(Kind kind) => [Name, .. Own(kind), .. Wide(kind)];

    static readonly Column Name = new("NAME", static (resource, _) => resource.Name);

    static readonly Column Age = new("AGE", static (resource, now) =>
        resource.Metadata.CreationTimestamp is { } created ? Durations.Text(now - created) : "<unknown>");

    static IReadOnlyList<Column> Own(Kind kind) => kind.Name switch
    {
        Pods.Pod.KindName => [.. PodColumns.Own, Age],
        Workloads.Deployment.KindName => [.. WorkloadColumns.Deployment, Age],
        Workloads.StatefulSet.KindName => [.. WorkloadColumns.StatefulSet, Age],
        Workloads.DaemonSet.KindName => [.. WorkloadColumns.DaemonSet, Age],
        Workloads.ControllerRevision.KindName => [.. WorkloadColumns.Revision, Age],
        Workloads.Job.KindName => [.. BatchColumns.Job, Age],
        Workloads.CronJob.KindName => [.. BatchColumns.CronJob, Age],
        Workloads.ReplicaSet.KindName => [.. WorkloadColumns.ReplicaSet, Age],
        Autoscaling.HorizontalPodAutoscaler.KindName => [.. AutoscalerColumns.Own, Age],
        Configuration.ConfigMap.KindName => [ConfigurationColumns.ConfigMapData, Age],
        Storage.PersistentVolumeClaim.KindName => [StorageColumns.ClaimStatus, StorageColumns.ClaimVolume, StorageColumns.ClaimCapacity, StorageColumns.ClaimModes, Age],
        Storage.StorageClass.KindName => [StorageColumns.ClassProvisioner, StorageColumns.ClassPolicy, StorageColumns.ClassBinding, Age],
        Storage.PersistentVolume.KindName => [StorageColumns.VolumeCapacity, StorageColumns.VolumeModes, StorageColumns.VolumePolicy, StorageColumns.VolumeStatus, StorageColumns.VolumeClaim, Age],
        Certificates.ClusterIssuer.KindName => [new Column("READY", static (resource, _) => ((Certificates.ClusterIssuer)resource).Status.Conditions.Find(Certificates.ClusterIssuerStatus.Ready)?.Status.ToString() ?? ""), Age],
        Configuration.Secret.KindName => [ConfigurationColumns.SecretType, ConfigurationColumns.SecretData, Age],
        Services.Service.KindName => [ServiceColumns.Type, ServiceColumns.ClusterIp, ServiceColumns.ExternalIp, ServiceColumns.Ports, Age],
        Services.EndpointSlice.KindName => [ServiceColumns.Addresses, Age],
        Services.Ingress.KindName => [ServiceColumns.Class, ServiceColumns.Hosts, ServiceColumns.Address, ServiceColumns.WebPorts, Age],
        Gateways.Gateway.KindName => [GatewayColumns.Class, GatewayColumns.Address, GatewayColumns.Programmed, Age],
        Gateways.HttpRoute.KindName => [GatewayColumns.Hostnames, Age],
        Services.IpAddressPool.KindName => [new Column("AUTO ASSIGN", static (resource, _) => ((Services.IpAddressPool)resource).Spec.AutoAssign ? "true" : "false"), new Column("ADDRESSES", static (resource, _) => string.Join(',', ((Services.IpAddressPool)resource).Spec.Addresses)), Age],
        Policies.NetworkPolicy.KindName => [PolicyColumns.PodSelector, Age],
        Nodes.Node.KindName => [.. NodeColumns.Own, Age, NodeColumns.Version],
        Meta.Namespace.KindName => [new Column("STATUS", static (resource, _) => ((Meta.Namespace)resource).Status.Phase ?? "Active"), Age],
        _ => [Age],
    };

    static IReadOnlyList<Column> Wide(Kind kind) => kind.Name switch
    {
        Pods.Pod.KindName => PodColumns.Wide,
        Workloads.Deployment.KindName => WorkloadColumns.WideDeployment,
        Workloads.StatefulSet.KindName => WorkloadColumns.WideTemplate(static resource => ((Workloads.StatefulSet)resource).Spec.Template),
        Workloads.DaemonSet.KindName => WorkloadColumns.WideTemplate(static resource => ((Workloads.DaemonSet)resource).Spec.Template),
        Workloads.Job.KindName => WorkloadColumns.WideTemplate(static resource => ((Workloads.Job)resource).Spec.Template),
        Workloads.CronJob.KindName => WorkloadColumns.WideTemplate(static resource => ((Workloads.CronJob)resource).Spec.JobTemplate.Spec.Template),
        Services.Service.KindName => [ServiceColumns.Selector],
        Nodes.Node.KindName => NodeColumns.Wide,
        _ => [],
    };

    internal static string OrNone(string? text) => string.IsNullOrEmpty(text) ? None : text;

    internal static string Pairs(IReadOnlyDictionary<string, string> pairs) =>
        OrNone(string.Join(',', pairs.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key}={pair.Value}")));
}
