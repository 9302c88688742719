using System.Text.Json;
using System.Text.Json.Nodes;
using Orchestrator.Manifests.Text;
using Orchestrator.Model;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Tables;

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

    /// <summary>What kubectl has beside these.</summary>
    static readonly string[] ElsewhereOnly = ["jsonpath-as-json", "jsonpath-file", "jsonpath", "custom-columns-file", "custom-columns", "go-template-file", "go-template", "templatefile", "template"];

    static string Likely(string text) => Manifests.Checking.Spelling.Nearest(text, ["wide", "yaml", "json", "name"]) is { } near ? $", did you mean {near}" : "";

    /// <summary>Whether programs read this form, for which nothing is an empty list.</summary>
    public bool IsForPrograms => format is Format.Yaml or Format.Json;

    public static Format Read(string? text) => text switch
    {
        null or "" => Format.Table,
        "wide" => Format.Wide,
        "yaml" => Format.Yaml,
        "json" => Format.Json,
        "name" => Format.Name,
        _ when ElsewhereOnly.FirstOrDefault(each => text.StartsWith(each, StringComparison.Ordinal)) is { } known =>
            throw new Connection.CliException($"-o {known} is not there; take -o json and let a program such as jq choose from it"),
        _ => throw new Connection.CliException($"there is no output format {text}{Likely(text)}; choose wide, yaml, json or name"),
    };

    /// <summary>The widths of the columns printed last, so that later rows stand in line with them.</summary>
    readonly List<int> _widths = [];
    bool _goesOn;

    /// <summary>
    /// Objects of a kind as a watch tells of them, one call after another: rows of one table, with its head once, or one object after another.
    /// </summary>
    public string PrintMore(Kind kind, IReadOnlyList<Resource> resources)
    {
        if (resources.Count == 0) return "";
        var before = _goesOn && format is Format.Yaml ? "---\n" : "";
        var text = before + (IsForPrograms ? string.Join(format is Format.Yaml ? "---\n" : "", resources.Select(each => Print(kind, [each], single: true))) : Print(kind, resources, single: false));
        _goesOn = true;
        return text;
    }

    /// <param name="single">One object was asked for by name: it is shown itself, and not as a list of one.</param>
    public string Print(Kind kind, IReadOnlyList<Resource> resources, bool single) => Print([(kind, resources)], single);

    /// <summary>Objects of several kinds: a table for each, with the kind before the name, or one list of all.</summary>
    public string Print(IReadOnlyList<(Kind Kind, IReadOnlyList<Resource> Resources)> groups, bool single) => format switch
    {
        Format.Table or Format.Wide => string.Join('\n', groups.Select(group => Table(group.Kind, group.Resources, format is Format.Wide, withKind: groups.Count > 1))),
        Format.Yaml => YamlWriter.Write(Json([.. groups.SelectMany(group => group.Resources)], single)),
        Format.Json => Indent(Json([.. groups.SelectMany(group => group.Resources)], single)) + "\n",
        Format.Name => string.Concat(groups.SelectMany(group => group.Resources.Select(resource => $"{group.Kind.Singular}/{resource.Name}\n"))),
    };

    string Table(Kind kind, IReadOnlyList<Resource> resources, bool wide, bool withKind)
    {
        var columns = Model.Tables.Table.Of(kind).Where(column => wide || !column.Wide).ToList();
        var named = showNamespace && kind.Namespaced;
        List<string> titles = [.. named ? ["NAMESPACE"] : Array.Empty<string>(), .. columns.Select(column => column.Name)];
        var now = clock.GetUtcNow();
        var rows = resources.Select(resource => (IReadOnlyList<string>)[.. named ? [resource.Namespace] : Array.Empty<string>(), .. columns.Select(column => Cell(column, resource))]);
        if (!_goesOn) _widths.Clear();
        return TextTable.Text(titles, rows.ToList(), heads && !_goesOn, _widths);

        string Cell(Column column, Resource resource) => withKind && column.Name == "NAME" ? $"{kind.Singular}/{resource.Name}" : column.Cell(resource, now);
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

    public static string Indent(JsonNode? json)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, Indented)) json?.WriteTo(writer);
        return System.Text.Encoding.UTF8.GetString(stream.ToArray());
    }
}
