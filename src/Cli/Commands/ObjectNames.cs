using System.CommandLine;
using System.CommandLine.Completions;
using Grpc.Core;
using Orchestrator.Cli.Connection;
using Orchestrator.Contracts;
using Orchestrator.Model;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Pods;

namespace Orchestrator.Cli.Commands;

/// <summary>What a shell may offer where objects are named: kinds, and after a kind the names that the cluster has of it.</summary>
static class ObjectNames
{
    /// <summary>A person waits for the answer with a finger on the key; a server that hangs must not hold the shell.</summary>
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Completes <c>pods</c>, <c>pod web-1</c> and <c>pod/web-1</c>.</summary>
    public static void Complete(Argument<string[]> targets, SharedOptions shared)
    {
        targets.HelpName = targets.Name; // else the help would list the kinds in its place
        targets.CompletionSources.Add(context => Offered(targets, shared, context));
    }

    static IEnumerable<CompletionItem> Offered(Argument<string[]> targets, SharedOptions shared, CompletionContext context)
    {
        var word = context.WordToComplete;
        var before = (context.ParseResult.GetValue(targets) ?? []).Where(each => each != word).ToList();
        if (word.IndexOf('/') is var slash and > 0) return Items(Of(context, shared, word[..slash]).Select(name => $"{word[..slash]}/{name}"));
        if (before.Count == 0) return Items(Kinds.All.Where(kind => kind.Name != Record.KindName).Select(kind => kind.Plural));
        return Items(before[0].Contains('/') ? [] : Of(context, shared, before[0]));
    }

    /// <summary>Completes the names of pods.</summary>
    public static void CompletePods(Argument<string> pod, SharedOptions shared)
    {
        pod.HelpName = pod.Name; // as above
        pod.CompletionSources.Add(context => Items(Of(context, shared, Pod.KindName)));
    }

    static IEnumerable<CompletionItem> Items(IEnumerable<string> words) => words.Select(word => new CompletionItem(word));

    static List<string> Of(CompletionContext context, SharedOptions shared, string kind)
    {
        if (Kinds.Named(kind) is not { } known) return [];
        try
        {
            using var cluster = shared.Connect(context.ParseResult);
            var request = new ListRequest { Kind = known.Name, Namespace = shared.Namespace(context.ParseResult) };
            var reply = cluster.AskAsync(client => client.ListAsync(request, deadline: DateTime.UtcNow + Patience).ResponseAsync).GetAwaiter().GetResult(); // the library completes synchronously
            return [.. reply.Resources.Select(resource => resource.Name)];
        }
        catch (Exception failure) when (failure is CliException or RpcException)
        {
            return []; // a shell has no place for an error
        }
    }
}
