using Orchestrator.Model;
using Orchestrator.Model.Autoscaling;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Pods;
using Orchestrator.Model.State;
using Orchestrator.Model.Workloads;

namespace Orchestrator.Reconcile.Autoscaling;

/// <summary>Decides how many pods a workload keeps, by what they use. Source: Kubernetes, "Horizontal Pod Autoscaling".</summary>
public static class Autoscaler
{
    /// <summary>How often a status is written that says nothing new but the metrics.</summary>
    static readonly TimeSpan Telling = TimeSpan.FromSeconds(15);

    /// <summary>Of the requested cpu, when the spec names no metric.</summary>
    static readonly MetricSpec UsualMetric = new()
    {
        Type = MetricType.Resource,
        Resource = new ResourceMetric { Name = ResourceNames.Cpu, Target = new MetricTarget { Type = MetricTargetType.Utilization, AverageUtilization = 80 } },
    };

    public static (Plan Plan, AutoscalerMemory Memory) Decide(ClusterState state, HorizontalPodAutoscaler autoscaler, Usage usage, AutoscalerMemory memory, DateTimeOffset now)
    {
        var look = new Look(state, autoscaler, usage, memory, now);
        return look.Decide();
    }

    /// <summary>One look at one autoscaler.</summary>
    sealed class Look(ClusterState state, HorizontalPodAutoscaler autoscaler, Usage usage, AutoscalerMemory memory, DateTimeOffset now)
    {
        readonly HorizontalPodAutoscalerSpec _spec = autoscaler.Spec;
        IReadOnlyList<MetricStatus> _metrics = autoscaler.Status.CurrentMetrics;

        public (Plan, AutoscalerMemory) Decide()
        {
            var target = autoscaler.Target();
            if (Scale.Of(state.Find(target)) is not { } scale)
                return Told(null, 0, 0, new Condition { Type = AutoscalerConditions.AbleToScale, Status = ConditionStatus.False, Reason = "FailedGetScale", Message = $"{target} is not there" });
            var present = scale.Replicas;
            var able = new Condition { Type = AutoscalerConditions.AbleToScale, Status = ConditionStatus.True, Reason = "SucceededGetScale", Message = $"{target} keeps {present}" };
            var (least, most) = (_spec.MinReplicas ?? 1, _spec.MaxReplicas);
            if (present == 0 && least > 0)
                return Told(scale, 0, 0, able, Active(ConditionStatus.False, "ScalingDisabled", "it was set to no replicas, which is left as it is; scale it up to have it scaled again"));
            if (present > most) return Told(scale, present, most, able, Limited(ConditionStatus.True, "TooManyReplicas", $"maxReplicas is {most}"));
            if (present < least) return Told(scale, present, least, able, Limited(ConditionStatus.True, "TooFewReplicas", $"minReplicas is {least}"));

            var pods = state.In<Pod>(Pod.KindName, autoscaler.Namespace).Where(pod => scale.Selector.Matches(pod.Metadata.Labels)).ToList();
            var readings = (_spec.Metrics.Count > 0 ? _spec.Metrics : [UsualMetric]).Select(metric => MetricReading.Of(metric, autoscaler.Namespace, present, pods, usage, now)).ToList();
            _metrics = [.. readings.Select(reading => reading.Status)];
            var wanted = readings.Max(reading => reading.Replicas);
            var problem = readings.Select(reading => reading.Problem).FirstOrDefault(problem => problem is not null);
            // A metric that says nothing might have asked for more.
            var isUnclear = wanted is null || (problem is not null && wanted < present);
            // What was not measured, or not yet, may have asked for the present number; and so may somebody who set it meanwhile.
            if (isUnclear || memory.Left != present) memory = memory with { Recommended = memory.Recommended.Add((now, present)) };
            memory = ScalingPace.Forget(_spec, memory, now);
            if (isUnclear) return Told(scale, present, present, able, Active(ConditionStatus.False, "FailedGetMetric", problem ?? ""));
            var (next, heldBack) = ScalingPace.Next(_spec, memory, present, wanted!.Value, now); // clear only when it is there
            memory = memory with { Recommended = memory.Recommended.Add((now, wanted.Value)) };
            return Told(scale, present, next, able, Active(ConditionStatus.True, "ValidMetricFound", $"the metrics ask for {wanted}"),
                heldBack is null ? Limited(ConditionStatus.False, "DesiredWithinRange", "") : Limited(ConditionStatus.True, "HeldBack", heldBack));
        }

        static Condition Active(ConditionStatus status, string reason, string message) => new() { Type = AutoscalerConditions.ScalingActive, Status = status, Reason = reason, Message = message };

        static Condition Limited(ConditionStatus status, string reason, string message) => new() { Type = AutoscalerConditions.ScalingLimited, Status = status, Reason = reason, Message = message };

        (Plan, AutoscalerMemory) Told(Scale? scale, int present, int next, params Condition[] conditions)
        {
            var operations = new List<Operation>();
            if (scale is not null && next != present)
            {
                operations.Add(new Update(scale.To(next)));
                memory = memory with { Changed = memory.Changed.Add((now, next - present)) };
            }

            memory = memory with { Left = next };
            var before = autoscaler.Status;
            var status = new HorizontalPodAutoscalerStatus
            {
                ObservedGeneration = autoscaler.Metadata.Generation,
                LastScaleTime = operations.Count > 0 ? now : before.LastScaleTime,
                CurrentReplicas = present,
                DesiredReplicas = next,
                CurrentMetrics = _metrics,
                Conditions = conditions.Aggregate(before.Conditions, (all, condition) => all.With(condition with { LastTransitionTime = now })),
            };
            var isNews = !ModelJson.Same(Bare(status), Bare(before));
            if (isNews || (memory.Told is not { } told || told + Telling <= now) && !ModelJson.Same(status, before))
            {
                operations.Add(new UpdateStatus(autoscaler with { Status = status }));
                memory = memory with { Told = now };
            }

            var because = next == present ? "" : $"{scale?.Owner.Key} goes from {present} to {next}: {string.Join(", ", conditions.Skip(1).Select(condition => condition.Message).Where(message => message is { Length: > 0 }))}";
            return (operations.Count == 0 ? Plan.Nothing : new Plan(operations, because), memory);
        }

        /// <summary>Without what moves all the time and is not worth a write of its own.</summary>
        static HorizontalPodAutoscalerStatus Bare(HorizontalPodAutoscalerStatus status) => status with
        {
            CurrentMetrics = [],
            Conditions = [.. status.Conditions.Select(condition => condition with { Message = null })],
        };
    }
}
