namespace Orchestrator.NodeAgent.Images;

/// <summary>
/// A registry's WWW-Authenticate answer: the scheme and its parameters (RFC 9110 section 11.6.1).
/// Quoted strings may hold commas and escapes, which is why this is a walk and not a split.
/// </summary>
sealed record AuthChallenge(string Scheme, IReadOnlyDictionary<string, string> Parameters)
{
    public static AuthChallenge Parse(string scheme, string? parameters)
    {
        Dictionary<string, string> read = new(StringComparer.OrdinalIgnoreCase);
        var rest = parameters.AsSpan().Trim();
        while (rest.Length > 0)
        {
            var equals = rest.IndexOf('=');
            if (equals < 0)
                break;
            var name = rest[..equals].Trim(" ,\t").ToString();
            rest = rest[(equals + 1)..].TrimStart();
            read[name] = rest is ['"', ..] ? Quoted(ref rest) : Token(ref rest);
        }

        return new AuthChallenge(scheme, read);
    }

    static string Token(ref ReadOnlySpan<char> rest)
    {
        var end = rest.IndexOf(',');
        var value = end < 0 ? rest : rest[..end];
        rest = end < 0 ? [] : rest[(end + 1)..];
        return value.Trim().ToString();
    }

    static string Quoted(ref ReadOnlySpan<char> rest)
    {
        System.Text.StringBuilder value = new();
        var at = 1;
        while (at < rest.Length && rest[at] != '"')
        {
            if (rest[at] == '\\' && at + 1 < rest.Length)
                at++;
            value.Append(rest[at++]);
        }

        rest = at + 1 < rest.Length ? rest[(at + 1)..] : [];
        return value.ToString();
    }
}
