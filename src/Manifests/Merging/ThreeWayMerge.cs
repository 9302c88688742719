using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Orchestrator.Manifests.Checking;
using Orchestrator.Model.Schema;

namespace Orchestrator.Manifests.Merging;

/// <summary>
/// Applies a changed manifest to a live object: what the manifest says is set, what it no longer says is taken out, what it never said is
/// kept. Lists whose schema names a merge key are merged element by element. Source: Kubernetes, "Declarative management: how apply calculates
/// differences and merges changes".
/// </summary>
static class ThreeWayMerge
{
    /// <param name="before">What was applied last; null when the live object was not made by apply.</param>
    public static JsonNode? Merge(JsonNode? before, JsonNode? after, JsonNode? live, Type type) =>
        Merge(before, after, live, Field.SchemaOf(type), mergeKey: null);

    static JsonNode? Merge(JsonNode? before, JsonNode? after, JsonNode? live, JsonTypeInfo schema, string? mergeKey) => (after, live) switch
    {
        (JsonObject wanted, JsonObject present) => MergeObject(before as JsonObject, wanted, present, schema),
        (JsonArray wanted, JsonArray present) when mergeKey is not null => MergeList(before as JsonArray, wanted, present, schema, mergeKey),
        _ => after?.DeepClone(),
    };

    static JsonObject MergeObject(JsonObject? before, JsonObject after, JsonObject live, JsonTypeInfo schema)
    {
        var merged = new JsonObject();
        // In the live object's order, so that a merge that changes nothing reads the same.
        foreach (var (name, value) in live)
        {
            if (after.ContainsKey(name)) Take(name);
            else if (before?.ContainsKey(name) != true) merged[name] = value?.DeepClone();
        }

        foreach (var (name, _) in after)
            if (!live.ContainsKey(name)) Take(name);
        return merged;

        void Take(string name)
        {
            var property = schema.Kind == JsonTypeInfoKind.Object ? Field.Find(schema, name) : null;
            var type = property is not null ? Field.TypeOf(property) : schema.ElementType;
            merged[name] = type is null
                ? after[name]?.DeepClone()
                : Merge(before?[name], after[name], live[name], Field.SchemaOf(type), property?.Said<MergeKeyAttribute>()?.Name);
        }
    }

    static JsonArray MergeList(JsonArray? before, JsonArray after, JsonArray live, JsonTypeInfo schema, string mergeKey)
    {
        var merged = new JsonArray();
        var element = Field.SchemaOf(schema.ElementType!); // a list's schema has an element type
        foreach (var item in after)
            merged.Add(Merge(Find(before, item), item, Find(live, item), element, mergeKey: null));
        foreach (var item in live)
        {
            // Somebody else added it, and neither the last manifest nor this one knows of it.
            if (Find(after, item) is null && Find(before, item) is null) merged.Add(item?.DeepClone());
        }

        return merged;

        JsonNode? Find(JsonArray? list, JsonNode? like)
        {
            var key = like?[mergeKey]?.ToJsonString();
            return key is null ? null : list?.FirstOrDefault(item => item?[mergeKey]?.ToJsonString() == key);
        }
    }
}
