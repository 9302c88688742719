using System.Globalization;
using System.Text.Json;

namespace Orchestrator.Runtime.Spec;

/// <summary>
/// Walks a JSON text once, forward, and knows at each moment the path of the field it stands on.
/// A hand walk because it costs a sixth of a generated serializer's start.
/// </summary>
ref struct JsonWalk
{
    readonly List<string> _path = [];
    readonly List<string> _warnings;
    Utf8JsonReader _json;
    bool _peeked;
    bool _insideNull;

    public JsonWalk(ReadOnlySpan<byte> text, List<string> warnings)
    {
        _json = new Utf8JsonReader(text);
        _warnings = warnings;
    }

    public readonly string Path => _path.Count == 0 ? "(top)" : string.Concat(_path).TrimStart('.');

    /// <summary>Enters an object; null counts as an empty one.</summary>
    public void Enter()
    {
        Value();
        if (IsNull()) return;
        if (_json.TokenType != JsonTokenType.StartObject) throw Wrong("an object");
        _path.Add("");
    }

    /// <summary>The next field's name, or null after the last.</summary>
    public string? Field()
    {
        if (TakeInsideNull()) return null;
        Advance();
        if (_json.TokenType == JsonTokenType.EndObject)
        {
            _path.RemoveAt(_path.Count - 1);
            return null;
        }

        var name = _json.GetString()!; // a property name is never null
        _path[^1] = "." + name;
        return name;
    }

    /// <summary>Enters an array; null counts as an empty one.</summary>
    public void EnterArray()
    {
        Value();
        if (IsNull()) return;
        if (_json.TokenType != JsonTokenType.StartArray) throw Wrong("an array");
        _path.Add("[-1]");
    }

    /// <summary>Stands on the next element; false after the last.</summary>
    public bool Element()
    {
        if (TakeInsideNull()) return false;
        Advance();
        if (_json.TokenType == JsonTokenType.EndArray)
        {
            _path.RemoveAt(_path.Count - 1);
            return false;
        }

        var index = int.Parse(_path[^1].AsSpan(1, _path[^1].Length - 2), CultureInfo.InvariantCulture);
        _path[^1] = $"[{index + 1}]";
        _peeked = true;
        return true;
    }

    /// <summary>A string; the kernel's strings end at a zero byte, so one inside is refused.</summary>
    public string String()
    {
        Value();
        if (_json.TokenType != JsonTokenType.String) throw Wrong("a string");
        var text = _json.GetString()!; // the token is a string
        return text.Contains('\0') ? throw Problem("contains a zero byte") : text;
    }

    public bool Bool()
    {
        Value();
        return _json.TokenType switch
        {
            JsonTokenType.True => true,
            JsonTokenType.False => false,
            _ => throw Wrong("true or false"),
        };
    }

    public long Long()
    {
        Value();
        return _json.TokenType == JsonTokenType.Number && _json.TryGetInt64(out var value) ? value : throw Wrong("a whole number");
    }

    public ulong ULong()
    {
        Value();
        return _json.TokenType == JsonTokenType.Number && _json.TryGetUInt64(out var value)
            ? value : throw Wrong("a whole number that is not negative");
    }

    public uint UInt()
    {
        Value();
        return _json.TokenType == JsonTokenType.Number && _json.TryGetUInt32(out var value)
            ? value : throw Wrong("a whole number from 0 to 4294967295");
    }

    /// <summary>A number, or null where the text has null.</summary>
    public uint? OptionalUInt()
    {
        Value();
        if (_json.TokenType == JsonTokenType.Null) return null;
        _peeked = true;
        return UInt();
    }

    public List<string> Strings()
    {
        var list = new List<string>();
        for (EnterArray(); Element();) list.Add(String());
        return list;
    }

    public SortedDictionary<string, string> StringMap()
    {
        var map = new SortedDictionary<string, string>(StringComparer.Ordinal);
        Enter();
        while (Field() is { } name) map[name] = String();
        return map;
    }

    /// <summary>Passes over a field that the specification does not know; says so in the log, as it asks.</summary>
    public void Unknown()
    {
        _warnings.Add($"config: {Path}: unknown field, ignored");
        Skip();
    }

    /// <summary>Passes over a field that changes nothing about the container's isolation.</summary>
    public void Skip()
    {
        Value();
        _json.Skip();
    }

    /// <summary>
    /// Refuses a known field that is not supported, unless its value asks for nothing: engines write {"weight":0} for no wish at all.
    /// </summary>
    public void Refuse(string reason = "not supported")
    {
        Value();
        var inner = _json;
        _json.Skip();
        if (!AsksForNothing(ref inner)) throw Problem(reason);
    }

    public readonly void Warn(string problem) => _warnings.Add($"config: {Path}: {problem}");

    public readonly ConfigException Problem(string problem) => new(Path, problem);

    static bool AsksForNothing(ref Utf8JsonReader json)
    {
        switch (json.TokenType)
        {
            case JsonTokenType.Null or JsonTokenType.False: return true;
            case JsonTokenType.String: return json.ValueSpan.IsEmpty;
            case JsonTokenType.Number: return json.TryGetInt64(out var number) && number == 0;
            case JsonTokenType.StartArray or JsonTokenType.StartObject:
                while (json.Read() && json.TokenType is not (JsonTokenType.EndArray or JsonTokenType.EndObject))
                    if (json.TokenType != JsonTokenType.PropertyName && !AsksForNothing(ref json))
                        return false;
                return true;
            default: return false;
        }
    }

    readonly ConfigException Wrong(string wanted) => Problem($"must be {wanted}");

    void Value()
    {
        if (_peeked) _peeked = false;
        else Advance();
    }

    bool IsNull() => _insideNull = _json.TokenType == JsonTokenType.Null;

    bool TakeInsideNull()
    {
        var was = _insideNull;
        _insideNull = false;
        return was;
    }

    void Advance()
    {
        try
        {
            if (!_json.Read()) throw Problem("the text ends too early");
        }
        catch (JsonException e)
        {
            throw Problem($"not valid JSON at line {e.LineNumber + 1}");
        }
    }
}
