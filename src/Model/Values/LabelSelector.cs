namespace Orchestrator.Model.Values;

/// <summary>Chooses objects by their labels; every requirement has to hold, and an empty selector chooses everything.</summary>
public sealed record LabelSelector
{
    public IReadOnlyDictionary<string, string> MatchLabels { get; init => field = value ?? Empty.Map; } = Empty.Map;

    public IReadOnlyList<LabelRequirement> MatchExpressions { get; init => field = value ?? []; } = [];

    public bool IsEmpty => MatchLabels.Count == 0 && MatchExpressions.Count == 0;

    public bool Matches(IReadOnlyDictionary<string, string> labels)
    {
        foreach (var (name, value) in MatchLabels)
            if (!labels.TryGetValue(name, out var actual) || actual != value) return false;
        foreach (var requirement in MatchExpressions)
            if (!requirement.Holds(labels)) return false;
        return true;
    }
}

/// <summary>One requirement of a selector, such as <c>tier In (web, api)</c>.</summary>
public sealed record LabelRequirement
{
    public required string Key { get; init; }

    public required LabelOperator Operator { get; init; }

    public IReadOnlyList<string> Values { get; init => field = value ?? []; } = [];

    public bool Holds(IReadOnlyDictionary<string, string> labels)
    {
        var value = labels.GetValueOrDefault(Key);
        return Operator switch
        {
            LabelOperator.In => value is not null && Values.Contains(value),
            LabelOperator.NotIn => value is null || !Values.Contains(value),
            LabelOperator.Exists => value is not null,
            LabelOperator.DoesNotExist => value is null,
        };
    }
}

public enum LabelOperator
{
    In,
    NotIn,
    Exists,
    DoesNotExist,
}
