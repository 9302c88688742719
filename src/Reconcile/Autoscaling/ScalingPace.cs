using Orchestrator.Model.Autoscaling;

namespace Orchestrator.Reconcile.Autoscaling;

/// <summary>
/// How fast the number of pods may follow the load: the stabilization windows and policies of a behavior. Source: KEP-853, configurable scale velocity.
/// </summary>
static class ScalingPace
{
    const int StabilizationDown = 300, PodsAtOnce = 4, PercentAtOnce = 100, PeriodSeconds = 15;

    static readonly ScalingRules Up = new()
    {
        Policies =
        [
            new ScalingPolicy { Type = ScalingPolicyType.Pods, Value = PodsAtOnce, PeriodSeconds = PeriodSeconds },
            new ScalingPolicy { Type = ScalingPolicyType.Percent, Value = PercentAtOnce, PeriodSeconds = PeriodSeconds },
        ],
    };

    static readonly ScalingRules Down = new() { Policies = [new ScalingPolicy { Type = ScalingPolicyType.Percent, Value = PercentAtOnce, PeriodSeconds = PeriodSeconds }] };

    /// <summary>The number to go to from the present one, which the load alone would make <paramref name="wanted"/>, and what held it back, if anything did.</summary>
    public static (int Replicas, string? HeldBack) Next(HorizontalPodAutoscalerSpec spec, AutoscalerMemory memory, int present, int wanted, DateTimeOffset now)
    {
        var (up, down) = (spec.Behavior?.ScaleUp, spec.Behavior?.ScaleDown);
        var recent = memory.Recommended.Add((now, wanted));
        var floor = Math.Min(wanted, Within(recent, up?.StabilizationWindowSeconds ?? 0).Min());
        var ceiling = Math.Max(wanted, Within(recent, down?.StabilizationWindowSeconds ?? StabilizationDown).Max());
        var steady = Math.Clamp(present, floor, ceiling);
        var (least, most) = (spec.MinReplicas ?? 1, spec.MaxReplicas);
        if (steady > present)
        {
            var limit = Math.Max(present, UpTo(Rules(up, Up), memory, present, now));
            var allowed = Math.Min(steady, Math.Min(limit, most));
            return (allowed, allowed == steady ? null : limit < most ? "the policies of scaleUp allow no more at a time" : $"maxReplicas is {most}");
        }

        if (steady < present)
        {
            var limit = Math.Min(present, DownTo(Rules(down, Down), memory, present, now));
            var allowed = Math.Max(steady, Math.Max(limit, least));
            return (allowed, allowed == steady ? null : limit > least ? "the policies of scaleDown allow no more at a time" : $"minReplicas is {least}");
        }

        return (present, wanted == present ? null : "recent load asked for as many as there are");
    }

    /// <summary>What may still count at the next look.</summary>
    public static AutoscalerMemory Forget(HorizontalPodAutoscalerSpec spec, AutoscalerMemory memory, DateTimeOffset now)
    {
        var window = Math.Max(spec.Behavior?.ScaleUp?.StabilizationWindowSeconds ?? 0, spec.Behavior?.ScaleDown?.StabilizationWindowSeconds ?? StabilizationDown);
        var period = Rules(spec.Behavior?.ScaleUp, Up).Policies.Concat(Rules(spec.Behavior?.ScaleDown, Down).Policies).Select(policy => policy.PeriodSeconds).Append(0).Max();
        return memory with
        {
            Recommended = memory.Recommended.RemoveAll(each => each.At < now.AddSeconds(-window)),
            Changed = memory.Changed.RemoveAll(each => each.At < now.AddSeconds(-period)),
        };
    }

    static ScalingRules Rules(ScalingRules? own, ScalingRules usual) => own is null ? usual : own.Policies.Count > 0 ? own : own with { Policies = usual.Policies };

    static IEnumerable<int> Within(IEnumerable<(DateTimeOffset At, int Replicas)> recommended, int seconds)
    {
        var all = recommended.ToList();
        return all.Where(each => each.At >= all[^1].At.AddSeconds(-seconds)).Select(each => each.Replicas);
    }

    static int UpTo(ScalingRules rules, AutoscalerMemory memory, int present, DateTimeOffset now)
    {
        if (rules.SelectPolicy == ScalingPolicySelect.Disabled) return present;
        var limits = rules.Policies.Select(policy =>
        {
            var start = AtStart(policy, memory, present, now);
            return policy.Type == ScalingPolicyType.Pods ? start + policy.Value : (int)Math.Ceiling(start * (1 + (policy.Value / 100m)));
        });
        return rules.SelectPolicy == ScalingPolicySelect.Min ? limits.Min() : limits.Max();
    }

    static int DownTo(ScalingRules rules, AutoscalerMemory memory, int present, DateTimeOffset now)
    {
        if (rules.SelectPolicy == ScalingPolicySelect.Disabled) return present;
        var limits = rules.Policies.Select(policy =>
        {
            var start = AtStart(policy, memory, present, now);
            return policy.Type == ScalingPolicyType.Pods ? start - policy.Value : (int)(start * (1 - (policy.Value / 100m)));
        });
        return rules.SelectPolicy == ScalingPolicySelect.Min ? limits.Max() : limits.Min();
    }

    /// <summary>How many there were when the policy's period began.</summary>
    static int AtStart(ScalingPolicy policy, AutoscalerMemory memory, int present, DateTimeOffset now) =>
        present - memory.Changed.Where(each => each.At > now.AddSeconds(-policy.PeriodSeconds)).Sum(each => each.Change);
}
