using Orchestrator.Model.Meta;
using Orchestrator.Model.Pods;
using Orchestrator.Model.Schema;
using Orchestrator.Model.Values;

namespace Orchestrator.Model.Scheduling;

/// <summary>The most that the pods of a namespace may ask for together. Source: Kubernetes core/v1 ResourceQuota.</summary>
public sealed record ResourceQuota() : Resource<ResourceQuotaSpec, ResourceQuotaStatus>("v1", KindName)
{
    public const string KindName = "ResourceQuota";
}

[KnownUpstream("scopes", "scopeSelector")]
public sealed record ResourceQuotaSpec
{
    /// <summary>By name: pods, cpu, requests.memory, limits.cpu, requests.nvidia.com/gpu and so on.</summary>
    public IReadOnlyDictionary<string, Quantity> Hard { get; init => field = value ?? ResourceNames.None; } = ResourceNames.None;
}

[KnownUpstream("hard", "used")]
public sealed record ResourceQuotaStatus;
