using Orchestrator.Model.Meta;
using Orchestrator.Model.Pods;
using Orchestrator.Model.Values;

namespace Orchestrator.Model.Scheduling;

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

public sealed record LimitRangeItem
{
    public required LimitType Type { get; init; }

    public IReadOnlyDictionary<string, Quantity> Min { get; init => field = value ?? ResourceNames.None; } = ResourceNames.None;

    public IReadOnlyDictionary<string, Quantity> Max { get; init => field = value ?? ResourceNames.None; } = ResourceNames.None;

    /// <summary>The limit of a container that sets none; <see cref="Max"/> where this says nothing.</summary>
    public IReadOnlyDictionary<string, Quantity> Default { get; init => field = value ?? ResourceNames.None; } = ResourceNames.None;

    /// <summary>The request of a container that sets neither request nor limit; <see cref="Default"/>, then <see cref="Min"/>, where this says nothing.</summary>
    public IReadOnlyDictionary<string, Quantity> DefaultRequest { get; init => field = value ?? ResourceNames.None; } = ResourceNames.None;

    /// <summary>How many times its request a limit may be.</summary>
    public IReadOnlyDictionary<string, Quantity> MaxLimitRequestRatio { get; init => field = value ?? ResourceNames.None; } = ResourceNames.None;
}

public enum LimitType
{
    Container,
    Pod,
}
