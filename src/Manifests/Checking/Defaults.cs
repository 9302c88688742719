using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Orchestrator.Model.Schema;

namespace Orchestrator.Manifests.Checking;

/// <summary>Fills in the values that a manifest left out, as the schema declares them.</summary>
static class Defaults
{
    public static void Fill(JsonNode? json, Type type)
    {
        var schema = Field.SchemaOf(type);
        switch (json)
        {
            case JsonObject map when schema.Kind == JsonTypeInfoKind.Object:
                foreach (var property in schema.Properties)
                {
                    if (!map.ContainsKey(property.Name) && property.Said<DefaultAttribute>() is { } said) map[property.Name] = JsonNode.Parse(said.Json);
                    Fill(map[property.Name], Field.TypeOf(property));
                }

                break;
            case JsonObject map when schema.Kind == JsonTypeInfoKind.Dictionary:
                foreach (var (_, value) in map) Fill(value, schema.ElementType!); // a map's schema has an element type
                break;
            case JsonArray list:
                foreach (var item in list) Fill(item, schema.ElementType!); // and so has a list's
                break;
        }
    }
}
