namespace Orchestrator.Faults.Traffic;

/// <summary>One server of the store, as clients and watchers see it: a process of its own, or one in this process.</summary>
interface IMember
{
    string Name { get; }

    /// <returns>Null when there was no answer: a write may be done, now or later, or not.</returns>
    Task<Reply?> DoAsync(Transaction transaction);

    /// <summary>Every revision after one. Ends when the server does.</summary>
    IAsyncEnumerable<Event> FollowAsync(long after, CancellationToken token);
}
