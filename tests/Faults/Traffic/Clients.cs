using System.Collections.Concurrent;
using Orchestrator.Faults.Linearizability;
using Orchestrator.Testing;

namespace Orchestrator.Faults.Traffic;

/// <summary>
/// Clients that read, write, compare and swap a few objects through any member, one operation at a time each, and write down what they asked and were
/// answered.
/// </summary>
sealed class Clients(IReadOnlyList<IMember> members, int seed)
{
    /// <summary>Few, so that clients get in each other's way.</summary>
    const int Keys = 8;

    readonly ConcurrentQueue<Operation<Transaction, Reply>> _history = new();
    long _clock;
    int _acknowledged;

    public IReadOnlyList<Operation<Transaction, Reply>> History => [.. _history];

    /// <summary>How many writes were answered that they are done.</summary>
    public int Acknowledged => Volatile.Read(ref _acknowledged);

    public Task RunAsync(int count, Func<int, bool> goesOn) => Task.WhenAll(Enumerable.Range(0, count).Select(client => RunOneAsync(client, goesOn)));

    /// <summary>What each member shows in the end, which it is asked until it answers.</summary>
    public async Task<Operation<Transaction, Reply>[]> ReadEverywhereAsync()
    {
        var everything = new Transaction("last", [.. Enumerable.Range(0, Keys).Select(key => new Step(Verb.Read, $"k{key}"))]);
        var last = new List<Operation<Transaction, Reply>>();
        foreach (var member in members)
        {
            var called = Interlocked.Increment(ref _clock);
            var reply = await Eventually.GetAsync(() => member.DoAsync(everything), $"{member.Name} answers a read");
            last.Add(new(-1, called, Interlocked.Increment(ref _clock), everything, reply));
        }

        return [.. last];
    }

    /// <summary>One more client, that writes many objects at a time.</summary>
    public async Task RunBulkAsync(int objects, Func<bool> goesOn)
    {
        const int Client = 1000;
        await Task.Yield();
        var random = new Random(HashCode.Combine(seed, Client));
        var verb = Verb.Create;
        for (var done = 0; goesOn(); done++)
        {
            var reply = await AskAsync(Client, new Transaction($"bulk.{done}", [.. Enumerable.Range(0, objects).Select(i => new Step(verb, $"b{i}", $"v{done}"))]), random);
            if (reply is not null) verb = Verb.Put;
        }
    }

    async Task RunOneAsync(int client, Func<int, bool> goesOn)
    {
        await Task.Yield();
        var random = new Random(HashCode.Combine(seed, client));
        var seen = new Dictionary<string, Held>();
        for (var done = 0; goesOn(done); done++)
        {
            var transaction = Next($"c{client}.{done}", random, seen);
            var reply = await AskAsync(client, transaction, random);
            if (reply is not { Outcome: Outcome.Done }) continue;
            for (var i = 0; transaction.IsRead && i < reply.Values.Length; i++) seen[transaction.Steps[i].Key] = reply.Values[i];
        }
    }

    async Task<Reply?> AskAsync(int client, Transaction transaction, Random random)
    {
        var called = Interlocked.Increment(ref _clock);
        var reply = await DoAsync(transaction, random);
        var returned = reply is null ? Operation<Transaction, Reply>.Never : Interlocked.Increment(ref _clock);
        _history.Enqueue(new(client, called, returned, transaction, reply));
        if (reply is { Outcome: Outcome.Done } && !transaction.IsRead) Interlocked.Increment(ref _acknowledged);
        return reply;
    }

    /// <summary>Every other write that gets no answer is tried once more, elsewhere, as the same request.</summary>
    async Task<Reply?> DoAsync(Transaction transaction, Random random)
    {
        var reply = await members[random.Next(members.Count)].DoAsync(transaction);
        return reply is null && !transaction.IsRead && random.Next(2) == 0 ? await members[random.Next(members.Count)].DoAsync(transaction) : reply;
    }

    static Transaction Next(string id, Random random, Dictionary<string, Held> seen)
    {
        var (key, other) = (random.Next(Keys), random.Next(Keys - 1));
        if (other >= key) other++;
        var (name, second) = ($"k{key}", $"k{other}");
        var swap = seen.TryGetValue(name, out var held) && held.Value is not null
            ? new Step(Verb.Swap, name, $"{id}a", held.Revision, held.Value)
            : new Step(Verb.Create, name, $"{id}a");
        return new Transaction(id, random.Next(100) switch
        {
            < 20 => [new Step(Verb.Read, name)],
            < 40 => [new Step(Verb.Read, name), new Step(Verb.Read, second)],
            < 55 => [new Step(Verb.Put, name, $"{id}a")],
            < 65 => [new Step(Verb.Create, name, $"{id}a")],
            < 70 => [new Step(Verb.Delete, name)],
            < 85 => [swap],
            _ => [swap, new Step(Verb.Put, second, $"{id}b")],
        });
    }
}
