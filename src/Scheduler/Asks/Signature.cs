using Orchestrator.Model.Pods;
using Orchestrator.Model.Values;

namespace Orchestrator.Scheduler.Asks;

/// <summary>Writes what decides over a pod's placement as one text, so that pods that ask for the same are known by it.</summary>
sealed class Signature
{
    char[] _text = new char[512];
    int _length;

    public ReadOnlySpan<char> Text => _text.AsSpan(0, _length);

    public Signature Clear()
    {
        _length = 0;
        return this;
    }

    public Signature Add(long value)
    {
        Room(4);
        for (var shift = 0; shift < 64; shift += 16) _text[_length++] = (char)(value >> shift);
        return this;
    }

    public Signature Add(string? text)
    {
        text ??= "\0";
        Add((long)text.Length);
        Room(text.Length);
        text.CopyTo(_text.AsSpan(_length));
        _length += text.Length;
        return this;
    }

    public Signature Add(IReadOnlyDictionary<string, string> pairs)
    {
        Add(pairs.Count);
        if (pairs.Count == 0) return this;
        foreach (var (name, value) in pairs.OrderBy(pair => pair.Key, StringComparer.Ordinal)) Add(name).Add(value);
        return this;
    }

    public Signature Add(LabelSelector? selector)
    {
        if (selector is null) return Add(-1L);
        Add(selector.MatchLabels).Add(selector.MatchExpressions.Count);
        foreach (var each in selector.MatchExpressions) Add(each.Key).Add((long)each.Operator).Add(each.Values);
        return this;
    }

    public Signature Add(IReadOnlyList<string> texts)
    {
        Add(texts.Count);
        foreach (var text in texts) Add(text);
        return this;
    }

    public Signature Add(NodeSelectorTerm term)
    {
        foreach (var list in new[] { term.MatchExpressions, term.MatchFields })
        {
            Add(list.Count);
            foreach (var each in list) Add(each.Key).Add((long)each.Operator).Add(each.Values);
        }

        return this;
    }

    public Signature Add(PodAffinityTerm term) => Add(term.TopologyKey).Add(term.LabelSelector).Add(term.Namespaces).Add(term.NamespaceSelector);

    void Room(int more)
    {
        if (_length + more > _text.Length) Array.Resize(ref _text, Math.Max(_text.Length * 2, _length + more));
    }
}
