using Orchestrator.Model;
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

namespace Orchestrator.Manifests.Validation;

/// <summary>The rules that a schema can't say: what must hold between the fields of an object.</summary>
static class ObjectValidation
{
    public static IReadOnlyList<(string Path, string Message)> Check(Resource resource, Kind kind)
    {
        var findings = new Findings();
        Metadata(findings, resource, kind);
        switch (resource)
        {
            case Pod pod:
                PodValidation.Annotations(findings, "metadata", pod.Metadata);
                PodValidation.Spec(findings, "spec", pod.Spec);
                break;
            case Deployment deployment:
                WorkloadValidation.Deployment(findings, deployment);
                break;
            case ReplicaSet set:
                WorkloadValidation.ReplicaSet(findings, set.Spec);
                break;
            case ConfigMap map:
                ConfigurationValidation.ConfigMap(findings, map);
                break;
            case Secret secret:
                ConfigurationValidation.Secret(findings, secret);
                break;
            case PersistentVolumeClaim claim:
                VolumeValidation.Claim(findings, "spec", claim.Spec);
                break;
            case StatefulSet set:
                WorkloadValidation.StatefulSet(findings, set.Name, set.Spec);
                break;
            case DaemonSet set:
                WorkloadValidation.DaemonSet(findings, set.Spec);
                break;
            case Job job:
                findings.Require(job.Name.Length <= 63, "metadata.name", "must be at most 63 characters, as it is a label of the pods");
                BatchValidation.Job(findings, "spec", job.Spec);
                break;
            case CronJob cron:
                BatchValidation.CronJob(findings, cron.Name, cron.Spec);
                break;
            case Service service:
                ServiceValidation.Service(findings, service.Spec);
                break;
            case EndpointSlice slice:
                ServiceValidation.EndpointSlice(findings, slice);
                break;
            case Ingress ingress:
                ServiceValidation.Ingress(findings, ingress);
                break;
            case ClusterIssuer issuer:
                IssuerValidation.Check(findings, issuer.Spec);
                break;
            case IpAddressPool pool:
                ServiceValidation.Pool(findings, pool.Spec);
                break;
            case Gateway gateway:
                GatewayValidation.Gateway(findings, gateway.Spec);
                break;
            case HttpRoute route:
                HttpRouteValidation.Check(findings, route);
                break;
            case HorizontalPodAutoscaler autoscaler:
                AutoscalerValidation.Check(findings, autoscaler.Spec);
                break;
            case NetworkPolicy policy:
                PolicyValidation.NetworkPolicy(findings, policy.Spec);
                break;
            case PodDisruptionBudget or PodGroup or LimitRange or ResourceQuota:
                SchedulingValidation.Check(findings, resource);
                break;
            case StorageClass storageClass:
                VolumeValidation.Class(findings, storageClass);
                break;
            case PriorityClass or Node or Namespace:
                break; // their metadata is all there is to check
            default:
                throw new System.Diagnostics.UnreachableException($"no rules for {resource.Kind}");
        }

        return findings.All;
    }

    static void Metadata(Findings findings, Resource resource, Kind kind)
    {
        var metadata = resource.Metadata;
        if (metadata.Name.Length == 0) findings.Add("metadata.name", "is required");
        else if (resource is Service or Namespace) Names.Label(findings, "metadata.name", metadata.Name);
        else Names.Subdomain(findings, "metadata.name", metadata.Name);
        if (!kind.Namespaced) findings.Require(metadata.Namespace is null, "metadata.namespace", $"a {kind.Name} is in no namespace; leave it out");
        else if (metadata.Namespace is { } name) Names.Label(findings, "metadata.namespace", name);
        Names.Labels(findings, "metadata.labels", metadata.Labels);
    }
}
