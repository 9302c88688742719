using Orchestrator.Model.Meta;
using Orchestrator.Model.Schema;

namespace Orchestrator.Model.Autoscaling;

/// <summary>Keeps the number of a workload's pods at what its load asks for. Source: Kubernetes autoscaling/v2 HorizontalPodAutoscaler.</summary>
public sealed record HorizontalPodAutoscaler() : Resource<HorizontalPodAutoscalerSpec, HorizontalPodAutoscalerStatus>("autoscaling/v2", KindName)
{
    public const string KindName = "HorizontalPodAutoscaler";

    /// <summary>What is scaled.</summary>
    public ResourceKey Target() => new(Spec.ScaleTargetRef.Kind, Namespace, Spec.ScaleTargetRef.Name);
}

public sealed record HorizontalPodAutoscalerSpec
{
    public CrossVersionObjectReference ScaleTargetRef { get; init => field = value ?? new(); } = new();

    /// <summary>0 lets a workload without requests end; the ingress then holds the next request until a pod is ready.</summary>
    [Default("1")]
    public int? MinReplicas { get; init; }

    public int MaxReplicas { get; init; }

    /// <summary>The one that asks for most pods decides. Without any: 80 % of the requested cpu.</summary>
    public IReadOnlyList<MetricSpec> Metrics { get; init => field = value ?? []; } = [];

    public ScalingBehavior? Behavior { get; init; }
}

/// <summary>An object of the same namespace.</summary>
public sealed record CrossVersionObjectReference
{
    public string? ApiVersion { get; init; }

    public string Kind { get; init => field = value ?? ""; } = "";

    public string Name { get; init => field = value ?? ""; } = "";
}

/// <summary>How fast it goes up and down.</summary>
public sealed record ScalingBehavior
{
    public ScalingRules? ScaleUp { get; init; }

    public ScalingRules? ScaleDown { get; init; }
}

[KnownUpstream("tolerance")]
public sealed record ScalingRules
{
    /// <summary>For how long back the gentlest recommendation counts; by default 0 upwards and 300 downwards.</summary>
    public int? StabilizationWindowSeconds { get; init; }

    /// <summary>Which of several policies counts; by default the one that changes most.</summary>
    public ScalingPolicySelect? SelectPolicy { get; init; }

    /// <summary>By default upwards 4 pods or twice as many in 15 seconds, downwards everything at once.</summary>
    public IReadOnlyList<ScalingPolicy> Policies { get; init => field = value ?? []; } = [];
}

public enum ScalingPolicySelect
{
    Max,
    Min,

    /// <summary>Never in this direction.</summary>
    Disabled,
}

/// <summary>No more than this in so much time.</summary>
public sealed record ScalingPolicy
{
    public ScalingPolicyType Type { get; init; }

    public int Value { get; init; }

    public int PeriodSeconds { get; init; }
}

public enum ScalingPolicyType
{
    Pods,
    Percent,
}

public sealed record HorizontalPodAutoscalerStatus
{
    public long? ObservedGeneration { get; init; }

    public DateTimeOffset? LastScaleTime { get; init; }

    public int CurrentReplicas { get; init; }

    public int DesiredReplicas { get; init; }

    /// <summary>What the metrics were when the number was last decided on, in the order of the spec.</summary>
    public IReadOnlyList<MetricStatus> CurrentMetrics { get; init => field = value ?? []; } = [];

    [MergeKey("type")]
    public IReadOnlyList<Condition> Conditions { get; init => field = value ?? []; } = [];
}

/// <summary>The types of an autoscaler's conditions.</summary>
public static class AutoscalerConditions
{
    /// <summary>Whether there is something to scale.</summary>
    public const string AbleToScale = "AbleToScale";

    /// <summary>Whether the metrics say anything.</summary>
    public const string ScalingActive = "ScalingActive";

    /// <summary>Whether the bounds or the behavior hold it back.</summary>
    public const string ScalingLimited = "ScalingLimited";
}
