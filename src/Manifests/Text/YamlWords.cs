namespace Orchestrator.Manifests.Text;

/// <summary>What is wrong with a text that is not YAML, in words that say what to do. The parser's own words are kept where there are no better ones.</summary>
static class YamlWords
{
    static readonly (string Said, string Meant)[] Known =
    [
        ("did not find expected '-' indicator", "this line does not go with the list above it; check how far it is indented"),
        ("block mapping, did not find expected key", "this line does not go with the fields above it; check how far it is indented, and that a blank follows every colon"),
        ("did not find expected ',' or '}'", "a , or a } is missing before this"),
        ("did not find expected ',' or ']'", "a , or a ] is missing before this"),
        ("plain scalar value, found invalid mapping", "a value holds a colon followed by a blank; put the value in quotes"),
        ("plain scalar, found invalid mapping", "this line does not go with what stands above it; check how far it is indented"),
        ("could not find expected ':'", "this line has no colon; a field is written name: value"),
        ("double-quoted scalar, found wrong indentation", "a quote that is opened here is not closed"),
        ("quoted scalar, found unexpected end of stream", "a quote that is opened here is not closed"),
        ("quoted scalar, found unexpected document indicator", "a quote that is opened here is not closed"),
        ("found unknown escape character", "a \\ in double quotes starts no escape that is known; write \\\\ or use single quotes"),
        ("found character that cannot start any token", "a value can't start with this character; put the value in quotes"),
        ("Expected 'Scalar', got", "a field's name must be a plain word; a template such as {{ .name }} has to be filled in first"),
    ];

    public static string Of(string said)
    {
        foreach (var (part, meant) in Known)
            if (said.Contains(part, StringComparison.OrdinalIgnoreCase)) return meant;
        return said;
    }
}
