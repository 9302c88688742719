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

/// <summary>Defaults and bounds of what one container or pod of a namespace may ask for. Source: Kubernetes core/v1 LimitRange.</summary>
public sealed record LimitRange() : Resource<LimitRangeSpec, LimitRangeStatus>("v1", KindName)
{
    public const string KindName = "LimitRange";
}

public sealed record LimitRangeSpec
{
    public IReadOnlyList<LimitRangeItem> Limits { get; init => field = value ?? []; } = [];
}

public sealed record LimitRangeStatus;

[KnownUpstream("maxLimitRequestRatio")]
public sealed record LimitRangeItem
{
    public required LimitType Type { get; init; }

    public IReadOnlyDictionary<string, Quantity> Min { get; init => field = value ?? ResourceNames.None; } = ResourceNames.None;

    public IReadOnlyDictionary<string, Quantity> Max { get; init => field = value ?? ResourceNames.None; } = ResourceNames.None;

    /// <summary>The limit of a container that sets none.</summary>
    public IReadOnlyDictionary<string, Quantity> Default { get; init => field = value ?? ResourceNames.None; } = ResourceNames.None;

    /// <summary>The request of a container that sets none.</summary>
    public IReadOnlyDictionary<string, Quantity> DefaultRequest { get; init => field = value ?? ResourceNames.None; } = ResourceNames.None;
}

public enum LimitType
{
    Container,
    Pod,
}
