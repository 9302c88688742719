using System.Globalization;
using System.Text.Json.Nodes;
using Orchestrator.Manifests.Text;
using Orchestrator.Model.Values;

namespace Orchestrator.Manifests.Checking;

/// <summary>Holds a single value against its type and says what it should have been.</summary>
static class ScalarCheck
{
    public static JsonNode? Check(Node node, Type type, string path, List<Problem> problems)
    {
        if (node is not ScalarNode scalar) return Refuse($"expected {Expected(type)}, found {node.Described}");
        if (type == typeof(string)) return Text(scalar);
        if (type == typeof(bool)) return Boolean(scalar);
        if (type == typeof(int)) return Number(scalar, int.MinValue, int.MaxValue);
        if (type == typeof(long)) return Number(scalar, long.MinValue, long.MaxValue);
        if (type == typeof(Quantity)) return Amount(scalar);
        if (type == typeof(IntOrString)) return CountOrText(scalar);
        if (type == typeof(DateTimeOffset)) return Time(scalar);
        return type.IsEnum ? Choice(scalar, type) : throw new System.Diagnostics.UnreachableException($"no rule for {type.Name}");

        JsonNode? Refuse(string message)
        {
            problems.Add(new Problem(node.Place, path, message));
            return null;
        }

        JsonNode? Text(ScalarNode text) => text.Kind == ScalarKind.Text
            ? JsonValue.Create(text.Text)
            : Refuse($"expected a text, found {text.Described}; write \"{text.Text}\" in quotes");

        JsonNode? Boolean(ScalarNode text) => text.Kind == ScalarKind.Boolean
            ? JsonValue.Create(Scalars.BooleanOf(text.Text))
            : Refuse($"expected true or false, found {text.Described}{(text.Kind == ScalarKind.Text && Scalars.KindOf(text.Text) == ScalarKind.Boolean ? "; take the quotes off" : "")}");

        JsonNode? Number(ScalarNode text, long least, long most)
        {
            if (text.Kind != ScalarKind.Integer) return Refuse($"expected a whole number, found {text.Described}{(text.Kind == ScalarKind.Text && Scalars.KindOf(text.Text) == ScalarKind.Integer ? "; take the quotes off" : "")}");
            var number = Scalars.IntegerOf(text.Text);
            return number < least || number > most ? Refuse($"expected a number from {least} to {most}, found {number}") : JsonValue.Create(number);
        }

        JsonNode? Amount(ScalarNode text)
        {
            if (Quantity.TryParse(text.Text, out var quantity) && text.Kind is ScalarKind.Text or ScalarKind.Integer or ScalarKind.Float) return JsonValue.Create(quantity.ToString());
            var near = QuantityGuess.For(text.Text);
            return Refuse(near.Count > 0
                ? $"\"{text.Text}\" is not a quantity; did you mean {string.Join(" or ", near)}?"
                : $"expected a quantity such as 500m, 2 or 64Mi, found {text.Described}");
        }

        JsonNode? CountOrText(ScalarNode text) => text.Kind switch
        {
            ScalarKind.Integer when int.TryParse(text.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) => JsonValue.Create(number),
            ScalarKind.Text => JsonValue.Create(text.Text),
            ScalarKind.Integer or ScalarKind.Null or ScalarKind.Boolean or ScalarKind.Float => Refuse($"expected a whole number or a text, found {text.Described}"),
        };

        JsonNode? Time(ScalarNode text) =>
            DateTimeOffset.TryParse(text.Text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time)
                ? JsonValue.Create(time.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'", CultureInfo.InvariantCulture))
                : Refuse($"expected a time such as 2006-01-02T15:04:05Z, found {text.Described}");

        JsonNode? Choice(ScalarNode text, Type choices)
        {
            var names = Enum.GetNames(choices);
            if (names.Contains(text.Text, StringComparer.Ordinal)) return JsonValue.Create(text.Text);
            var near = Spelling.Nearest(text.Text, names);
            return Refuse($"expected {Expected(choices)}, found {text.Described}{(near is null ? "" : $"; did you mean {near}?")}");
        }
    }

    static string Expected(Type type)
    {
        if (type == typeof(string)) return "a text";
        if (type == typeof(bool)) return "true or false";
        if (type == typeof(int) || type == typeof(long)) return "a whole number";
        if (type == typeof(Quantity)) return "a quantity such as 500m, 2 or 64Mi";
        if (type == typeof(IntOrString)) return "a whole number or a text";
        return type.IsEnum ? string.Join(", ", Enum.GetNames(type)[..^1]) + " or " + Enum.GetNames(type)[^1] : "a value";
    }
}
