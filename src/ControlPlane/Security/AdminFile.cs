using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orchestrator.Contracts;
using Orchestrator.Contracts.Security;
using Orchestrator.ControlPlane.Servers;
using Orchestrator.ControlPlane.Store;

namespace Orchestrator.ControlPlane.Security;

/// <summary>
/// Keeps <c>admin.json</c> in the data directory: the context that root on this server's machine works with, written anew when its certificate has lived two thirds of its
/// life, the roots are others, or the servers are.
/// </summary>
sealed partial class AdminFile(ClusterStore store, ClusterAuthority authority, ControlPlaneOptions options, TimeProvider clock, ILogger<AdminFile> log) : BackgroundService
{
    const string ContextName = "default";
    const string UserName = "admin";

    static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.AdminFile is not { } path) return;
        try
        {
            for (; ; await Task.Delay(Pause, clock, stoppingToken))
            {
                if (authority.Known is not { } record) continue;
                var servers = Servers();
                if (!IsGood(path, record, servers)) Write(path, record, servers);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Asked to stop.
        }
    }

    // This one first: it is asked from its own machine.
    List<string> Servers() =>
        [options.ApiAddress.Authority, .. ServerInfo.All(store.Current).Select(server => new Uri(server.Api).Authority).Where(each => each != options.ApiAddress.Authority)];

    bool IsGood(string path, AuthorityRecord record, List<string> servers)
    {
        try
        {
            if (!File.Exists(path) || Contexts.Parse(File.ReadAllText(path)).ByName.GetValueOrDefault(ContextName) is not { Certificate: { } certificate, Key: { } key, Roots: { } roots } context) return false;
            var credential = Credential.FromPem(certificate, key, roots);
            return roots == record.RootsPem && servers.SequenceEqual(context.Servers)
                && Credential.Judge(credential.Certificate, [record.Signer], out _) is not null && clock.GetUtcNow() < Renewal.Due(credential.Certificate, Renewal.Middle);
        }
        catch (Exception broken) when (broken is System.Text.Json.JsonException or System.Security.Cryptography.CryptographicException)
        {
            return false;
        }
    }

    void Write(string path, AuthorityRecord record, List<string> servers)
    {
        using var key = CredentialFiles.NewKey();
        var context = new Context(servers)
        {
            Certificate = authority.Sign(CredentialFiles.RequestFor(key), new Identity(Purpose.User, UserName, "")),
            Key = key.ExportPkcs8PrivateKeyPem(),
            Roots = record.RootsPem,
        };
        new Contexts { CurrentContext = ContextName, ByName = new Dictionary<string, Context> { [ContextName] = context } }.Write(path);
        Written(path);
    }

    [LoggerMessage(EventIds.AdminWritten, LogLevel.Information, "What orch needs to work with this cluster is in {Path}")]
    partial void Written(string path);
}
