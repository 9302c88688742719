using System.CommandLine;
using System.Security.Cryptography;
using Orchestrator.Cli.Connection;
using Orchestrator.Contracts;
using Orchestrator.Contracts.Security;

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
        var context = ConfigFile.Find(parsed.GetValue(_context));
        var given = parsed.GetValue(_server) ?? (parsed.GetValue(_context) is null ? Environment.GetEnvironmentVariable("ORCH_SERVER") : null);
        var servers = given is not null ? given.Split(',', StringSplitOptions.RemoveEmptyEntries) : context?.Servers ?? [DefaultServer];
        return new ClusterConnection([.. servers.Select(AddressOf)], CredentialOf(context));
    }

    /// <summary>The namespace that was named on this very line, or null.</summary>
    public string? GivenNamespace(ParseResult parsed) => parsed.GetValue(_namespace);

    public string Namespace(ParseResult parsed) => parsed.GetValue(_namespace) ?? ConfigFile.Find(parsed.GetValue(_context))?.Namespace ?? Model.Meta.Namespace.Default;

    /// <exception cref="CliException">It can't be read.</exception>
    public static Uri AddressOf(string text)
    {
        var full = text.Contains("://", StringComparison.Ordinal) ? text : $"https://{text}";
        if (!Uri.TryCreate(full, UriKind.Absolute, out var address) || address.Host.Length == 0)
            throw new CliException($"{text} is no server's address; write host or host:port");
        var named = full.AsSpan(full.IndexOf("://", StringComparison.Ordinal) + 3).TrimEnd('/').ToString().EndsWith($":{address.Port}", StringComparison.Ordinal);
        return named ? address : new UriBuilder(address) { Port = DefaultPort }.Uri;
    }

    /// <summary>
    /// Keeps a new certificate in the context that a command works with, over the connection that stands: one of a CA that was replaced opens no other. The file of this
    /// machine's own server is the server's to write.
    /// </summary>
    /// <returns>Whether there was one to replace.</returns>
    public async Task<bool> RenewAsync(ParseResult parsed, ClusterConnection cluster, CancellationToken token)
    {
        var contexts = ConfigFile.Read();
        var name = parsed.GetValue(_context) ?? contexts.CurrentContext;
        if (name is null || !contexts.ByName.TryGetValue(name, out var context) || await cluster.RenewAsync(token) is not var (certificate, key, roots)) return false;
        var renewed = new Dictionary<string, Context>(contexts.ByName) { [name] = context with { Certificate = certificate, Key = key, Roots = roots } };
        ConfigFile.Write(contexts with { ByName = renewed });
        return true;
    }

    static Credential? CredentialOf(Context? context)
    {
        if (context is not { Certificate: { } certificate, Key: { } key, Roots: { } roots }) return null;
        try
        {
            return Credential.FromPem(certificate, key, roots);
        }
        catch (CryptographicException broken)
        {
            throw new CliException($"the certificate of the context can't be used: {broken.Message}");
        }
    }
}
