using Orchestrator.Model.Meta;
using Orchestrator.Model.Schema;
using Orchestrator.Model.Values;

namespace Orchestrator.Model.Autoscaling;

/// <summary>What is looked at, and what it should be. Source: Kubernetes autoscaling/v2 MetricSpec.</summary>
[KnownUpstream("pods", "external")]
public sealed record MetricSpec
{
    public MetricType Type { get; init; }

    public ResourceMetric? Resource { get; init; }

    public ContainerResourceMetric? ContainerResource { get; init; }

    public ObjectMetric? Object { get; init; }
}

public enum MetricType
{
    /// <summary>Cpu or memory of the pods.</summary>
    Resource,

    /// <summary>Cpu or memory of one container of each pod.</summary>
    ContainerResource,

    /// <summary>A number of another object: the requests a second that come in through an Ingress.</summary>
    Object,
}

public sealed record ResourceMetric
{
    public string Name { get; init => field = value ?? ""; } = "";

    public MetricTarget Target { get; init => field = value ?? new(); } = new();
}

public sealed record ContainerResourceMetric
{
    public string Name { get; init => field = value ?? ""; } = "";

    public string Container { get; init => field = value ?? ""; } = "";

    public MetricTarget Target { get; init => field = value ?? new(); } = new();
}

public sealed record ObjectMetric
{
    /// <summary>The one metric there is of objects: the requests a second through an Ingress or an HTTPRoute, over all ingress hosts.</summary>
    public const string RequestsPerSecond = "requests-per-second";

    public CrossVersionObjectReference DescribedObject { get; init => field = value ?? new(); } = new();

    public MetricIdentifier Metric { get; init => field = value ?? new(); } = new();

    public MetricTarget Target { get; init => field = value ?? new(); } = new();

    /// <summary>The Ingress or HTTPRoute it is about.</summary>
    public ResourceKey Described(string @namespace) => new(DescribedObject.Kind, @namespace, DescribedObject.Name);
}

[KnownUpstream("selector")]
public sealed record MetricIdentifier
{
    public string Name { get; init => field = value ?? ""; } = "";
}

public sealed record MetricTarget
{
    public MetricTargetType Type { get; init; }

    /// <summary>Percent of what the pods request.</summary>
    public int? AverageUtilization { get; init; }

    /// <summary>For each pod.</summary>
    public Quantity? AverageValue { get; init; }

    /// <summary>For all together.</summary>
    public Quantity? Value { get; init; }
}

public enum MetricTargetType
{
    Utilization,
    AverageValue,
    Value,
}

/// <summary>What a metric is now.</summary>
public sealed record MetricStatus
{
    public MetricType Type { get; init; }

    public ResourceMetricStatus? Resource { get; init; }

    public ContainerResourceMetricStatus? ContainerResource { get; init; }

    public ObjectMetricStatus? Object { get; init; }
}

public sealed record ResourceMetricStatus
{
    public string Name { get; init => field = value ?? ""; } = "";

    public MetricValueStatus Current { get; init => field = value ?? new(); } = new();
}

public sealed record ContainerResourceMetricStatus
{
    public string Name { get; init => field = value ?? ""; } = "";

    public string Container { get; init => field = value ?? ""; } = "";

    public MetricValueStatus Current { get; init => field = value ?? new(); } = new();
}

public sealed record ObjectMetricStatus
{
    public CrossVersionObjectReference DescribedObject { get; init => field = value ?? new(); } = new();

    public MetricIdentifier Metric { get; init => field = value ?? new(); } = new();

    public MetricValueStatus Current { get; init => field = value ?? new(); } = new();
}

public sealed record MetricValueStatus
{
    public int? AverageUtilization { get; init; }

    public Quantity? AverageValue { get; init; }

    public Quantity? Value { get; init; }
}
