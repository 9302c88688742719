using System.Text.Json;

namespace Orchestrator.Manifests.Text;

/// <summary>JSON that has no lines to point at, such as a request's body, as nodes.</summary>
static class JsonText
{
    /// <param name="name">Stands for the file in problems.</param>
    /// <exception cref="JsonException">The text is not JSON.</exception>
    public static Node Read(string name, ReadOnlyMemory<byte> json)
    {
        using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = YamlText.MaxDepth });
        return ToNode(new Place(name, 0, 0), document.RootElement);
    }

    static Node ToNode(Place place, JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => new MappingNode(place, [.. element.EnumerateObject().Select(each => new MappingEntry(place, each.Name, ToNode(place, each.Value)))]),
        JsonValueKind.Array => new SequenceNode(place, [.. element.EnumerateArray().Select(each => ToNode(place, each))]),
        JsonValueKind.String => new ScalarNode(place, element.GetString() ?? "", ScalarKind.Text),
        JsonValueKind.Number => new ScalarNode(place, element.GetRawText(), Scalars.KindOf(element.GetRawText())),
        JsonValueKind.True => new ScalarNode(place, "true", ScalarKind.Boolean),
        JsonValueKind.False => new ScalarNode(place, "false", ScalarKind.Boolean),
        JsonValueKind.Null or JsonValueKind.Undefined => new ScalarNode(place, "", ScalarKind.Null),
    };
}
