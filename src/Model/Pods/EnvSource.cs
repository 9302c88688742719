using Orchestrator.Model.Schema;
using Orchestrator.Model.Values;

namespace Orchestrator.Model.Pods;

/// <summary>Where a variable's value comes from; exactly one is set. Source: Kubernetes core/v1 EnvVarSource.</summary>
[KnownUpstream("fileKeyRef")]
public sealed record EnvVarSource
{
    public ObjectFieldSelector? FieldRef { get; init; }

    public ResourceFieldSelector? ResourceFieldRef { get; init; }

    public KeySelector? ConfigMapKeyRef { get; init; }

    public KeySelector? SecretKeyRef { get; init; }
}

/// <summary>All content of a ConfigMap or a Secret as variables; keys that are no names of variables are left out.</summary>
public sealed record EnvFromSource
{
    /// <summary>Put in front of every name.</summary>
    public string? Prefix { get; init; }

    public ContentReference? ConfigMapRef { get; init; }

    public ContentReference? SecretRef { get; init; }
}

/// <summary>A ConfigMap or Secret of the pod's namespace.</summary>
public sealed record ContentReference
{
    public required string Name { get; init; }

    /// <summary>True lets the container start when it is missing.</summary>
    public bool Optional { get; init; }
}

/// <summary>A key of a ConfigMap or Secret of the pod's namespace.</summary>
public sealed record KeySelector
{
    public required string Name { get; init; }

    public required string Key { get; init; }

    /// <summary>True lets the container start when it is missing.</summary>
    public bool Optional { get; init; }
}

/// <summary>A field of the pod, such as <c>metadata.labels['app']</c> or <c>status.podIP</c>.</summary>
public sealed record ObjectFieldSelector
{
    [Default("\"v1\"")]
    public string ApiVersion { get; init => field = value ?? "v1"; } = "v1";

    public required string FieldPath { get; init; }
}

/// <summary>A resource of a container, such as <c>limits.memory</c>.</summary>
public sealed record ResourceFieldSelector
{
    /// <summary>The container; the one that the variable is of when null.</summary>
    public string? ContainerName { get; init; }

    public required string Resource { get; init; }

    /// <summary>What the amount is counted in: 1 core or 1 byte when null.</summary>
    public Quantity? Divisor { get; init; }
}
