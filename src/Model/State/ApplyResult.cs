using System.Text.Json.Serialization;
using Orchestrator.Model.Meta;

namespace Orchestrator.Model.State;

/// <summary>How a command ended.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "result")]
[JsonDerivedType(typeof(Applied), "applied")]
[JsonDerivedType(typeof(Conflict), "conflict")]
[JsonDerivedType(typeof(AlreadyExists), "alreadyExists")]
[JsonDerivedType(typeof(NotFound), "notFound")]
[JsonDerivedType(typeof(Fenced), "fenced")]
public abstract record ApplyResult;

/// <summary>Done.</summary>
/// <param name="Revision">The store's revision from this command on; the present one when nothing changed.</param>
/// <param name="Resources">The object of each operation as stored now; null for one that is gone. Empty when this answers a repeated request.</param>
public sealed record Applied(long Revision, IReadOnlyList<Resource?> Resources) : ApplyResult
{
    // What is empty is left out of JSON, and comes back as null.
    public IReadOnlyList<Resource?> Resources { get; init => field = value ?? []; } = Resources ?? [];
}

/// <summary>The object changed since the writer read it.</summary>
/// <param name="Seen">The revision the writer had read.</param>
/// <param name="Current">The revision that is stored.</param>
public sealed record Conflict(ResourceKey Key, long Seen, long Current, string Because) : ApplyResult;

/// <summary>There is an object of this name already.</summary>
public sealed record AlreadyExists(ResourceKey Key) : ApplyResult;

/// <summary>There is no object of this name, or not the one that was meant.</summary>
public sealed record NotFound(ResourceKey Key) : ApplyResult;

/// <summary>The writer has been replaced: another leader has taken over, or the node has a newer session.</summary>
public sealed record Fenced(string Because) : ApplyResult;
