using Orchestrator.Faults.Linearizability;
using Orchestrator.Faults.Traffic;

namespace Orchestrator.Faults.Witness;

public sealed class WitnessCheckTests
{
    const int Many = 1_000_000;

    [Fact]
    public void A_million_operations_of_a_right_store_are_found_right_and_one_wrong_answer_among_them_is_found()
    {
        var (history, log) = Invented(Many);
        Assert.Empty(WitnessCheck.Check(history, log));

        var read = history.FindLastIndex(operation => operation.Input.IsRead && operation.Output!.Values[0].Value is not null);
        history[read] = history[read] with { Output = history[read].Output! with { Values = [new Held("another", 1)] } };
        Assert.Single(WitnessCheck.Check(history, log));
    }

    [Fact]
    public void A_read_that_shows_less_than_what_was_acknowledged_before_it_is_found()
    {
        var (history, log) = Invented(1_000);
        var write = history.FindIndex(50, operation => !operation.Input.IsRead && operation.Output!.Outcome is Outcome.Done);
        var key = history[write].Input.Steps[0].Key;
        var before = history[write].Output!.Revision - 1;
        var replay = Replay.Of(log, history);
        history.Insert(write + 1, new(9, history[write].Return + 1, history[write].Return + 2, new Transaction("stale", [new Step(Verb.Read, key)]),
            new Reply(Outcome.Done, before, [replay.Object(key).At(before)])));
        Assert.Contains(WitnessCheck.Check(history, log), fault => fault.Contains(": stale", StringComparison.Ordinal) && fault.Contains("real time", StringComparison.Ordinal));
    }

    [Fact]
    public void An_acknowledged_write_that_is_in_no_revision_is_found()
    {
        var (history, log) = Invented(100);
        history.Add(new(0, 10_000, 10_001, new Transaction("gone", [new Step(Verb.Create, "new", "v")]), new Reply(Outcome.Done, log.Count + 1)));
        Assert.NotEmpty(WitnessCheck.Check(history, log));
    }

    /// <summary>What eight clients see of a store that is right: each operation takes effect at a moment between call and return, ten units apart.</summary>
    static (List<Operation<Transaction, Reply>> History, List<Event> Log) Invented(int count)
    {
        var random = new Random(1);
        var objects = new Dictionary<string, Held>();
        var log = new List<Event>();
        var history = new List<Operation<Transaction, Reply>>(count);
        for (var i = 0; i < count; i++)
        {
            var key = $"object-{random.Next(10)}";
            var held = objects.GetValueOrDefault(key);
            var step = random.Next(4) switch
            {
                0 => new Step(Verb.Put, key, $"value-{i}"),
                1 => new Step(Verb.Create, key, $"value-{i}"),
                2 => new Step(Verb.Delete, key),
                _ => new Step(Verb.Read, key),
            };
            var request = new Transaction($"request-{i}", [step]);
            var (from, to) = ((10L * i) - random.Next(40), (10L * i) + random.Next(1, 40));
            history.Add(new Operation<Transaction, Reply>(i % 8, from, to, request, Answer(request, step, held)));
        }

        return (history, log);

        Reply Answer(Transaction request, Step step, Held held)
        {
            if (step.Verb is Verb.Read) return new Reply(Outcome.Done, log.Count, [held]);
            if (step.Verb is Verb.Create == held.Value is not null)
                return new Reply(step.Verb is Verb.Create ? Outcome.AlreadyExists : Outcome.NotFound, Key: step.Key);
            var after = step.Verb is Verb.Delete ? null : step.Value;
            log.Add(new Event(log.Count + 1, request.Id, [new Changed(step.Key, held.Value, after)]));
            objects[step.Key] = new Held(after, after is null ? 0 : log.Count);
            return new Reply(Outcome.Done, log.Count);
        }
    }
}
