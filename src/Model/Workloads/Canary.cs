using System.Globalization;

namespace Orchestrator.Model.Workloads;

/// <summary>A part of a canary.</summary>
/// <param name="Percent">The share of the requests at the ingress that the new revision gets, from 1 to 99.</param>
/// <param name="Length">How long until the next step; null until somebody promotes it.</param>
public sealed record CanaryStep(int Percent, TimeSpan? Length);

/// <summary>
/// How a new revision of a Deployment is tried on a share of the requests before it replaces the old one: <c>5%:1m, 25%:5m, 50%:hold</c>. The old revision keeps all its pods meanwhile; one
/// that fails is rolled back as any other rollout.
/// </summary>
public static class Canary
{
    /// <summary>On a Deployment: the steps.</summary>
    public const string Annotation = "rollout.orchestrator/canary";

    /// <summary>On a Deployment: NAME=STEP, the ReplicaSet that somebody has promoted, and beyond which step.</summary>
    public const string Promoted = "rollout.orchestrator/promoted";

    /// <summary>On a ReplicaSet: the step it is at, from 1; <see cref="Done"/> when it has taken all.</summary>
    public const string Step = "rollout.orchestrator/canary-step";

    /// <summary>On a ReplicaSet: its share of the requests, in percent.</summary>
    public const string Percent = "rollout.orchestrator/canary-percent";

    /// <summary>On a ReplicaSet: since when all pods of its step are available.</summary>
    public const string Since = "rollout.orchestrator/canary-since";

    public const string Done = "done";

    const string Hold = "hold";

    /// <summary>The steps that a Deployment asks for; none when it asks for none, or for what admission would have refused.</summary>
    public static IReadOnlyList<CanaryStep> StepsOf(Deployment deployment)
    {
        ArgumentNullException.ThrowIfNull(deployment);
        return deployment.Metadata.Annotations.TryGetValue(Annotation, out var text) && TryParse(text, out var steps, out _) ? steps : [];
    }

    /// <param name="problem">What is wrong and what to write instead.</param>
    public static bool TryParse(string text, out IReadOnlyList<CanaryStep> steps, out string problem)
    {
        ArgumentNullException.ThrowIfNull(text);
        List<CanaryStep> read = [];
        (steps, problem) = (read, "");
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries))
        {
            if (part.Split(':', StringSplitOptions.TrimEntries) is not [[.. var share, '%'], var length] || !int.TryParse(share, NumberStyles.None, CultureInfo.InvariantCulture, out var percent) || percent is < 1 or > 99)
                problem = $"\"{part}\" is no step; write steps such as 5%:1m, 25%:5m, 50%:hold with 1 to 99 percent";
            else if (length != Hold && LengthOf(length) is null)
                problem = $"\"{length}\" in \"{part}\" is neither {Hold} nor a time such as 30s, 5m or 1h";
            else if (read.Count > 0 && read[^1].Percent >= percent)
                problem = $"\"{part}\" gives the new revision no more than the step before it";
            else
                read.Add(new CanaryStep(percent, LengthOf(length)));
            if (problem.Length > 0) return false;
        }

        return true;
    }

    /// <summary>The step that a ReplicaSet is at, from 1; null when it is none on trial.</summary>
    public static int? StepOf(ReplicaSet set) => Number(set, Step);

    /// <summary>The share of the requests that a ReplicaSet's pods get together, in percent; null when they get theirs like all others.</summary>
    public static int? PercentOf(ReplicaSet set) => Number(set, Percent);

    /// <summary>The step beyond which somebody has promoted a ReplicaSet; 0 for none.</summary>
    public static int PromotedBeyond(Deployment deployment, string set) =>
        deployment?.Metadata.Annotations.GetValueOrDefault(Promoted)?.Split('=') is [var name, var step] && name == set && int.TryParse(step, NumberStyles.None, CultureInfo.InvariantCulture, out var beyond) ? beyond : 0;

    static int? Number(ReplicaSet set, string key) => int.TryParse(set?.Metadata.Annotations.GetValueOrDefault(key), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    static TimeSpan? LengthOf(string text)
    {
        var unit = text.Length > 0 ? text[^1] switch { 's' => 1, 'm' => 60, 'h' => 3600, _ => 0 } : 0;
        return unit > 0 && int.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count is > 0 and < 100_000 ? TimeSpan.FromSeconds((double)count * unit) : null;
    }
}
