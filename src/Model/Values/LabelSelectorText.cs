namespace Orchestrator.Model.Values;

/// <summary>
/// Reads selectors as kubectl writes them: <c>app=web,tier!=db,env in (prod,test),!legacy</c>. Source: Kubernetes, "Labels and Selectors".
/// </summary>
public static class LabelSelectorText
{
    /// <summary>False, with what is wrong, when the text is no selector. The empty text chooses everything.</summary>
    public static bool TryParse(string text, out LabelSelector selector, out string? problem)
    {
        selector = new LabelSelector();
        problem = null;
        var requirements = new List<LabelRequirement>();
        foreach (var part in Parts(text))
        {
            if (Requirement(part.Trim()) is not { } requirement)
            {
                problem = $"\"{part.Trim()}\" is no label requirement; write name=value, name!=value, name in (a,b), name notin (a,b), name or !name";
                return false;
            }

            requirements.Add(requirement);
        }

        selector = new LabelSelector { MatchExpressions = requirements };
        return true;
    }

    // Commas inside parentheses separate values, not requirements.
    static IEnumerable<string> Parts(string text)
    {
        if (string.IsNullOrWhiteSpace(text)) yield break;
        var (start, depth) = (0, 0);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '(') depth++;
            else if (text[i] == ')') depth--;
            else if (text[i] == ',' && depth == 0)
            {
                yield return text[start..i];
                start = i + 1;
            }
        }

        yield return text[start..];
    }

    static LabelRequirement? Requirement(string part)
    {
        if (part.Length > 1 && part[0] == '!') return Named(part[1..], LabelOperator.DoesNotExist);
        if (part.IndexOf("!=", StringComparison.Ordinal) is var unequal and > 0) return Named(part[..unequal], LabelOperator.NotIn, part[(unequal + 2)..]);
        if (part.IndexOf('=') is var equal and > 0) return Named(part[..equal], LabelOperator.In, part[(equal + 1)..].TrimStart('='));
        if (part.EndsWith(')') && part.IndexOf('(') is var open and > 0)
        {
            var values = part[(open + 1)..^1].Split(',', StringSplitOptions.TrimEntries);
            var words = part[..open].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            return words switch
            {
                [var name, "in"] => Named(name, LabelOperator.In, values),
                [var name, "notin"] => Named(name, LabelOperator.NotIn, values),
                _ => null,
            };
        }

        return Named(part, LabelOperator.Exists);
    }

    static LabelRequirement? Named(string name, LabelOperator @operator, params string[] values)
    {
        name = name.Trim();
        return name.Length == 0 || name.Any(char.IsWhiteSpace)
            ? null
            : new LabelRequirement { Key = name, Operator = @operator, Values = [.. values.Select(value => value.Trim())] };
    }
}
