namespace Orchestrator.Runtime.Spec;

/// <summary>
/// A config.json (or process.json) that can't be run as it stands: the field's path and what is wrong, in one line whatever the text quotes of it.
/// </summary>
sealed class ConfigException(string field, string problem) : Exception(OneLine($"config: {field}: {problem}"))
{
    const int Longest = 500;

    public string Field { get; } = field;

    static string OneLine(string text)
    {
        if (text.Length > Longest) text = text[..Longest] + "...";
        return text.Any(char.IsControl) ? string.Concat(text.Select(c => char.IsControl(c) ? '?' : c)) : text;
    }
}
