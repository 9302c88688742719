using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Orchestrator.Manifests.Checking;
using Orchestrator.Manifests.Validation;
using Orchestrator.Model;
using Orchestrator.Model.Configuration;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Schema;

namespace Orchestrator.Manifests.Merging;

/// <summary>What applying an object to what the cluster has comes to.</summary>
public abstract record ApplyOutcome;

/// <summary>There was no such object.</summary>
public sealed record ToCreate(Resource Resource) : ApplyOutcome;

/// <summary>The live object with the manifest's changes; its resourceVersion is the live one's.</summary>
public sealed record ToUpdate(Resource Resource) : ApplyOutcome;

/// <summary>The live object says already what the manifest says.</summary>
public sealed record Unchanged(Resource Resource) : ApplyOutcome;

/// <summary>The change is not possible, and why.</summary>
public sealed record Impossible(IReadOnlyList<(string Path, string Message)> Problems) : ApplyOutcome;

/// <summary>Decides what applying a manifest's object does to the live one.</summary>
public static class Apply
{
    /// <summary>Keeps what was applied last, so that the next apply knows what has been taken out. The same as kubectl's.</summary>
    public const string LastApplied = "kubectl.kubernetes.io/last-applied-configuration";

    public static ApplyOutcome Decide(ManifestObject wanted, Resource? live)
    {
        var written = wanted.Written.ToJsonString();
        if (live is null) return new ToCreate(Annotated(wanted.Resource, written));

        var kind = Kinds.Find(live.Kind)!; // whatever is stored is of a known kind
        var liveJson = JsonNode.Parse(ModelJson.Encode(live));
        var before = live.Metadata.Annotations.TryGetValue(LastApplied, out var text) ? JsonNode.Parse(text) : null;
        var merged = ThreeWayMerge.Merge(before, wanted.Written, liveJson, kind.Schema.Type);
        Defaults.Fill(merged, kind.Schema.Type);
        var resource = (Resource)merged.Deserialize(kind.Schema)!; // both sides were objects
        resource = Annotated(resource with { Metadata = resource.Metadata with { ResourceVersion = live.Metadata.ResourceVersion } }, written);

        var problems = Fixed(resource, live).Concat(ObjectValidation.Check(resource, kind)).ToList();
        if (problems.Count > 0) return new Impossible(problems);
        return ModelJson.Same(resource, live) ? new Unchanged(live) : new ToUpdate(resource);
    }

    static Resource Annotated(Resource resource, string written) => resource with
    {
        Metadata = resource.Metadata with
        {
            Annotations = new Dictionary<string, string>(resource.Metadata.Annotations) { [LastApplied] = written },
        },
    };

    /// <summary>The fields that differ though they can't be changed once the object exists.</summary>
    public static IEnumerable<(string Path, string Message)> Fixed(Resource after, Resource live) =>
        Fixed(JsonNode.Parse(ModelJson.Encode(after)), JsonNode.Parse(ModelJson.Encode(live)), Kinds.Find(live.Kind)!.Schema, "").Concat(Sealed(after, live)); // whatever is stored is of a known kind

    static IEnumerable<(string Path, string Message)> Sealed(Resource after, Resource live)
    {
        if (live is not (ConfigMap { Immutable: true } or Secret { Immutable: true }) || after.SameSpecAs(live)) yield break;
        yield return ("immutable", "is set, so that nothing of the content can be changed; delete the object and apply it again, or take another name");
    }

    static IEnumerable<(string Path, string Message)> Fixed(JsonNode? after, JsonNode? live, JsonTypeInfo schema, string path)
    {
        if (schema.Kind != JsonTypeInfoKind.Object || after is not JsonObject || live is not JsonObject) yield break;
        foreach (var property in schema.Properties)
        {
            var below = Field.Below(path, property.Name);
            if (property.Said<ImmutableAttribute>() is not null && !JsonNode.DeepEquals(after[property.Name], live[property.Name]))
                yield return (below, "can't be changed once the object exists; delete the object and apply it again");
            if (property.Said<CopiedAttribute>() is not null) continue;
            foreach (var problem in Fixed(after[property.Name], live[property.Name], Field.SchemaOf(Field.TypeOf(property)), below)) yield return problem;
        }
    }
}
