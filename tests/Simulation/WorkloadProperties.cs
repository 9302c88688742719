using CsCheck;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Pods;
using Orchestrator.Model.Scheduling;
using Orchestrator.Model.State;
using Orchestrator.Model.Values;
using Orchestrator.Model.Workloads;

namespace Orchestrator.Simulation;

/// <summary>What holds at every revision of every history: nodes die and come back, templates and numbers change, pods are asked to leave, in any order.</summary>
public sealed class WorkloadProperties
{
    enum Turn
    {
        Kill,
        Revive,
        Renew,
        Break,
        Scale,
        Evict,
        Advance,
    }

    static readonly Gen<(int Seed, (Turn Turn, int With)[] Turns)> Histories =
        Gen.Select(Gen.Int[0, 1 << 20], Gen.Select(Gen.Enum<Turn>(), Gen.Int[0, 99]).Array[1, 12]);

    [Fact]
    public void Of_each_number_of_a_statefulset_there_is_at_most_one_pod_and_it_moves_only_after_the_fence() => Live(Set(), (before, after, cluster) =>
    {
        foreach (var pod in cluster.Pods)
        {
            if (before.GetValueOrDefault(pod.Name) is not { } earlier || earlier.Metadata.Uid == pod.Metadata.Uid) continue;
            Assert.True(cluster.HasStopped(earlier), $"{pod.Name} is made anew while {earlier.Metadata.Uid} may still run on {earlier.Spec.NodeName}");
        }
    }, fence: 5);

    [Fact]
    public void An_ordered_statefulset_never_makes_a_pod_before_those_of_lower_numbers_are_there() => Live(Set(), (before, after, cluster) =>
    {
        foreach (var pod in cluster.Pods.Where(pod => !before.ContainsKey(pod.Name)))
        {
            var ordinal = int.Parse(pod.Name["it-".Length..], System.Globalization.CultureInfo.InvariantCulture);
            for (var lower = 0; lower < ordinal; lower++) Assert.Contains(cluster.Pods, each => each.Name == $"it-{lower}");
        }
    }, fence: 5);

    [Fact]
    public void Every_workload_comes_to_rest_with_what_it_should_have() => Histories.Sample(history =>
    {
        foreach (var workload in new Resource[] { Set(), Daemons(), Web() })
        {
            var cluster = Lived(history, workload, fence: 5, (_, _, _) => { });
            foreach (var node in new[] { "n1", "n2", "n3" }) cluster.Revive(node);
            Change(cluster, workload, spec => Template("good"));
            cluster.Advance(TimeSpan.FromMinutes(1));
            cluster.Settle();
            var wanted = cluster.State.Find(workload.Key) switch
            {
                StatefulSet set => set.Spec.Replicas ?? 1,
                Deployment deployment => deployment.Spec.Replicas ?? 1,
                _ => 3,
            };
            Assert.Equal(wanted, cluster.Ready.Count);
            Assert.Equal(wanted, cluster.Pods.Count);
            Assert.All(cluster.Pods, pod => Assert.Equal("good", pod.Spec.Containers[0].Image));
        }
    }, iter: Cases);

    [Fact]
    public void A_job_is_complete_with_just_its_completions_whatever_happens_to_the_nodes() => Gen.Select(Histories, Gen.Int[1, 6], Gen.Int[1, 4], Gen.Bool).Sample((history, completions, parallelism, indexed) =>
    {
        var job = new Job
        {
            Metadata = Meta(),
            Spec = new JobSpec
            {
                Completions = completions,
                Parallelism = parallelism,
                CompletionMode = indexed ? CompletionMode.Indexed : CompletionMode.NonIndexed,
                Template = Template("done") with { Spec = Template("done").Spec with { RestartPolicy = RestartPolicy.Never } },
            },
        };
        var cluster = Lived(history, job, fence: null, (_, _, each) =>
            Assert.True(each.Pods.Count(pod => !pod.IsTerminal() && !pod.IsBeingDeleted()) <= parallelism, "more pods at a time than its parallelism"));
        foreach (var node in new[] { "n1", "n2", "n3" }) cluster.Revive(node);
        cluster.Advance(TimeSpan.FromMinutes(1));
        var ended = cluster.State.Find<Job>(Job.KindName, "default", "it")!; // nobody deletes it
        Assert.True(ended.IsComplete());
        Assert.Equal(completions, ended.Status.Succeeded);
        if (indexed) Assert.Equal(completions == 1 ? "0" : $"0-{completions - 1}", ended.Status.CompletedIndexes);
    }, iter: Cases);

    [Fact]
    public void An_eviction_never_takes_a_deployment_below_what_it_should_have() => Histories.Sample(history =>
    {
        var calm = history.Turns.Select(each => each with { Turn = each.Turn is Turn.Evict ? Turn.Evict : Turn.Advance }).ToArray();
        var cluster = new SmallCluster(history.Seed);
        cluster.Start(3);
        cluster.Write(new Create(Web()));
        cluster.Settle();
        cluster.Watched = _ => Assert.True(cluster.Ready.Count >= 3, "fewer ready pods than replicas");
        foreach (var each in calm) Do(cluster, Web(), each.Turn, each.With);
        cluster.Settle();
    }, iter: Cases);

    /// <summary>Few here and many with ORCH_CASES.</summary>
    static int Cases => int.TryParse(Environment.GetEnvironmentVariable("ORCH_CASES"), out var cases) ? cases : 40;

    static void Live(Resource workload, Action<IReadOnlyDictionary<string, Pod>, ClusterState, SmallCluster> check, int? fence) =>
        Histories.Sample(history => { Lived(history, workload, fence, check); }, iter: Cases);

    static SmallCluster Lived((int Seed, (Turn Turn, int With)[] Turns) history, Resource workload, int? fence, Action<IReadOnlyDictionary<string, Pod>, ClusterState, SmallCluster> check)
    {
        var cluster = new SmallCluster(history.Seed) { FenceSeconds = fence };
        cluster.Start(3);
        var before = new Dictionary<string, Pod>();
        cluster.Watched = state =>
        {
            check(before, state, cluster);
            foreach (var pod in cluster.Pods) before[pod.Name] = pod;
        };
        cluster.Write(new Create(workload));
        foreach (var (turn, with) in history.Turns) Do(cluster, workload, turn, with);
        return cluster;
    }

    static void Do(SmallCluster cluster, Resource workload, Turn turn, int with)
    {
        var node = $"n{with % 3 + 1}";
        switch (turn)
        {
            case Turn.Kill:
                cluster.Kill(node);
                break;
            case Turn.Revive:
                cluster.Revive(node);
                break;
            case Turn.Renew:
                Change(cluster, workload, _ => Template($"v{with}"));
                break;
            case Turn.Break:
                Change(cluster, workload, _ => Template("stuck"));
                break;
            case Turn.Scale:
                if (cluster.State.Find(workload.Key) is StatefulSet set) cluster.Write(new Update(set with { Spec = set.Spec with { Replicas = with % 5 } }));
                if (cluster.State.Find(workload.Key) is Deployment deployment) cluster.Write(new Update(deployment with { Spec = deployment.Spec with { Replicas = with % 5 } }));
                break;
            case Turn.Evict:
                foreach (var pod in cluster.Pods.Where(pod => pod.Spec.NodeName == node)) cluster.Write(new Update(Eviction.Ask(pod, cluster.Now)));
                break;
        }

        cluster.Advance(TimeSpan.FromSeconds(with % 15 + 1));
    }

    static void Change(SmallCluster cluster, Resource workload, Func<PodTemplate, PodTemplate> change)
    {
        Resource? changed = cluster.State.Find(workload.Key) switch
        {
            StatefulSet set => set with { Spec = set.Spec with { Template = change(set.Spec.Template) } },
            DaemonSet set => set with { Spec = set.Spec with { Template = change(set.Spec.Template) } },
            Deployment deployment => deployment with { Spec = deployment.Spec with { Template = change(deployment.Spec.Template) } },
            _ => null,
        };
        if (changed is not null) cluster.Write(new Update(changed));
    }

    static readonly Dictionary<string, string> Labels = new() { ["app"] = "it" };

    static ObjectMeta Meta() => new() { Name = "it", Namespace = "default", Uid = "it" };

    static PodTemplate Template(string image) => new() { Metadata = new ObjectMeta { Labels = Labels }, Spec = new PodSpec { Containers = [new Container { Name = "it", Image = image }] } };

    static StatefulSet Set() => new() { Metadata = Meta(), Spec = new StatefulSetSpec { Replicas = 3, Selector = new LabelSelector { MatchLabels = Labels }, Template = Template("v0") } };

    static DaemonSet Daemons() => new() { Metadata = Meta(), Spec = new DaemonSetSpec { Selector = new LabelSelector { MatchLabels = Labels }, Template = Template("v0") } };

    static Deployment Web() => new() { Metadata = Meta(), Spec = new DeploymentSpec { Replicas = 3, Selector = new LabelSelector { MatchLabels = Labels }, Template = Template("v0") } };
}
