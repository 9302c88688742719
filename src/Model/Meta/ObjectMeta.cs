using Orchestrator.Model.Schema;
using Orchestrator.Model.Values;

namespace Orchestrator.Model.Meta;

/// <summary>What every object carries about itself. Source: Kubernetes ObjectMeta.</summary>
[KnownUpstream("finalizers", "generateName", "managedFields", "selfLink")]
public sealed record ObjectMeta
{
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>The namespace, or null for a kind that has none.</summary>
    public string? Namespace { get; init; }

    public IReadOnlyDictionary<string, string> Labels { get; init => field = value ?? Empty.Map; } = Empty.Map;

    public IReadOnlyDictionary<string, string> Annotations { get; init => field = value ?? Empty.Map; } = Empty.Map;

    /// <summary>Distinguishes this object from an earlier or later one of the same name.</summary>
    [SystemWritten]
    public string? Uid { get; init; }

    /// <summary>The store's revision at which this object last changed, as decimal text. Null for an object that was never stored.</summary>
    public string? ResourceVersion { get; init; }

    /// <summary>Counts the changes of the spec, from 1.</summary>
    [SystemWritten]
    public long? Generation { get; init; }

    [SystemWritten]
    public DateTimeOffset? CreationTimestamp { get; init; }

    /// <summary>Set when deletion was asked for: the moment at which the grace ends.</summary>
    [SystemWritten]
    public DateTimeOffset? DeletionTimestamp { get; init; }

    [SystemWritten]
    public long? DeletionGracePeriodSeconds { get; init; }

    [MergeKey("uid")]
    public IReadOnlyList<OwnerReference> OwnerReferences { get; init => field = value ?? []; } = [];

    /// <summary>The resource version as a number; 0 for an object that was never stored.</summary>
    public long Revision() => long.TryParse(ResourceVersion, out var revision) ? revision : 0;

    /// <summary>The owner that controls this object, if any.</summary>
    public OwnerReference? Controller() => OwnerReferences.FirstOrDefault(owner => owner.Controller == true);
}

/// <summary>Names an object that this one belongs to: it goes when its owners are gone.</summary>
public sealed record OwnerReference
{
    public required string ApiVersion { get; init; }

    public required string Kind { get; init; }

    public required string Name { get; init; }

    public required string Uid { get; init; }

    /// <summary>True for the one owner that decides over this object.</summary>
    public bool? Controller { get; init; }

    public bool? BlockOwnerDeletion { get; init; }
}
