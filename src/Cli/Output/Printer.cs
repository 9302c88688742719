using System.Text.Json;
using System.Text.Json.Nodes;
using Orchestrator.Manifests.Text;
using Orchestrator.Model;
using Orchestrator.Model.Meta;

namespace Orchestrator.Cli.Output;

/// <summary>The forms in which objects are shown.</summary>
enum Format
{
    Table,
    Wide,
    Yaml,
    Json,
    Name,
}

/// <summary>Shows objects in one of the forms.</summary>
sealed class Printer(Format format, bool showNamespace, bool heads, TimeProvider clock)
{
    static readonly JsonWriterOptions Indented = new() { Indented = true };

    public static Format Read(string? text) => text switch
    {
        null or "" => Format.Table,
        "wide" => Format.Wide,
        "yaml" => Format.Yaml,
        "json" => Format.Json,
        "name" => Format.Name,
        _ => throw new Connection.CliException($"there is no output format {text}; choose wide, yaml, json or name"),
    };

    public Printer WithoutHeads() => new(format, showNamespace, heads: false, clock);

    /// <param name="single">One object was asked for by name: it is shown itself, and not as a list of one.</param>
    public string Print(Kind kind, IReadOnlyList<Resource> resources, bool single) => format switch
    {
        Format.Table => Table(kind, resources, wide: false),
        Format.Wide => Table(kind, resources, wide: true),
        Format.Yaml => YamlWriter.Write(Json(resources, single)),
        Format.Json => Indent(Json(resources, single)) + "\n",
        Format.Name => string.Concat(resources.Select(resource => $"{kind.Singular}/{resource.Name}\n")),
    };

    string Table(Kind kind, IReadOnlyList<Resource> resources, bool wide)
    {
        var columns = Model.Tables.Table.Of(kind).Where(column => wide || !column.Wide).ToList();
        var named = showNamespace && kind.Namespaced;
        List<string> titles = [.. named ? ["NAMESPACE"] : Array.Empty<string>(), .. columns.Select(column => column.Name)];
        var now = clock.GetUtcNow();
        var rows = resources.Select(resource => (IReadOnlyList<string>)[.. named ? [resource.Namespace] : Array.Empty<string>(), .. columns.Select(column => column.Cell(resource, now))]);
        return TextTable.Text(titles, rows.ToList(), heads);
    }

    static JsonNode? Json(IReadOnlyList<Resource> resources, bool single)
    {
        if (single && resources.Count == 1) return One(resources[0]);
        return new JsonObject
        {
            ["apiVersion"] = "v1",
            ["items"] = new JsonArray([.. resources.Select(One)]),
            ["kind"] = "List",
        };
    }

    static JsonNode? One(Resource resource) => JsonNode.Parse(ModelJson.Encode(resource));

    static string Indent(JsonNode? json)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, Indented)) json?.WriteTo(writer);
        return System.Text.Encoding.UTF8.GetString(stream.ToArray());
    }
}
