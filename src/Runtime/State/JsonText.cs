using System.Globalization;
using System.Text;

namespace Orchestrator.Runtime.State;

/// <summary>
/// Writes JSON text (RFC 8259) field by field. By hand, because the library's writer builds tables when it is first used that
/// cost more than a whole state.json.
/// </summary>
sealed class JsonText
{
    readonly StringBuilder _text = new();

    public JsonText Open(char bracket, string? field = null)
    {
        Begin(field);
        _text.Append(bracket);
        return this;
    }

    public JsonText Close(char bracket)
    {
        _text.Append(bracket);
        return this;
    }

    public JsonText Field(string name, string value)
    {
        Begin(name);
        Quote(value);
        return this;
    }

    public JsonText Field(string name, ulong value)
    {
        Begin(name);
        _text.Append(CultureInfo.InvariantCulture, $"{value}");
        return this;
    }

    public JsonText Field(string name, bool value)
    {
        Begin(name);
        _text.Append(value ? "true" : "false");
        return this;
    }

    /// <summary>A field whose value is JSON text already.</summary>
    public JsonText Raw(string name, string json)
    {
        Begin(name);
        _text.Append(json);
        return this;
    }

    public JsonText Item(string value)
    {
        Begin(null);
        Quote(value);
        return this;
    }

    public byte[] ToUtf8() => Encoding.UTF8.GetBytes(_text.ToString());

    void Begin(string? field)
    {
        if (_text.Length > 0 && _text[^1] is not ('{' or '[' or ':')) _text.Append(',');
        if (field is null) return;
        Quote(field);
        _text.Append(':');
    }

    void Quote(string value)
    {
        _text.Append('"');
        foreach (var c in value)
        {
            if (c is '"' or '\\') _text.Append('\\').Append(c);
            else if (char.IsControl(c)) _text.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
            else _text.Append(c);
        }

        _text.Append('"');
    }
}
