using System.Security.Cryptography;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orchestrator.Contracts.Security;
using Orchestrator.ControlPlane.Api;
using Orchestrator.ControlPlane.Servers;
using Orchestrator.ControlPlane.Store;
using Orchestrator.Model.State;

namespace Orchestrator.ControlPlane.Security;

/// <summary>The cluster's CA as every server has it: the record in the store, opened with the cluster key of this server's files.</summary>
public sealed partial class ClusterAuthority(
    ClusterStore store, CredentialFiles credentials, ControlPlaneOptions options, TimeProvider clock, ILogger<ClusterAuthority> log) : BackgroundService
{
    const string KeyFile = "cluster.key";

    /// <summary>The CA of a cluster that is just being made, until its store has it.</summary>
    const string NewFile = "authority.json";

    static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    /// <summary>Makes the CA of a new cluster, and the first server's own certificate.</summary>
    public static void Found(CredentialFiles files, string server, TimeSpan life, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(files);
        var root = RootAuthority.New(now);
        var clusterKey = ClusterKey.New();
        var record = new AuthorityRecord([StoredRoot.Of(root, clusterKey)]);
        using var key = CredentialFiles.NewKey();
        var identity = new Identity(Purpose.Server, server, Identity.NewMembership(now, after: null));
        files.WriteSecret(KeyFile, Convert.ToBase64String(clusterKey));
        files.WriteSecret(NewFile, record.ToJson());
        files.Replace(root.Sign(CredentialFiles.RequestFor(key), identity, now, life), key, record.RootsPem);
    }

    /// <summary>For a server that has joined.</summary>
    public static void TakeKey(CredentialFiles files, string clusterKey)
    {
        ArgumentNullException.ThrowIfNull(files);
        files.WriteSecret(KeyFile, clusterKey);
    }

    /// <summary>What a joining server needs beside its certificate.</summary>
    internal string KeyText => credentials.ReadSecret(KeyFile) ?? throw new IOException($"the file {KeyFile} is missing beside this server's certificate");

    /// <summary>Null until the store has this cluster's: what it has from a restored backup is another's.</summary>
    internal AuthorityRecord? Known => credentials.ReadSecret(NewFile) is null ? AuthorityRecord.Of(store.Current) : null;

    internal AuthorityRecord Record => Known ?? throw new StoreNotReadyException("the cluster's CA is not in the store yet");

    /// <summary>Signs what a member or a user asks for.</summary>
    /// <exception cref="CryptographicException">The request is none.</exception>
    internal string Sign(byte[] signingRequest, Identity identity, TimeSpan? life = null) =>
        Record.Signing(Convert.FromBase64String(KeyText)).Sign(signingRequest, identity, clock.GetUtcNow(), life ?? options.CertificateLife);

    /// <summary>The record as it is once a change to a new CA has begun.</summary>
    internal AuthorityRecord Rotating(AuthorityRecord record) => Rotation.Begun(record, StoredRoot.Of(RootAuthority.New(clock.GetUtcNow()), Convert.FromBase64String(KeyText)));

    /// <summary>Makes a token, and forgets those whose time is over.</summary>
    internal async Task<(JoinToken Token, TokenRecord Record)> NewTokenAsync(Purpose role, TimeSpan life, bool once, string author, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var state = await store.ReadAsync(cancel);
        var token = JoinToken.New(Record.SignerDigest);
        var record = new TokenRecord(token.Id, role, JoinToken.HashOf(token.Secret), token.RootDigest, now, now + life, once, author);
        var operations = TokenRecord.All(state).Where(each => each.Expires <= now).Select(each => new Delete(each.Key)).Append<Operation>(new Create(record.ToRecord()));
        var result = await store.WriteAsync(new Command(Guid.NewGuid().ToString("N"), now, author) { Operations = [.. operations] }, cancel);
        return result is Applied ? (token, record) : throw RpcErrors.Of(result);
    }

    /// <summary>A token of a role that several machines may use, as text.</summary>
    public async Task<string> NewTokenAsync(Purpose role, TimeSpan life, CancellationToken cancel) =>
        (await NewTokenAsync(role, life, once: false, $"server {options.ServerName}", cancel)).Token.ToText();

    /// <summary>
    /// Once, for the server that made the CA: puts it into the store. What the store has from before, as after the restore of a backup, was another cluster's: who
    /// belonged to that joins anew.
    /// </summary>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (credentials.ReadSecret(NewFile) is { } made && !stoppingToken.IsCancellationRequested)
        {
            try
            {
                var state = await store.ReadAsync(stoppingToken);
                if (await store.WriteAsync(new Command(Guid.NewGuid().ToString("N"), clock.GetUtcNow(), $"server {options.ServerName}") { Operations = [.. Founding(state, AuthorityRecord.Parse(made))] }, stoppingToken) is Applied)
                {
                    credentials.ForgetSecret(NewFile);
                    Stored(Credential.Digest(credentials.Current.Roots[^1]));
                }
            }
            catch (StoreUnavailableException)
            {
                await Task.Delay(Pause, clock, stoppingToken);
            }
        }
    }

    IEnumerable<Operation> Founding(ClusterState state, AuthorityRecord made)
    {
        var self = credentials.Current.Identity;
        foreach (var member in MemberRecord.All(state).Where(member => member.Name != self.Name)) yield return new Delete(member.Key);
        foreach (var token in TokenRecord.All(state)) yield return new Delete(token.Key);
        foreach (var server in ServerInfo.All(state).Where(server => server.Name != self.Name)) yield return new Delete(server.Key);
        yield return state.Find(AuthorityRecord.Key) is { } stored ? new Update(made.ToRecord() with { Metadata = stored.Metadata }) : new Create(made.ToRecord());
        foreach (var operation in new MemberRecord(self.Purpose, self.Name, self.Membership, clock.GetUtcNow()).Put(state)) yield return operation;
    }

    [LoggerMessage(EventIds.AuthorityStored, LogLevel.Information, "The cluster's CA is made; the SHA-256 of its certificate is {Digest}")]
    partial void Stored(string digest);
}

/// <summary>Asked too early; a moment later it is there.</summary>
sealed class StoreNotReadyException(string message) : StoreUnavailableException(message);
