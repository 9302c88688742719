namespace Orchestrator.Manifests;

/// <summary>A place in a file; lines and columns count from 1.</summary>
public readonly record struct Place(string File, int Line, int Column)
{
    public override string ToString() => Line == 0 ? File : $"{File}:{Line}:{Column}";
}

/// <summary>Something wrong with a manifest: where, in which field, and what to do instead.</summary>
/// <param name="Path">The field, such as <c>spec.replicas</c>; empty when the whole object or file is meant.</param>
public sealed record Problem(Place Place, string Path, string Message)
{
    public override string ToString() => Path.Length == 0 ? $"{Place}: {Message}" : $"{Place}: {Path}: {Message}";
}
