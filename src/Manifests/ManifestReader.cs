using System.Text.Json;
using System.Text.Json.Nodes;
using Orchestrator.Manifests.Checking;
using Orchestrator.Manifests.Text;
using Orchestrator.Manifests.Validation;
using Orchestrator.Model;
using Orchestrator.Model.Meta;

namespace Orchestrator.Manifests;

/// <summary>
/// Turns the text of manifests into objects, or into every problem they have: syntax, schema, rules between fields, duplicates. The CLI and the API
/// use the same function, so that they never disagree.
/// </summary>
public sealed class ManifestReader
{
    readonly string _namespace;
    readonly List<ManifestObject> _objects = [];
    readonly List<Problem> _problems = [];
    readonly List<Problem> _warnings = [];
    readonly List<(ResourceKey Key, Place Place)> _named = [];

    ManifestReader(string @namespace) => _namespace = @namespace;

    /// <param name="files">The files in the order in which their objects are applied.</param>
    /// <param name="namespace">The namespace of objects that don't name one.</param>
    public static ManifestSet Read(IReadOnlyList<ManifestFile> files, string @namespace = Namespace.Default)
    {
        var reader = new ManifestReader(@namespace);
        foreach (var file in files)
        {
            var before = reader._problems.Count;
            var documents = YamlText.Read(file.Name, file.Text, reader._problems);
            if (documents.Count == 0 && reader._problems.Count == before)
                reader._problems.Add(new Problem(new Place(file.Name, 0, 0), "", "holds no object; a manifest starts with apiVersion and kind"));
            foreach (var document in documents) reader.Document(document, "");
        }

        return reader.Result();
    }

    /// <summary>Reads one object as JSON, as a request carries it.</summary>
    /// <param name="name">Stands for the file in problems.</param>
    public static ManifestSet ReadJson(string name, ReadOnlyMemory<byte> json, string @namespace = Namespace.Default)
    {
        var reader = new ManifestReader(@namespace);
        try
        {
            reader.Document(JsonText.Read(name, json), "");
        }
        catch (JsonException failure)
        {
            reader._problems.Add(new Problem(new Place(name, 0, 0), "", $"is not JSON: {failure.Message}"));
        }

        return reader.Result();
    }

    ManifestSet Result()
    {
        foreach (var twice in _named.GroupBy(each => each.Key).Where(group => group.Count() > 1))
        {
            foreach (var again in twice.Skip(1))
                _problems.Add(new Problem(again.Place, "metadata.name", $"{twice.Key} is in the manifest already, at {twice.First().Place}"));
        }

        return new ManifestSet(_problems.Count == 0 ? _objects : [], [.. _problems.Order(ByPlace.Instance)], [.. _warnings.Order(ByPlace.Instance)]);
    }

    void Document(Node document, string path)
    {
        if (document is not MappingNode mapping)
        {
            _problems.Add(new Problem(document.Place, path, $"expected an object with apiVersion and kind, found {document.Described}"));
            return;
        }

        var before = _problems.Count;
        if (KindOf(mapping, path) is not { } kind) return;
        if (kind.Items is { } items)
        {
            for (var i = 0; i < items.Items.Count; i++) Document(items.Items[i], Field.Below(path, $"items[{i}]"));
            return;
        }

        var check = new SchemaCheck(_problems, _warnings);
        var json = (JsonObject?)check.Check(mapping, kind.Kind!.Schema.Type, path); // a document is a list or of a kind
        if (json is not null) Name(mapping, json, kind.Kind);
        if (json is null || _problems.Count > before) Findings(mapping, path, json, kind.Kind, [.. _problems.Skip(before).Select(problem => problem.Path), .. check.Meant]);
        else Accept(mapping, path, json, kind.Kind);
    }

    /// <summary>Remembers what the object is called, also when it has problems, so that names that stand twice are told at once.</summary>
    void Name(MappingNode mapping, JsonObject json, Kind kind)
    {
        if (json["metadata"] is not JsonObject metadata || (string?)metadata["name"] is not { Length: > 0 } name) return;
        _named.Add((new ResourceKey(kind.Name, kind.Namespaced ? (string?)metadata["namespace"] ?? _namespace : "", name), mapping.Place));
    }

    void Accept(MappingNode mapping, string path, JsonObject json, Kind kind)
    {
        if (kind.Namespaced && json["metadata"] is JsonObject metadata && !metadata.ContainsKey("namespace")) metadata["namespace"] = _namespace;
        if (Decoded(json, kind) is not { } written || !Report(mapping, path, written, kind)) return;
        PlainText.PutIntoData(json);
        if (Decoded(json, kind) is { } resource) _objects.Add(new ManifestObject(mapping.Place, json, resource) { Source = mapping });
    }

    /// <summary>Looks for more to say about an object that has problems already, as far as what is right of it can be read.</summary>
    /// <param name="said">The fields of which something has been said: what is wrong above or below them may come of that.</param>
    void Findings(MappingNode mapping, string path, JsonObject? json, Kind kind, IReadOnlyList<string> said)
    {
        if (json is null || Decoded(json, kind) is not { } resource) return;
        foreach (var (below, message) in ObjectValidation.Check(resource, kind))
        {
            var full = Field.Below(path, below);
            if (!said.Any(each => FieldPath.Covers(each, full) || FieldPath.Covers(full, each)))
                _problems.Add(new Problem(Places.Nearest(mapping, below), full, message));
        }
    }

    bool Report(MappingNode mapping, string path, Resource resource, Kind kind)
    {
        var findings = ObjectValidation.Check(resource, kind);
        foreach (var (below, message) in findings) _problems.Add(new Problem(Places.Nearest(mapping, below), Field.Below(path, below), message));
        return findings.Count == 0;
    }

    static Resource? Decoded(JsonObject json, Kind kind)
    {
        var filled = json.DeepClone();
        Defaults.Fill(filled, kind.Schema.Type);
        return (Resource?)filled.Deserialize(kind.Schema);
    }

    /// <summary>The kind of an object, or the items of a list; null with a problem noted when it is neither.</summary>
    (Kind? Kind, SequenceNode? Items)? KindOf(MappingNode mapping, string path)
    {
        var version = Said("apiVersion");
        var name = Said("kind");
        if (version is null || name is null) return null;
        if (name.Text == "List" && mapping.Find("items") is SequenceNode items) return (null, items);
        var kind = Kinds.Find(name.Text);
        if (kind is null || !kind.UserWritten)
        {
            _problems.Add(new Problem(name.Place, Field.Below(path, "kind"), kind is null ? KindNames.Unknown(name.Text) : $"{name.Text} is written by the cluster itself"));
            return null;
        }

        if (kind.ApiVersion != version.Text)
            _problems.Add(new Problem(version.Place, Field.Below(path, "apiVersion"), $"a {kind.Name} has apiVersion {kind.ApiVersion}, not {version.Text}"));
        return (kind, null);

        ScalarNode? Said(string field)
        {
            var found = mapping.Find(field);
            if (found is ScalarNode { Text.Length: > 0 } scalar) return scalar;
            _problems.Add(found is null or ScalarNode
                ? new Problem(mapping.Place, Field.Below(path, field), "is required")
                : new Problem(found.Place, Field.Below(path, field), $"expected a text, found {found.Described}"));
            return null;
        }
    }

    sealed class ByPlace : IComparer<Problem>
    {
        public static readonly ByPlace Instance = new();

        public int Compare(Problem? x, Problem? y)
        {
            var (left, right) = (x!.Place, y!.Place); // the lists hold no nulls
            var order = string.CompareOrdinal(left.File, right.File);
            if (order == 0) order = left.Line.CompareTo(right.Line);
            return order != 0 ? order : left.Column.CompareTo(right.Column);
        }
    }
}
