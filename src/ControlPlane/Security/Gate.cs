using System.Collections.Concurrent;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;
using Orchestrator.Contracts.Security;
using Orchestrator.ControlPlane.Store;

namespace Orchestrator.ControlPlane.Security;

/// <summary>
/// Who may come in. Every connection between machines is judged here, by its certificate and by whether its bearer was removed; and those of a member that is removed
/// are broken off at once.
/// </summary>
public sealed partial class Gate(CredentialFiles credentials, ILoggerFactory logs)
{
    static readonly TimeSpan TellAgain = TimeSpan.FromMinutes(1);

    readonly ILogger _log = logs.CreateLogger<Gate>();
    readonly ConcurrentDictionary<Entry, byte> _inside = new();
    readonly ConcurrentDictionary<(string Door, string Who), long> _told = new();
    volatile ClusterStore? _store;

    public CredentialFiles Credentials => credentials;

    /// <summary>Whether this one was removed, as far as is known here.</summary>
    public bool IsRemoved(Identity identity)
    {
        ArgumentNullException.ThrowIfNull(identity);
        return identity.Purpose != Purpose.User && _store?.Current is { } state && MemberRecord.Of(state, identity.Name) is { } member && member.Excludes(identity);
    }

    /// <summary>Who shows a certificate; null for a stranger. Whether it was removed is another question, so that it can be told.</summary>
    public Identity? Judge(X509Certificate2? shown, string door)
    {
        if (shown is null) return null;
        var identity = credentials.Current.Judge(shown, out var why);
        if (identity is null) Tell(door, shown.Subject, why);
        return identity;
    }

    /// <summary>The same for a door that is for servers alone.</summary>
    public Identity? JudgeServer(X509Certificate2? shown, string door)
    {
        if (Judge(shown, door) is not { } identity) return null;
        var why = identity.Purpose != Purpose.Server ? "it is not a server's" : IsRemoved(identity) ? "its bearer was removed from the cluster" : null;
        if (why is null) return identity;
        Tell(door, identity.ToString(), why);
        return null;
    }

    /// <summary>Once a minute for each: who tries does so several times a second.</summary>
    void Tell(string door, string who, string why)
    {
        const int MostNames = 1_000; // a stranger may have many
        var now = Environment.TickCount64;
        if (_told.TryGetValue((door, who), out var told) && now - told < TellAgain.TotalMilliseconds) return;
        if (_told.Count >= MostNames) _told.Clear();
        _told[(door, who)] = now;
        Stranger(door, who, why);
    }

    /// <summary>Remembers a connection, to break it off when its bearer is removed. Dispose of the answer when the connection is over.</summary>
    public IDisposable Entered(Identity identity, Action breakOff)
    {
        var entry = new Entry(this, identity, breakOff);
        _inside[entry] = 0;
        return entry;
    }

    /// <summary>Follows the store, for ever: until it is called everybody with a good certificate is let in.</summary>
    internal async Task FollowAsync(ClusterStore store, CancellationToken token)
    {
        ArgumentNullException.ThrowIfNull(store);
        _store = store;
        while (!token.IsCancellationRequested)
        {
            var revision = store.Current.Revision;
            foreach (var entry in _inside.Keys.Where(entry => IsRemoved(entry.Identity)))
            {
                BrokenOff(entry.Identity.ToString());
                entry.BreakOff();
            }

            await store.ChangeAsync(revision, static change => MemberRecord.Is(change.Key), token);
        }
    }

    sealed class Entry(Gate gate, Identity identity, Action breakOff) : IDisposable
    {
        public Identity Identity => identity;

        public void BreakOff() => breakOff();

        public void Dispose() => gate._inside.TryRemove(this, out _);
    }

    [LoggerMessage(EventIds.StrangerRefused, LogLevel.Warning, "A connection to {Door} was refused: {Who}: {Why}")]
    partial void Stranger(string door, string who, string why);

    [LoggerMessage(EventIds.RemovedBrokenOff, LogLevel.Information, "A connection of {Who} was broken off: it was removed from the cluster")]
    partial void BrokenOff(string who);
}
