namespace Orchestrator.Model.Meta;

/// <summary>One observed aspect of an object: whether it holds, since when, and why. Source: Kubernetes API conventions.</summary>
public sealed record Condition
{
    public required string Type { get; init; }

    public required ConditionStatus Status { get; init; }

    /// <summary>One CamelCase word for programs.</summary>
    public string? Reason { get; init; }

    /// <summary>A sentence for people.</summary>
    public string? Message { get; init; }

    /// <summary>When it was last found to hold anew, for conditions that are watched for progress; null for others.</summary>
    public DateTimeOffset? LastUpdateTime { get; init; }

    /// <summary>When Status last changed.</summary>
    public DateTimeOffset? LastTransitionTime { get; init; }
}

public enum ConditionStatus
{
    Unknown,
    True,
    False,
}

public static class Conditions
{
    public static Condition? Find(this IReadOnlyList<Condition> conditions, string type) =>
        conditions.FirstOrDefault(condition => condition.Type == type);

    public static bool IsTrue(this IReadOnlyList<Condition> conditions, string type) =>
        conditions.Find(type)?.Status == ConditionStatus.True;

    /// <summary>The list with this condition in it, which keeps its old transition time unless its status changed.</summary>
    public static IReadOnlyList<Condition> With(this IReadOnlyList<Condition> conditions, Condition condition)
    {
        var before = conditions.Find(condition.Type);
        if (before is not null && before.Status == condition.Status) condition = condition with { LastTransitionTime = before.LastTransitionTime };
        return before is null
            ? [.. conditions, condition]
            : [.. conditions.Select(each => each.Type == condition.Type ? condition : each)];
    }
}
