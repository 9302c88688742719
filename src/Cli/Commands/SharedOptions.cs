using System.CommandLine;
using Orchestrator.Cli.Connection;

namespace Orchestrator.Cli.Commands;

/// <summary>Which cluster and which namespace: the options that every command has.</summary>
sealed class SharedOptions
{
    const string DefaultServer = "127.0.0.1";
    const int DefaultPort = 6440;

    readonly Option<string> _server = new("--server", "-s") { Description = "the cluster's servers, as host[:port], separated by commas", Recursive = true };

    readonly Option<string> _context = new("--context") { Description = "the cluster by its name in the config file", Recursive = true };

    readonly Option<string> _namespace = new("--namespace", "-n") { Description = "the namespace that is meant", Recursive = true };

    public void AddTo(RootCommand root)
    {
        root.Options.Add(_server);
        root.Options.Add(_context);
        root.Options.Add(_namespace);
    }

    /// <exception cref="CliException">The context is not known, or an address can't be read.</exception>
    public ClusterConnection Connect(ParseResult parsed)
    {
        var given = parsed.GetValue(_server) ?? (parsed.GetValue(_context) is null ? Environment.GetEnvironmentVariable("ORCH_SERVER") : null);
        var servers = given is not null ? given.Split(',', StringSplitOptions.RemoveEmptyEntries) : ContextOf(parsed)?.Servers ?? [DefaultServer];
        return new ClusterConnection([.. servers.Select(AddressOf)]);
    }

    /// <summary>The namespace that was named on this very line, or null.</summary>
    public string? GivenNamespace(ParseResult parsed) => parsed.GetValue(_namespace);

    public string Namespace(ParseResult parsed) => parsed.GetValue(_namespace) ?? ContextOf(parsed)?.Namespace ?? Model.Meta.Namespace.Default;

    /// <exception cref="CliException">It can't be read.</exception>
    public static Uri AddressOf(string text)
    {
        var full = text.Contains("://", StringComparison.Ordinal) ? text : $"http://{text}";
        if (!Uri.TryCreate(full, UriKind.Absolute, out var address) || address.Host.Length == 0)
            throw new CliException($"{text} is no server's address; write host or host:port");
        var named = full.AsSpan(full.IndexOf("://", StringComparison.Ordinal) + 3).TrimEnd('/').ToString().EndsWith($":{address.Port}", StringComparison.Ordinal);
        return named ? address : new UriBuilder(address) { Port = DefaultPort }.Uri;
    }

    Context? ContextOf(ParseResult parsed)
    {
        var file = ConfigFile.Read();
        var name = parsed.GetValue(_context) ?? file.CurrentContext;
        if (name is null) return null;
        return file.Contexts.TryGetValue(name, out var context)
            ? context
            : throw new CliException($"there is no context {name} in {ConfigFile.Path}; `orch config get-contexts` lists them");
    }
}
