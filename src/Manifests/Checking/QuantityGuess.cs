using Orchestrator.Model.Values;

namespace Orchestrator.Manifests.Checking;

/// <summary>Guesses which quantity was meant by a text that is none.</summary>
static class QuantityGuess
{
    static readonly string[] Letters = ["k", "M", "G", "T", "P"];

    /// <summary>What to write instead; empty when nothing comes to mind.</summary>
    public static IReadOnlyList<string> For(string text)
    {
        var tight = string.Concat(text.Where(each => !char.IsWhiteSpace(each))).Replace(',', '.');
        if (Quantity.TryParse(tight, out _)) return [tight];
        var digits = tight.Length - tight.TrimStart("0123456789.".ToCharArray()).Length;
        var (number, unit) = (tight[..digits], tight[digits..].ToLowerInvariant());
        if (!Quantity.TryParse(number, out _)) return [];

        // Bytes as people write them: MB and mb for a million or 1,048,576 of them, MiB for the latter.
        if (unit == "b") return [number];
        var letter = Letters.FirstOrDefault(each => unit.StartsWith(each, StringComparison.OrdinalIgnoreCase));
        if (letter is null) return [];
        var binary = number + letter.ToUpperInvariant() + "i";
        return unit[1..] switch
        {
            "" or "b" => [number + letter, binary],
            "i" or "ib" => [binary],
            _ => [],
        };
    }
}
