using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Orchestrator.Model.Values;

/// <summary>A number or a text: a port by number or name, a count or a percentage (<c>25%</c>).</summary>
[JsonConverter(typeof(IntOrStringConverter))]
public readonly record struct IntOrString
{
    public IntOrString(int number) => Number = number;

    public IntOrString(string text) => Text = text;

    public int Number { get; }

    /// <summary>The text, or null when this is a number.</summary>
    public string? Text { get; }

    public static implicit operator IntOrString(int number) => new(number);

    public static implicit operator IntOrString(string text) => new(text);

    /// <summary>
    /// The count this means out of <paramref name="total"/>: itself, or the percentage of the total, rounded up or down. Null when the text is no percentage.
    /// </summary>
    public int? CountOf(int total, bool roundUp)
    {
        if (Text is null) return Number;
        if (!Text.EndsWith('%') || !int.TryParse(Text.AsSpan(0, Text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var percent)) return null;
        var share = (long)total * percent;
        return (int)Math.Min(int.MaxValue, roundUp ? (share + 99) / 100 : share / 100);
    }

    public override string ToString() => Text ?? Number.ToString(CultureInfo.InvariantCulture);
}

sealed class IntOrStringConverter : JsonConverter<IntOrString>
{
    public override IntOrString Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.TokenType switch
    {
        JsonTokenType.Number when reader.TryGetInt32(out var number) => new IntOrString(number),
        JsonTokenType.String => new IntOrString(reader.GetString()!), // a String token has a value
        _ => throw new JsonException("expected a whole number or a text"),
    };

    public override void Write(Utf8JsonWriter writer, IntOrString value, JsonSerializerOptions options)
    {
        if (value.Text is null) writer.WriteNumberValue(value.Number);
        else writer.WriteStringValue(value.Text);
    }
}
