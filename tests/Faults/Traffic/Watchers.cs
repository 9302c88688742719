using System.Collections.Concurrent;
using Orchestrator.Faults.Witness;

namespace Orchestrator.Faults.Traffic;

/// <summary>One watcher for each member, that goes on after the last revision it saw whenever its member comes back.</summary>
sealed class Watchers(IReadOnlyList<IMember> members)
{
    static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(20);

    readonly ConcurrentQueue<Watched> _watches = new();
    readonly long[] _last = new long[members.Count];
    readonly string[] _refused = new string[members.Count];
    long _changes;

    public IReadOnlyList<Watched> Watches => [.. _watches];

    /// <summary>The revision that all watchers have come to.</summary>
    public long Reached => _last.Min();

    /// <summary>How many changes of an object they were told, each counted for each watcher.</summary>
    public long Changes => Interlocked.Read(ref _changes);

    /// <summary>How far each has come, and what it was last refused with.</summary>
    public override string ToString() => string.Join('\n', members.Select((member, i) => $"{member.Name}: {_last[i]} {_refused[i]}"));

    /// <summary>Ends when cancelled.</summary>
    public Task RunAsync(CancellationToken token) => Task.WhenAll(Enumerable.Range(0, members.Count).Select(i => RunOneAsync(i, token)));

    async Task RunOneAsync(int number, CancellationToken token)
    {
        while (!token.IsCancellationRequested)
        {
            var events = new List<Event>();
            _watches.Enqueue(new Watched(members[number].Name, _last[number], events));
            try
            {
                await foreach (var each in members[number].FollowAsync(_last[number], token))
                {
                    events.Add(each);
                    Interlocked.Add(ref _changes, each.Changes.Length);
                    _last[number] = each.Revision;
                }

                await Task.Delay(LookAgain, token);
            }
            catch (IOException refused)
            {
                _refused[number] = refused.Message;
                await Task.Delay(LookAgain, CancellationToken.None);
            }
            catch (OperationCanceledException) when (token.IsCancellationRequested)
            {
                return;
            }
        }
    }
}
