using CsCheck;
using Orchestrator.Model.Autoscaling;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Pods;
using Orchestrator.Model.State;
using Orchestrator.Model.Values;
using Orchestrator.Model.Workloads;
using Orchestrator.Reconcile.Autoscaling;

namespace Orchestrator.Reconcile.Tests.Autoscaling;

/// <summary>How many pods the metrics ask for, and how fast the number follows them.</summary>
public sealed class AutoscalerTests
{
    const int Least = 2, Most = 50;

    static readonly DateTimeOffset Now = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    static readonly MetricSpec HalfOfCpu = new() { Type = MetricType.Resource, Resource = new ResourceMetric { Name = ResourceNames.Cpu, Target = new MetricTarget { Type = MetricTargetType.Utilization, AverageUtilization = 50 } } };

    [Fact]
    public void Pods_that_are_not_measured_are_idle_for_more_and_at_their_target_for_fewer()
    {
        // Four at 100 of 100 with a target of 50 would be eight; with the two unknown ones at nothing the six are on average at 67.
        Assert.Equal(8, Wanted([.. Pods(4, 100)]));
        Assert.Equal(8, Wanted([.. Pods(4, 100), .. Pods(2, null)]));
        // Four at 10 would be one; the two unknown ones count as if they used all they request.
        Assert.Equal(1, Wanted([.. Pods(4, 10)]));
        Assert.Equal(5, Wanted([.. Pods(4, 10), .. Pods(2, null)]));
    }

    [Fact]
    public void Pods_that_have_just_begun_to_serve_count_as_idle_so_that_their_start_asks_for_no_more()
    {
        var starting = Pods(2, 500).Select(each => (each.Pod with { Status = each.Pod.Status with { Conditions = [Ready(Now)] } }, each.Millicores));
        Assert.Equal(4, Wanted([.. Pods(2, 50), .. starting]));
    }

    [Fact]
    public void A_request_that_is_missing_says_which_pod_lacks_it()
    {
        var (pod, _) = Pods(1, 50).Single();
        var bare = pod with { Spec = pod.Spec with { Containers = [new Container { Name = "web", Image = "web" }] } };
        Assert.Contains("requests no cpu", Told(State(2, bare), Measured((bare, 50))).Find(AutoscalerConditions.ScalingActive)!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Whatever_the_load_the_number_stays_between_its_bounds_and_moves_no_faster_than_allowed() => Check.Sample(
        Gen.Select(Gen.Int[Least, Most], Gen.Int[0, 400].Array[1, 60]),
        drawn =>
        {
            var (present, memory) = (drawn.Item1, AutoscalerMemory.Empty);
            List<(int At, int Replicas)> past = [];
            for (var i = 0; i < drawn.Item2.Length; i++)
            {
                var at = i * 5;
                past.Add((at, present));
                (var next, memory) = Next(present, drawn.Item2[i], memory, Now.AddSeconds(at));
                Assert.InRange(next, Least, Most);
                // Within 15 seconds by 4 or to the double, whichever is more, from where it was then.
                var then = past.Where(each => each.At > at - 15).Min(each => each.Replicas);
                Assert.True(next <= Math.Max(then + 4, then * 2), $"{then} -> {next}");
                // Never below what was asked for in the last five minutes, nor below where it began while that is not known.
                if (next < present) Assert.True(at >= 300 && past.Where(each => each.At >= at - 300).All(each => Asked(each.Replicas, drawn.Item2[each.At / 5]) <= next), $"at {at}: {present} -> {next}");
                present = next;
            }
        }, iter: 300);

    [Fact]
    public void More_load_never_asks_for_fewer_pods() => Check.Sample(Gen.Select(Gen.Int[1, Most], Gen.Int[0, 400], Gen.Int[0, 400]), drawn =>
    {
        var (present, less, more) = (drawn.Item1, Math.Min(drawn.Item2, drawn.Item3), Math.Max(drawn.Item2, drawn.Item3));
        Assert.True(Asked(present, less) <= Asked(present, more));
    });

    /// <summary>What the formula in Kubernetes' documentation says.</summary>
    static int Asked(int present, int millicores)
    {
        var ratio = millicores / 50m;
        return Math.Abs(ratio - 1) <= 0.1m ? present : (int)Math.Ceiling(ratio * present);
    }

    static (int Next, AutoscalerMemory Memory) Next(int present, int millicores, AutoscalerMemory memory, DateTimeOffset now)
    {
        var pods = Pods(present, millicores).ToArray();
        var state = State(present, [.. pods.Select(each => each.Pod)]);
        var (plan, remembered) = Autoscaler.Decide(state, Its(state), Measured(pods), memory, now);
        return (plan.Operations.OfType<Update>().Select(update => ((Deployment)update.Resource).Spec.Replicas!.Value).SingleOrDefault(present), remembered);
    }

    /// <summary>The number that it goes to, as far as the policies allow it at once.</summary>
    static int Wanted((Pod Pod, int? Millicores)[] pods)
    {
        var state = State(pods.Length, [.. pods.Select(each => each.Pod)]);
        var told = Told(state, Measured(pods)).Find(AutoscalerConditions.ScalingActive)!.Message!; // always told
        return int.Parse(told["the metrics ask for ".Length..], System.Globalization.CultureInfo.InvariantCulture);
    }

    static IReadOnlyList<Condition> Told(ClusterState state, Usage usage) =>
        ((HorizontalPodAutoscaler)Autoscaler.Decide(state, Its(state), usage, AutoscalerMemory.Empty, Now).Plan.Operations.OfType<UpdateStatus>().Single().Resource).Status.Conditions;

    static HorizontalPodAutoscaler Its(ClusterState state) => state.Find<HorizontalPodAutoscaler>(HorizontalPodAutoscaler.KindName, "default", "web")!; // put there below

    static ClusterState State(int replicas, params Pod[] pods) => pods.Aggregate(
        ClusterState.Empty
            .With(new Deployment
            {
                Metadata = new ObjectMeta { Name = "web", Namespace = "default", Uid = "web" },
                Spec = new DeploymentSpec { Replicas = replicas, Selector = new LabelSelector { MatchLabels = new Dictionary<string, string> { ["app"] = "web" } } },
            })
            .With(new HorizontalPodAutoscaler
            {
                Metadata = new ObjectMeta { Name = "web", Namespace = "default", Uid = "hpa" },
                Spec = new HorizontalPodAutoscalerSpec { ScaleTargetRef = new CrossVersionObjectReference { Kind = Deployment.KindName, Name = "web" }, MinReplicas = Least, MaxReplicas = Most, Metrics = [HalfOfCpu] },
            }),
        (state, pod) => state.With(pod));

    static IEnumerable<(Pod Pod, int? Millicores)> Pods(int count, int? millicores) => Enumerable.Range(0, count).Select(_ => Guid.NewGuid().ToString()).Select(uid => (new Pod
    {
        Metadata = new ObjectMeta { Name = $"web-{uid}", Namespace = "default", Uid = uid, Labels = new Dictionary<string, string> { ["app"] = "web" } },
        Spec = new PodSpec
        {
            Containers = [new Container { Name = "web", Image = "web", Resources = new ResourceRequirements { Requests = new Dictionary<string, Quantity> { [ResourceNames.Cpu] = Quantity.FromMillicores(100) } } }],
        },
        Status = new PodStatus { Phase = PodPhase.Running, Conditions = [Ready(Now.AddHours(-1))] },
    }, millicores));

    static Condition Ready(DateTimeOffset since) => new() { Type = PodConditions.Ready, Status = ConditionStatus.True, LastTransitionTime = since };

    static Usage Measured(params (Pod Pod, int? Millicores)[] pods) => new()
    {
        Pods = pods.Where(each => each.Millicores is not null).ToDictionary(each => each.Pod.Metadata.Uid!, each => (IReadOnlyDictionary<string, ContainerUsage>)new Dictionary<string, ContainerUsage> { ["web"] = new(each.Millicores!.Value, 0) }), // made above
    };
}
