using System.Text.Json.Nodes;
using Orchestrator.Manifests.Text;
using Orchestrator.Model.Meta;

namespace Orchestrator.Manifests;

/// <summary>A file's name and text.</summary>
public sealed record ManifestFile(string Name, string Text);

/// <summary>One object of a manifest that has been found right.</summary>
/// <param name="Written">What was written, without defaults, as the cluster keeps it to tell later what was taken out.</param>
/// <param name="Resource">The object with all defaults.</param>
public sealed record ManifestObject(Place Place, JsonObject Written, Resource Resource)
{
    /// <summary>The piece of text that the object was read from.</summary>
    internal Node? Source { get; init; }

    /// <summary>Where a field stands, or the nearest thing above it that does.</summary>
    /// <param name="path">Such as <c>spec.containers[0].image</c>.</param>
    public Place PlaceOf(string path) => Source is null ? Place : Places.Nearest(Source, path);
}

/// <summary>What manifests say. With any problem there is nothing to apply.</summary>
/// <param name="Warnings">What was accepted but has no effect.</param>
public sealed record ManifestSet(IReadOnlyList<ManifestObject> Objects, IReadOnlyList<Problem> Problems, IReadOnlyList<Problem> Warnings)
{
    public bool IsRight => Problems.Count == 0;
}
