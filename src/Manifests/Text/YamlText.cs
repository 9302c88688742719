using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Orchestrator.Manifests.Text;

/// <summary>Reads YAML (and so JSON) into documents of nodes, each with its place. Bounded: hostile text costs no more than its length.</summary>
sealed class YamlText
{
    /// <summary>The largest document, in characters: what the store takes as one object.</summary>
    public const int MaxDocumentLength = 1_500_000;

    /// <summary>How deep mappings and lists may nest.</summary>
    public const int MaxDepth = 100;

    /// <summary>How many nodes a document may have after its aliases are followed, so that a few lines can't grow without end.</summary>
    public const int MaxNodes = 1_000_000;

    readonly string _file;
    readonly List<Problem> _problems;
    readonly Dictionary<AnchorName, Node> _anchors = [];
    int _nodes;

    YamlText(string file, List<Problem> problems) => (_file, _problems) = (file, problems);

    /// <summary>The documents of a text; what can't be read is a problem, and what stands before it is still returned.</summary>
    public static List<Node> Read(string file, string text, List<Problem> problems)
    {
        if (text.Length > MaxDocumentLength)
        {
            problems.Add(new Problem(new Place(file, 0, 0), "", $"is {text.Length:N0} characters long; {MaxDocumentLength:N0} is the most: split it into several files"));
            return [];
        }

        if (Tabs(file, text, problems)) return [];
        return new YamlText(file, problems).Documents(text);
    }

    const string Json = "JSON";

    static string Language(string text) => text.AsSpan().TrimStart() is ['{' or '[', ..] ? Json : "YAML";

    static bool Tabs(string file, string text, List<Problem> problems)
    {
        if (Language(text) == Json) return false; // which may be indented with tabs
        var found = false;
        var number = 0;
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            number++;
            var indent = line[..(line.Length - line.TrimStart(" \t").Length)];
            if (indent.IndexOf('\t') is var tab and >= 0 && line.Length > indent.Length)
            {
                problems.Add(new Problem(new Place(file, number, tab + 1), "", "is indented with a tab; YAML allows spaces only"));
                found = true;
            }
        }

        return found;
    }

    List<Node> Documents(string text)
    {
        var documents = new List<Node>();
        var scanner = new Scanner(new StringReader(text));
        var parser = new Parser(scanner);
        try
        {
            parser.Consume<StreamStart>();
            while (!parser.Accept<StreamEnd>(out _))
            {
                parser.Consume<DocumentStart>();
                _anchors.Clear();
                _nodes = 0;
                var node = Node(parser, depth: 0);
                parser.Consume<DocumentEnd>();
                if (node is not ScalarNode { Kind: ScalarKind.Null }) documents.Add(node);
            }
        }
        catch (YamlException failure)
        {
            _problems.Add(new Problem(PlaceOf(failure.Start), "", $"is not {Language(text)}: {YamlWords.Of(failure.InnerException?.Message ?? failure.Message)}"));
        }
        catch (Exception failure) when (failure is InvalidOperationException or ArgumentException)
        {
            // The scanner answers some malformed texts, such as an unclosed mapping, with these instead of its own exception.
            _problems.Add(new Problem(PlaceOf(scanner.CurrentPosition), "", $"is not {Language(text)}: the text ends or breaks off inside a mapping or list; is a }} or ] missing?"));
        }

        return documents;
    }

    Node Node(Parser parser, int depth)
    {
        if (parser.TryConsume<AnchorAlias>(out var alias))
        {
            var target = _anchors.GetValueOrDefault(alias.Value) ?? throw new YamlException(alias.Start, alias.End, $"there is no anchor {alias.Value} above this, in the same document");
            Count(SizeOf(target), alias);
            return target;
        }

        var start = parser.Current ?? throw new YamlException("the text ends too early");
        if (depth > MaxDepth) throw new YamlException(start.Start, start.End, $"nests deeper than {MaxDepth} levels");
        Count(1, start);
        var anchor = (start as NodeEvent)?.Anchor ?? AnchorName.Empty;
        var node = Read(parser, depth);
        if (!anchor.IsEmpty) _anchors[anchor] = node;
        return node;
    }

    Node Read(Parser parser, int depth)
    {
        if (parser.TryConsume<MappingStart>(out var mapping))
        {
            var (entries, merged) = (new List<MappingEntry>(), new List<MappingEntry>());
            while (!parser.TryConsume<MappingEnd>(out _))
            {
                var key = parser.Consume<Scalar>();
                var value = Node(parser, depth + 1);
                if (key is { Value: "<<", Style: ScalarStyle.Plain }) merged.AddRange(Merged(value, key));
                else entries.Add(new MappingEntry(PlaceOf(key.Start), key.Value, value));
            }

            var own = entries.Select(entry => entry.Key).ToHashSet(StringComparer.Ordinal);
            entries.AddRange(merged.Where(entry => own.Add(entry.Key)));
            return new MappingNode(PlaceOf(mapping.Start), entries);
        }

        if (parser.TryConsume<SequenceStart>(out var sequence))
        {
            var items = new List<Node>();
            while (!parser.TryConsume<SequenceEnd>(out _)) items.Add(Node(parser, depth + 1));
            return new SequenceNode(PlaceOf(sequence.Start), items);
        }

        var scalar = parser.Consume<Scalar>();
        var kind = scalar.Style == ScalarStyle.Plain ? Scalars.KindOf(scalar.Value) : ScalarKind.Text;
        return new ScalarNode(PlaceOf(scalar.Start), scalar.Value, kind);
    }

    /// <summary>The fields that <c>&lt;&lt;</c> brings in; what stands beside it, or earlier in its list, comes first. Source: YAML 1.1, "Merge Key".</summary>
    static IEnumerable<MappingEntry> Merged(Node value, Scalar key) => value switch
    {
        MappingNode mapping => mapping.Entries,
        SequenceNode sequence => sequence.Items.SelectMany(item => Merged(item, key)),
        _ => throw new YamlException(key.Start, key.End, $"<< takes a mapping or a list of them, not {value.Described}"),
    };

    void Count(int nodes, ParsingEvent at)
    {
        _nodes += nodes;
        if (_nodes > MaxNodes) throw new YamlException(at.Start, at.End, $"has more than {MaxNodes:N0} nodes once its aliases are followed");
    }

    static int SizeOf(Node node) => node switch
    {
        MappingNode mapping => 1 + mapping.Entries.Sum(entry => SizeOf(entry.Value)),
        SequenceNode sequence => 1 + sequence.Items.Sum(SizeOf),
        _ => 1,
    };

    Place PlaceOf(Mark mark) => new(_file, (int)mark.Line, (int)mark.Column);
}
