namespace Orchestrator.Manifests.Text;

/// <summary>A piece of a manifest with its place, before anybody has asked what it means.</summary>
abstract record Node(Place Place)
{
    /// <summary>What it is, in the words of a problem.</summary>
    public abstract string Described { get; }
}

sealed record MappingNode(Place Place, IReadOnlyList<MappingEntry> Entries) : Node(Place)
{
    public override string Described => "a mapping";

    public Node? Find(string key) => Entries.FirstOrDefault(entry => entry.Key == key)?.Value;
}

sealed record MappingEntry(Place Place, string Key, Node Value);

sealed record SequenceNode(Place Place, IReadOnlyList<Node> Items) : Node(Place)
{
    public override string Described => "a list";
}

/// <param name="Kind">What a plain scalar reads as in YAML; a quoted one is always text.</param>
sealed record ScalarNode(Place Place, string Text, ScalarKind Kind) : Node(Place)
{
    public override string Described => Kind switch
    {
        ScalarKind.Null => "nothing",
        ScalarKind.Boolean => $"the boolean {Text}",
        ScalarKind.Integer or ScalarKind.Float => $"the number {Text}",
        ScalarKind.Text => $"the text \"{(Text.Length > 40 ? Text[..40] + "..." : Text)}\"",
    };
}

enum ScalarKind
{
    Null,
    Boolean,
    Integer,
    Float,
    Text,
}
