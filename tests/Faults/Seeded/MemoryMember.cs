using System.Runtime.CompilerServices;
using Orchestrator.ControlPlane.Store;
using Orchestrator.ControlPlane.Tests.Store;
using Orchestrator.Faults.Traffic;

namespace Orchestrator.Faults.Seeded;

/// <summary>A whole store in this process over a <see cref="SharedLog"/>. Answers get lost and watches break, as they do.</summary>
sealed class MemoryMember : IMember, IAsyncDisposable
{
    readonly Bug _bug;
    readonly Chance _chance;
    long _watched;
    ClusterStore? _store;

    MemoryMember(int number, Bug bug, Chance chance) => (Name, _bug, _chance) = ($"member {number}", bug, chance);

    public string Name { get; }

    public ClusterStore Store => _store ?? throw new InvalidOperationException("not opened");

    /// <summary>Whether its watcher has been given everything there is.</summary>
    public bool IsWatchedToTheEnd => Volatile.Read(ref _watched) >= Store.Current.Revision;

    public static async Task<MemoryMember> OpenAsync(int number, SharedLog log, Bug bug, Chance chance)
    {
        var member = new MemoryMember(number, bug, chance);
        member._store = await ClusterStore.OpenAsync(
            new StoreOptions("/nowhere", new(System.Net.IPAddress.Loopback, number + 1), []),
            _ => throw new InvalidOperationException("there is no other server"),
            TimeProvider.System,
            () => $"{member.Name}",
            state => Task.FromResult<IStateLog>(log.Join(state, () => member.Store.Current)));
        return member;
    }

    public async Task<Reply?> DoAsync(Transaction transaction)
    {
        await Task.Yield();
        try
        {
            var reply = transaction.IsRead
                ? Translation.Reply(transaction, StoreText.Of(await Store.ReadAsync()))
                : Translation.Reply(await Store.WriteAsync(Translation.Command(transaction)));
            return _chance.OneIn(15) ? null : _bug.Shown(reply);
        }
        catch (OutcomeUnknownException)
        {
            return null;
        }
    }

    public IAsyncEnumerable<Event> FollowAsync(long after, CancellationToken token) => _bug.Watched(RightlyAsync(_bug.WatchedAfter(after), token));

    public ValueTask DisposeAsync() => Store.DisposeAsync();

    async IAsyncEnumerable<Event> RightlyAsync(long after, [EnumeratorCancellation] CancellationToken token)
    {
        Volatile.Write(ref _watched, after);
        await foreach (var revision in Store.WatchAsync(after, token))
        {
            yield return Translation.Event(StoreText.Of(revision));
            Volatile.Write(ref _watched, revision.Revision); // only now has the watcher taken it
            if (_chance.OneIn(20)) yield break;
        }
    }
}
