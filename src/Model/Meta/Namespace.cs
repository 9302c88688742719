using Orchestrator.Model.Values;

namespace Orchestrator.Model.Meta;

/// <summary>A room for names. Source: Kubernetes core/v1 Namespace.</summary>
public sealed record Namespace() : Resource<NamespaceSpec, NamespaceStatus>("v1", KindName)
{
    public const string KindName = "Namespace";

    /// <summary>The namespace of objects that don't name one.</summary>
    public const string Default = "default";

    /// <summary>The label that every namespace bears: its own name.</summary>
    public const string NameLabel = "kubernetes.io/metadata.name";

    /// <summary>The phase while its content is deleted.</summary>
    public const string Terminating = "Terminating";

    /// <summary>What selectors of namespaces see of the one of this name, also when nobody has made it.</summary>
    public static IReadOnlyDictionary<string, string> LabelsOf(string name, Namespace? made) =>
        new Dictionary<string, string>(made?.Metadata.Labels ?? Empty.Map) { [NameLabel] = name };

    public bool IsBeingDeleted() => Metadata.DeletionTimestamp is not null;
}

public sealed record NamespaceSpec;

public sealed record NamespaceStatus
{
    public string? Phase { get; init; }
}
