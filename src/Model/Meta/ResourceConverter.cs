using System.Text.Json;
using System.Text.Json.Serialization;

namespace Orchestrator.Model.Meta;

/// <summary>Reads an object as the record of its kind.</summary>
sealed class ResourceConverter : JsonConverter<Resource>
{
    public override Resource Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var name = KindOf(reader) ?? throw new JsonException("an object needs a kind");
        var kind = Kinds.Find(name) ?? throw new JsonException($"there is no kind {name}");
        return (Resource)(JsonSerializer.Deserialize(ref reader, kind.Schema) ?? throw new JsonException($"expected a {name}, found null"));
    }

    public override void Write(Utf8JsonWriter writer, Resource value, JsonSerializerOptions options) =>
        JsonSerializer.Serialize(writer, value, Kinds.Find(value.Kind)!.Schema); // every record's kind is in the list, which a test walks

    // The reader is a copy, so that looking ahead moves nothing.
    static string? KindOf(Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject) throw new JsonException("expected an object");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isKind = reader.ValueTextEquals("kind"u8);
            reader.Read();
            if (isKind) return reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
            reader.Skip();
        }

        return null;
    }
}
