using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using Orchestrator.Cli.Commands;
using Orchestrator.Cli.Commands.Rollouts;
using Orchestrator.Cli.Commands.Sim;
using Orchestrator.Cli.Output;
using Orchestrator.Manifests.Checking;

namespace Orchestrator.Cli;

/// <summary>All of orch's verbs, and what is said of a line that makes no sense: what is wrong, the likely word, where to read more.</summary>
static class CommandLine
{
    public static RootCommand Create()
    {
        var shared = new SharedOptions();
        var root = new RootCommand("Talks to the cluster: applies manifests, shows and deletes objects, reads logs.")
        {
            ApplyCommand.Create(shared),
            GetCommand.Create(shared),
            DescribeCommand.Create(shared),
            CreateCommand.Create(shared),
            EditCommand.Create(shared),
            DeleteCommand.Create(shared),
            LogsCommand.Create(shared),
            ExecCommand.Create(shared),
            PortForwardCommand.Create(shared),
            ScaleCommand.Create(shared),
            TopCommand.Create(shared),
            WhyCommand.Create(shared),
            PlanCommand.Create(shared),
            LabelCommand.Create(shared, annotate: false),
            LabelCommand.Create(shared, annotate: true),
            CordonCommand.Create(shared, cordon: true),
            CordonCommand.Create(shared, cordon: false),
            DrainCommand.Create(shared),
            NodeCommand.Create(shared),
            RebalanceCommand.Create(shared),
            RolloutCommand.Create(shared),
            HistoryCommand.Create(shared),
            DiffCommand.Create(shared),
            RollbackCommand.Create(shared),
            ClusterCommand.Create(shared),
            TokenCommand.Create(shared),
            CaCommand.Create(shared),
            ImageCommand.Create(shared),
            SimCommand.Create(),
            ConfigCommand.Create(),
            VersionCommand.Create(shared),
            CompletionCommand.Create(),
        };
        shared.AddTo(root);
        return root;
    }

    public static async Task<int> RunAsync(string[] words)
    {
        var parsed = Create().Parse(words);
        if (parsed.Errors.Count == 0 && StrayOption(parsed) is null) return await Failures.Guarded(() => parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false }));
        if (parsed.UnmatchedTokens.Count == 0 && IsGroup(parsed.CommandResult.Command)) return new HelpAction().Invoke(parsed);
        await Console.Error.WriteLineAsync($"error: {Explanation(parsed)}\nRun '{NameOf(parsed.CommandResult.Command)} --help' for what there is.");
        return 1;
    }

    static string Explanation(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        var word = StrayOption(parsed) ?? (parsed.UnmatchedTokens.Count > 0 ? parsed.UnmatchedTokens[0] : null);
        if (word is null) return InWords(parsed.Errors[0].Message);
        if (word.StartsWith('-'))
        {
            var options = Line(command).SelectMany(each => each.Options.Where(option => each == command || option.Recursive)).SelectMany(option => option.Aliases.Append(option.Name));
            return $"{NameOf(command)} has no option {word}{Likely(word, options.Where(name => name.StartsWith("--", StringComparison.Ordinal)))}";
        }

        if (IsGroup(command)) return $"{NameOf(command)} has no command {word}{Likely(word, command.Subcommands.Select(each => each.Name))}";
        return $"{NameOf(command)} does not take {word} here{(command.Options.Any(option => option.Name == "--filename") ? "; manifests are named with -f" : "")}";
    }

    /// <summary>An option that is not there and that the library took for the name of an object. What stands after <c>--</c> is none.</summary>
    static string? StrayOption(ParseResult parsed) => parsed.Tokens.TakeWhile(token => token.Type != TokenType.DoubleDash)
        .Where(token => token.Type == TokenType.Argument).Select(token => token.Value)
        .FirstOrDefault(word => word.Length > 1 && word[0] == '-' && parsed.CommandResult.Children.OfType<ArgumentResult>().Any(argument => argument.Tokens.Any(token => token.Value == word)));

    static string InWords(string message) => string.Join(' ', message.Split(['\n', '\r', '\t'], StringSplitOptions.RemoveEmptyEntries))
        .Replace("as expected type 'System.Int32'", "as a whole number", StringComparison.Ordinal)
        .Replace("as expected type 'System.Nullable`1[System.Int32]'", "as a whole number", StringComparison.Ordinal)
        .Replace("as expected type 'System.Nullable`1[System.Int64]'", "as a whole number", StringComparison.Ordinal);

    static string Likely(string word, IEnumerable<string> names) => Spelling.Nearest(word, names) is { } near ? $"; did you mean {near}?" : "";

    static bool IsGroup(Command command) => command.Subcommands.Count > 0;

    static string NameOf(Command command) => string.Join(' ', Line(command).Reverse().Select(each => each is RootCommand ? "orch" : each.Name));

    /// <summary>The command, its parent, and so on up to orch itself.</summary>
    static IEnumerable<Command> Line(Command command)
    {
        for (var each = command; each is not null; each = each.Parents.OfType<Command>().FirstOrDefault()) yield return each;
    }
}
