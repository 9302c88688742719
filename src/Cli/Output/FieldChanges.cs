using System.Text.Json.Nodes;
using Orchestrator.Model;
using Orchestrator.Model.Configuration;
using Orchestrator.Model.Meta;

namespace Orchestrator.Cli.Output;

/// <summary>What differs between two versions of an object, field by field.</summary>
static class FieldChanges
{
    /// <summary>Longer values are cut: a line is to be read.</summary>
    const int MaxValueLength = 80;

    /// <summary>Changes with every write, or repeats what other fields say.</summary>
    static readonly string[] Bookkeeping =
        ["metadata.resourceVersion", "metadata.generation", "metadata.uid", "metadata.creationTimestamp", "metadata.annotations[kubectl.kubernetes.io/last-applied-configuration]"];

    /// <param name="withStatus">Also what was observed.</param>
    public static IEnumerable<string> Between(Resource before, Resource after, bool withStatus)
    {
        var (old, now) = (Flat(before), Flat(after));
        foreach (var path in old.Keys.Union(now.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            if (Bookkeeping.Contains(path) || (!withStatus && path.StartsWith("status", StringComparison.Ordinal))) continue;
            var (was, became) = (old.GetValueOrDefault(path), now.GetValueOrDefault(path));
            if (was == became) continue;
            if (before is Secret && path.StartsWith("data", StringComparison.Ordinal))
            {
                yield return $"{path}: {(was is null ? "added" : became is null ? "removed" : "changed")} (a Secret's values are not shown)";
                continue;
            }

            yield return (was, became) switch
            {
                (null, _) => $"{path}: {became}",
                (_, null) => $"{path}: {was} -> (gone)",
                _ => $"{path}: {was} -> {became}",
            };
        }
    }

    static SortedDictionary<string, string> Flat(Resource resource)
    {
        var flat = new SortedDictionary<string, string>(StringComparer.Ordinal);
        Add(JsonNode.Parse(ModelJson.Encode(resource)), "");
        return flat;

        void Add(JsonNode? node, string path)
        {
            switch (node)
            {
                case JsonObject fields:
                    foreach (var (name, value) in fields) Add(value, path.Length == 0 ? name : name.AsSpan().IndexOfAny('.', '/') < 0 ? $"{path}.{name}" : $"{path}[{name}]");
                    break;
                case JsonArray items:
                    for (var i = 0; i < items.Count; i++) Add(items[i], $"{path}[{Label(items[i]) ?? i.ToString(System.Globalization.CultureInfo.InvariantCulture)}]");
                    break;
                default:
                    var text = node?.ToString() ?? "null";
                    flat[path] = text.Length <= MaxValueLength || resource is Secret ? text : text[..MaxValueLength] + "...";
                    break;
            }
        }
    }

    /// <summary>What people call an item of a list by.</summary>
    static string? Label(JsonNode? item) => item is JsonObject fields && (fields["name"] ?? fields["type"]) is JsonValue name && name.TryGetValue<string>(out var text) ? text : null;
}
