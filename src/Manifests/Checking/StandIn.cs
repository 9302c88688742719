using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Orchestrator.Model.Values;

namespace Orchestrator.Manifests.Checking;

/// <summary>
/// Takes the place of a value that is missing or wrong, so that the rest of the object can still be read and all its problems be found. It never
/// leaves the reader: an object that needed one has a problem.
/// </summary>
static class StandIn
{
    public static JsonNode For(Type type)
    {
        var schema = Field.SchemaOf(type);
        return schema.Kind switch
        {
            JsonTypeInfoKind.Object => Object(schema),
            JsonTypeInfoKind.Enumerable => new JsonArray(),
            JsonTypeInfoKind.Dictionary => new JsonObject(),
            JsonTypeInfoKind.None => Scalar(type),
            _ => throw new System.Diagnostics.UnreachableException($"no rule for {schema.Kind}"),
        };
    }

    static JsonObject Object(JsonTypeInfo schema)
    {
        var json = new JsonObject();
        foreach (var property in schema.Properties.Where(property => property.IsRequired)) json[property.Name] = For(Field.TypeOf(property));
        return json;
    }

    static JsonValue Scalar(Type type)
    {
        if (type == typeof(bool)) return JsonValue.Create(false);
        if (type == typeof(int) || type == typeof(long) || type == typeof(IntOrString)) return JsonValue.Create(0);
        if (type == typeof(Quantity)) return JsonValue.Create("0");
        if (type == typeof(DateTimeOffset)) return JsonValue.Create("1970-01-01T00:00:00Z");
        return JsonValue.Create(type.IsEnum ? Enum.GetNames(type)[0] : "");
    }
}
