using System.CommandLine;
using Orchestrator.Cli.Connection;
using Orchestrator.Model.Meta;

namespace Orchestrator.Cli.Commands;

/// <summary><c>orch label</c> and <c>orch annotate</c>: sets <c>key=value</c> on objects, or takes <c>key-</c> off them.</summary>
static class LabelCommand
{
    public static Command Create(SharedOptions shared, bool annotate)
    {
        var (verb, noun) = annotate ? ("annotate", "annotations") : ("label", "labels");
        var words = new Argument<string[]>("words") { Description = "node n1 disk=ssd, or deployment/web tier=front old-", Arity = ArgumentArity.OneOrMore };
        var overwrite = new Option<bool>("--overwrite") { Description = "also where another value is there" };
        var all = new Option<bool>("--all") { Description = "all of the kind in the namespace" };
        var selector = new Option<string>("--selector", "-l") { Description = "those with these labels: app=web,tier!=db" };
        ObjectNames.Complete(words, shared);
        var command = new Command(verb, $"Set {noun} of objects, or take them off.") { words, overwrite, all, selector };
        command.SetAction(async (parsed, token) =>
        {
            var (named, sets) = Split(parsed.GetValue(words)!); // one or more
            if (sets.Count == 0) throw new CliException($"say which {noun}: key=value sets one, key- takes it off");
            var targets = Target.Read(named);
            var many = parsed.GetValue(all) || parsed.GetValue(selector) is not null;
            if (targets.FirstOrDefault(target => target.Name is null) is { } unnamed && !many)
                throw new CliException($"name the {unnamed.Kind.Singular} to {verb}, such as {unnamed.Kind.Singular}/web, or choose several with --selector or --all");
            var query = new Query(shared.Namespace(parsed), parsed.GetValue(selector) ?? "");
            using var cluster = shared.Connect(parsed);
            foreach (var target in targets)
            {
                IReadOnlyList<string> names = target.Name is { } one ? [one] : [.. (await query.FindAsync(cluster, target, token)).Select(resource => resource.Name)];
                foreach (var name in names)
                {
                    var (before, after) = await cluster.EditAsync<Resource>(target.Kind.Name, query.Namespace, name, resource => With(resource, annotate, sets, parsed.GetValue(overwrite)), token);
                    Console.WriteLine($"{target.Kind.Singular}/{name} {Word(annotate, ReferenceEquals(before, after), sets)}");
                }
            }

            return 0;
        });
        return command;
    }

    /// <summary>Objects first, then what is set: no name of an object has an equal sign in it or ends with a hyphen.</summary>
    static (string[] Named, IReadOnlyList<(string Key, string? Value)> Sets) Split(string[] words)
    {
        var sets = words.Where(IsSet).Select(word => word.IndexOf('=') is var equal and >= 0 ? (word[..equal], word[(equal + 1)..]) : (word[..^1], (string?)null)).ToList();
        var named = words.Where(word => !IsSet(word)).ToArray();
        if (named.Length == 0) throw new CliException("name an object, such as node/n1");
        if (sets.GroupBy(set => set.Item1).FirstOrDefault(same => same.Count() > 1) is { } twice) throw new CliException($"{twice.Key} is named twice");
        return (named, sets);
    }

    static bool IsSet(string word) => word.Contains('=') || word.EndsWith('-');

    static Resource With(Resource resource, bool annotate, IReadOnlyList<(string Key, string? Value)> sets, bool overwrite)
    {
        var now = new Dictionary<string, string>(annotate ? resource.Metadata.Annotations : resource.Metadata.Labels);
        foreach (var (key, value) in sets)
        {
            if (value is null) now.Remove(key);
            else if (!overwrite && now.TryGetValue(key, out var there) && there != value) throw new CliException($"{resource.Kind.ToLowerInvariant()}/{resource.Name} has {key}={there} already; --overwrite changes it");
            else now[key] = value;
        }

        return resource with { Metadata = annotate ? resource.Metadata with { Annotations = now } : resource.Metadata with { Labels = now } };
    }

    static string Word(bool annotate, bool same, IReadOnlyList<(string Key, string? Value)> sets)
    {
        var word = annotate ? "annotated" : "labeled";
        return same ? $"not {word}" : !annotate && sets.All(set => set.Value is null) ? "unlabeled" : word;
    }
}
