namespace Orchestrator.Model.Meta;

/// <summary>A room for names. Source: Kubernetes core/v1 Namespace.</summary>
public sealed record Namespace() : Resource<NamespaceSpec, NamespaceStatus>("v1", KindName)
{
    public const string KindName = "Namespace";

    /// <summary>The namespace of objects that don't name one.</summary>
    public const string Default = "default";

    /// <summary>The phase while its content is deleted.</summary>
    public const string Terminating = "Terminating";

    public bool IsBeingDeleted() => Metadata.DeletionTimestamp is not null;
}

public sealed record NamespaceSpec;

public sealed record NamespaceStatus
{
    public string? Phase { get; init; }
}
