using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Orchestrator.Manifests.Text;
using Orchestrator.Model.Schema;

namespace Orchestrator.Manifests.Checking;

/// <summary>
/// Holds a piece of a manifest against the schema: names every problem it finds with its place, and returns what is right about it as JSON.
/// </summary>
sealed class SchemaCheck(List<Problem> problems, List<Problem> warnings)
{
    readonly HashSet<string> _meant = new(StringComparer.Ordinal);

    /// <summary>The paths of fields that misspelt ones were likely meant to be.</summary>
    public IReadOnlyCollection<string> Meant => _meant;

    /// <summary>The JSON of a node that should be of this type, or null when nothing of it can be kept.</summary>
    public JsonNode? Check(Node node, Type type, string path)
    {
        var schema = Field.SchemaOf(type);
        return schema.Kind switch
        {
            JsonTypeInfoKind.Object => CheckObject(node, schema, path),
            JsonTypeInfoKind.Enumerable => CheckList(node, schema, path),
            JsonTypeInfoKind.Dictionary => CheckMap(node, schema, path),
            JsonTypeInfoKind.None => ScalarCheck.Check(node, type, path, problems),
            _ => throw new System.Diagnostics.UnreachableException($"no rule for {schema.Kind}"),
        };
    }

    JsonObject? CheckObject(Node node, JsonTypeInfo schema, string path)
    {
        if (node is not MappingNode mapping)
        {
            problems.Add(new Problem(node.Place, path, $"expected a mapping of fields, found {node.Described}"));
            return null;
        }

        var json = new JsonObject();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var entry in mapping.Entries)
        {
            var below = Field.Below(path, entry.Key);
            if (!seen.Add(entry.Key))
            {
                problems.Add(new Problem(entry.Place, below, "is given twice; keep one"));
                continue;
            }

            if (Field.Find(schema, entry.Key) is not { } property)
            {
                Unknown(entry, schema, path);
                continue;
            }

            if (property.Said<SystemWrittenAttribute>() is not null)
            {
                warnings.Add(new Problem(entry.Place, below, "is written by the cluster; what the manifest says of it is left out"));
                continue;
            }

            if (entry.Value is ScalarNode { Kind: ScalarKind.Null }) continue; // says nothing, as if it were not there
            if (Check(entry.Value, Field.TypeOf(property), below) is { } value) json[entry.Key] = value;
        }

        foreach (var missing in schema.Properties.Where(property => property.IsRequired && !json.ContainsKey(property.Name)))
        {
            var absent = mapping.Find(missing.Name) is null or ScalarNode { Kind: ScalarKind.Null };
            if (absent && !_meant.Contains(Field.Below(path, missing.Name))) problems.Add(new Problem(node.Place, Field.Below(path, missing.Name), "is required"));
            json[missing.Name] = StandIn.For(Field.TypeOf(missing));
        }

        return json;
    }

    void Unknown(MappingEntry entry, JsonTypeInfo schema, string path)
    {
        var upstream = Field.KnownUpstream(schema);
        var below = Field.Below(path, entry.Key);
        if (upstream.Contains(entry.Key))
        {
            warnings.Add(new Problem(entry.Place, below, "is a Kubernetes field that has no effect here yet"));
            return;
        }

        var names = schema.Properties.Where(property => property.Said<SystemWrittenAttribute>() is null).Select(property => property.Name);
        var near = Spelling.Nearest(entry.Key, names.Concat(upstream));
        if (near is not null) _meant.Add(Field.Below(path, near));
        problems.Add(new Problem(entry.Place, below, near is null ? "there is no such field" : $"there is no such field; did you mean {near}?"));
    }

    JsonArray? CheckList(Node node, JsonTypeInfo schema, string path)
    {
        if (node is not SequenceNode sequence)
        {
            problems.Add(new Problem(node.Place, path, $"expected a list, found {node.Described}"));
            return null;
        }

        var json = new JsonArray();
        for (var i = 0; i < sequence.Items.Count; i++)
        {
            json.Add(Check(sequence.Items[i], schema.ElementType!, $"{path}[{i}]") ?? StandIn.For(schema.ElementType!)); // a list's schema has an element type
        }

        return json;
    }

    JsonObject? CheckMap(Node node, JsonTypeInfo schema, string path)
    {
        if (node is not MappingNode mapping)
        {
            problems.Add(new Problem(node.Place, path, $"expected a mapping of names to values, found {node.Described}"));
            return null;
        }

        var json = new JsonObject();
        foreach (var entry in mapping.Entries)
        {
            var below = Field.Below(path, entry.Key);
            if (json.ContainsKey(entry.Key)) problems.Add(new Problem(entry.Place, below, "is given twice; keep one"));
            else if (Check(entry.Value, schema.ElementType!, below) is { } value) json[entry.Key] = value; // a map's schema has an element type
        }

        return json;
    }
}
