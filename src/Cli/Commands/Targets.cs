using Orchestrator.Cli.Connection;
using Orchestrator.Manifests.Checking;
using Orchestrator.Model;

namespace Orchestrator.Cli.Commands;

/// <summary>Objects as they are named on the command line: <c>pods</c>, <c>pod web-1 web-2</c>, <c>deploy/web</c>, <c>deploy,svc</c>.</summary>
/// <param name="Name">Null for all of the kind.</param>
sealed record Target(Kind Kind, string? Name)
{
    /// <summary>Stands for the kinds that a running application is made of, as with kubectl.</summary>
    const string All = "all";

    static readonly string[] Workload = ["pods", "services", "daemonsets", "deployments", "replicasets", "statefulsets", "jobs", "cronjobs"];

    /// <exception cref="CliException">A kind is not known, or the words don't fit together.</exception>
    public static IReadOnlyList<Target> Read(IReadOnlyList<string> words)
    {
        if (words.Count == 0) throw new CliException("name a kind of object, such as pods or deployment/web");
        if (words[0].Contains('/')) return [.. words.Select(Slashed)];
        var kinds = words[0].Split(',', StringSplitOptions.RemoveEmptyEntries).SelectMany(KindsOf).Distinct().ToList();
        if (kinds.Count == 0) throw new CliException($"\"{words[0]}\" names no kind of object; write pods or deploy,svc");
        if (words.Count == 1) return [.. kinds.Select(kind => new Target(kind, null))];
        if (kinds.Count > 1) throw new CliException("names go with one kind only; write kind/name for each");
        return [.. words.Skip(1).Select(name => new Target(kinds[0], name))];
    }

    /// <summary>The same, where no word stands for everything: one null.</summary>
    /// <exception cref="CliException">As above.</exception>
    public static IReadOnlyList<Target?> ReadOrEverything(string[]? words) => words is { Length: > 0 } ? [.. Read(words)] : [null];

    static IEnumerable<Kind> KindsOf(string word) => word == All ? Workload.Select(KindOf) : [KindOf(word)];

    public static Kind KindOf(string word)
    {
        if (Kinds.Named(word) is { } kind && kind.Name != Model.Meta.Record.KindName) return kind;
        var known = Kinds.All.Where(each => each.Name != Model.Meta.Record.KindName).SelectMany(each => each.ShortNames.Append(each.Plural).Append(each.Singular));
        var near = Spelling.Nearest(word, known);
        throw new CliException($"there is no kind of object {word}{(near is null ? "" : $"; did you mean {near}?")}");
    }

    static Target Slashed(string word)
    {
        var parts = word.Split('/');
        return parts is [{ Length: > 0 } kind, { Length: > 0 } name]
            ? new Target(KindOf(kind), name)
            : throw new CliException($"{word} names no object; write kind/name");
    }
}
