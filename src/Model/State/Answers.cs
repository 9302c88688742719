using System.Collections.Immutable;

namespace Orchestrator.Model.State;

/// <summary>
/// What the latest requests were answered, so that a request sent again after a lost answer is done once. Old answers make room for new ones.
/// </summary>
public sealed record Answers
{
    /// <summary>How many answers are kept: more than can be in flight while a leader is replaced.</summary>
    public const int Limit = 4096;

    public static Answers None { get; } = new();

    ImmutableDictionary<string, ApplyResult> ById { get; init; } = ImmutableDictionary.Create<string, ApplyResult>(StringComparer.Ordinal);

    ImmutableQueue<string> Order { get; init; } = [];

    public ApplyResult? Of(string requestId) => ById.GetValueOrDefault(requestId);

    internal Answers With(string requestId, ApplyResult result)
    {
        if (ById.ContainsKey(requestId)) return this;
        var byId = ById;
        var order = Order;
        if (byId.Count >= Limit)
        {
            order = order.Dequeue(out var oldest);
            byId = byId.Remove(oldest);
        }

        return new Answers { ById = byId.Add(requestId, result), Order = order.Enqueue(requestId) };
    }

    /// <summary>The answers from oldest to newest.</summary>
    public IEnumerable<Answer> InOrder() => Order.Select(id => new Answer(id, ById[id]));

    public static Answers From(IEnumerable<Answer> inOrder) => inOrder.Aggregate(None, (answers, answer) => answers.With(answer.RequestId, answer.Result));
}

public sealed record Answer(string RequestId, ApplyResult Result);
