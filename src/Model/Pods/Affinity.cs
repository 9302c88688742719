using Orchestrator.Model.Schema;
using Orchestrator.Model.Values;

namespace Orchestrator.Model.Pods;

/// <summary>Which nodes, and which pods' company, a pod needs, wants or avoids. Source: Kubernetes core/v1 Affinity.</summary>
public sealed record Affinity
{
    public NodeAffinity? NodeAffinity { get; init; }

    public PodAffinity? PodAffinity { get; init; }

    public PodAffinity? PodAntiAffinity { get; init; }
}

public sealed record NodeAffinity
{
    /// <summary>One of the terms must hold when the pod is placed.</summary>
    public NodeSelector? RequiredDuringSchedulingIgnoredDuringExecution { get; init; }

    /// <summary>The more weight holds, the better the node.</summary>
    public IReadOnlyList<PreferredSchedulingTerm> PreferredDuringSchedulingIgnoredDuringExecution { get; init => field = value ?? []; } = [];
}

/// <summary>Any one of its terms is enough.</summary>
public sealed record NodeSelector
{
    public IReadOnlyList<NodeSelectorTerm> NodeSelectorTerms { get; init => field = value ?? []; } = [];
}

/// <summary>All its requirements must hold; a term without any chooses nothing.</summary>
public sealed record NodeSelectorTerm
{
    public IReadOnlyList<NodeSelectorRequirement> MatchExpressions { get; init => field = value ?? []; } = [];

    /// <summary>Requirements on the node's own fields; metadata.name is the only one.</summary>
    public IReadOnlyList<NodeSelectorRequirement> MatchFields { get; init => field = value ?? []; } = [];

    public const string NameField = "metadata.name";

    public bool Matches(string node, IReadOnlyDictionary<string, string> labels)
    {
        if (MatchExpressions.Count == 0 && MatchFields.Count == 0) return false;
        foreach (var requirement in MatchExpressions)
            if (!requirement.Holds(labels.GetValueOrDefault(requirement.Key))) return false;
        foreach (var requirement in MatchFields)
            if (!requirement.Holds(requirement.Key == NameField ? node : null)) return false;
        return true;
    }
}

public sealed record NodeSelectorRequirement
{
    public required string Key { get; init; }

    public required NodeSelectorOperator Operator { get; init; }

    public IReadOnlyList<string> Values { get; init => field = value ?? []; } = [];

    /// <param name="value">The label's value; null when the node does not have it.</param>
    public bool Holds(string? value) => Operator switch
    {
        NodeSelectorOperator.In => value is not null && Values.Contains(value),
        NodeSelectorOperator.NotIn => value is null || !Values.Contains(value),
        NodeSelectorOperator.Exists => value is not null,
        NodeSelectorOperator.DoesNotExist => value is null,
        NodeSelectorOperator.Gt => Number(value) is { } left && Number(First) is { } right && left > right,
        NodeSelectorOperator.Lt => Number(value) is { } left && Number(First) is { } right && left < right,
    };

    public override string ToString() => Operator switch
    {
        NodeSelectorOperator.Exists or NodeSelectorOperator.DoesNotExist => $"{Key} {Operator}",
        NodeSelectorOperator.In or NodeSelectorOperator.NotIn or NodeSelectorOperator.Gt or NodeSelectorOperator.Lt => $"{Key} {Operator} ({string.Join(", ", Values)})",
    };

    string? First => Values is [var first, ..] ? first : null;

    static long? Number(string? text) => long.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out var number) ? number : null;
}

public enum NodeSelectorOperator
{
    In,
    NotIn,
    Exists,
    DoesNotExist,
    Gt,
    Lt,
}

/// <param name="Weight">1 to 100.</param>
public sealed record PreferredSchedulingTerm(int Weight, NodeSelectorTerm Preference);

/// <summary>Pods that should be near (affinity) or far (anti-affinity). Source: Kubernetes core/v1 PodAffinity and PodAntiAffinity.</summary>
public sealed record PodAffinity
{
    public IReadOnlyList<PodAffinityTerm> RequiredDuringSchedulingIgnoredDuringExecution { get; init => field = value ?? []; } = [];

    public IReadOnlyList<WeightedPodAffinityTerm> PreferredDuringSchedulingIgnoredDuringExecution { get; init => field = value ?? []; } = [];
}

/// <summary>Which pods are meant, and what counts as the same place.</summary>
[KnownUpstream("matchLabelKeys", "mismatchLabelKeys")]
public sealed record PodAffinityTerm
{
    /// <summary>The pods; null chooses none.</summary>
    public LabelSelector? LabelSelector { get; init; }

    /// <summary>Nodes with the same value of this label are one place; a node without it is in no place.</summary>
    public required string TopologyKey { get; init; }

    /// <summary>The namespaces of the pods, beside those the selector chooses; the pod's own when neither is given.</summary>
    public IReadOnlyList<string> Namespaces { get; init => field = value ?? []; } = [];

    public LabelSelector? NamespaceSelector { get; init; }
}

/// <param name="Weight">1 to 100.</param>
public sealed record WeightedPodAffinityTerm(int Weight, PodAffinityTerm PodAffinityTerm);

/// <summary>Keeps the numbers of matching pods in different places close to one another. Source: Kubernetes core/v1 TopologySpreadConstraint, KEP-895.</summary>
public sealed record TopologySpreadConstraint
{
    /// <summary>By how much the number in the pod's place may exceed the smallest one.</summary>
    public required int MaxSkew { get; init; }

    public required string TopologyKey { get; init; }

    public required UnsatisfiableAction WhenUnsatisfiable { get; init; }

    /// <summary>The pods that are counted, of the pod's own namespace; null counts none.</summary>
    public LabelSelector? LabelSelector { get; init; }

    /// <summary>With fewer places than this the smallest number counts as 0.</summary>
    public int? MinDomains { get; init; }

    /// <summary>Labels by whose values, as the pod itself has them, the counted pods are told apart as well: <c>pod-template-hash</c> counts each revision for itself.</summary>
    public IReadOnlyList<string> MatchLabelKeys { get; init => field = value ?? []; } = [];

    /// <summary>Whether places count whose nodes the pod's node selector and required node affinity leave out; null is Honor: they don't.</summary>
    public NodeInclusionPolicy? NodeAffinityPolicy { get; init; }

    /// <summary>Whether places count whose nodes have a taint that the pod does not tolerate; null is Ignore: they do.</summary>
    public NodeInclusionPolicy? NodeTaintsPolicy { get; init; }
}

/// <summary>Which nodes belong to the places of a spread. Source: KEP-3094.</summary>
public enum NodeInclusionPolicy
{
    Honor,
    Ignore,
}

public enum UnsatisfiableAction
{
    DoNotSchedule,
    ScheduleAnyway,
}
