using Orchestrator.Model.Nodes;
using Orchestrator.Model.Pods;
using Orchestrator.Model.Values;
using Orchestrator.NodeAgent.Pressure;
using Orchestrator.NodeAgent.Tests.Machine;
using Orchestrator.Reconcile.Nodes;
using Orchestrator.Testing;

namespace Orchestrator.NodeAgent.Tests.Pressure;

/// <summary>Pods that have to leave because the machine runs short, or because they take more of its disk than they may.</summary>
public sealed class EvictionTests
{
    [Fact]
    public async Task A_machine_that_is_short_of_memory_tells_so_and_sends_pods_away_one_by_one_those_that_asked_for_too_little_first()
    {
        await using var agent = await RunningAgent.StartAsync(options => options with { EvictionHard = "" });
        var modest = RunningAgent.Shell("exec sleep 1000", container: container => container with { Resources = new ResourceRequirements { Requests = new Dictionary<string, Quantity> { [ResourceNames.Memory] = Quantity.Parse("1Gi") } } });
        var careless = RunningAgent.Shell("exec sleep 1000");
        agent.Control.Want(modest);
        agent.Control.Want(careless);
        foreach (var pod in new[] { modest, careless }) await agent.Control.UntilAsync(pod, s => s.ContainerStatuses is [{ Ready: true }], "ready");
        await agent.StopAsync();

        // From now on there is never as much left as there should be.
        agent.Change(options => options with { EvictionHard = "memory.available<1Ei" });
        agent.Start();
        var first = await agent.Control.UntilAsync(careless, s => s.Phase == PodPhase.Failed, "evicted");
        Assert.Equal("Evicted", first.Reason);
        Assert.Matches(@"^The node was low on resource: memory\. Threshold quantity: 1Ei, available: \d+\w*\. Its containers used \d+\w* and requested 0\.$", first.Message);
        await agent.Control.UntilAsync(modest, s => s.Reason == "Evicted", "evicted, too");
        await Eventually.HoldsAsync(() => agent.Control.Pressures.SequenceEqual([NodeConditions.MemoryPressure]), "it tells of the pressure");
        await Eventually.HoldsAsync(() => Pods.Leftovers.ProcessesOf(agent).Length == 0, "nothing of them runs");
    }

    [Fact]
    public async Task A_pod_that_fills_an_empty_directory_beyond_its_limit_is_evicted_and_one_that_does_not_stays()
    {
        await using var agent = await RunningAgent.StartAsync(options => options with { EvictionHard = "" });
        var greedy = Writing("3");
        var modest = Writing("1");
        agent.Control.Want(greedy);
        agent.Control.Want(modest);
        var status = await agent.Control.UntilAsync(greedy, s => s.Phase == PodPhase.Failed, "evicted");
        Assert.Equal(("Evicted", "Usage of EmptyDir volume \"room\" exceeds the limit \"2Mi\"."), (status.Reason, status.Message));
        Assert.Equal(PodPhase.Running, agent.Control.StatusOf(modest)!.Phase);
    }

    [Fact]
    public async Task A_pod_that_writes_more_into_its_own_layer_than_its_limit_is_evicted()
    {
        await using var agent = await RunningAgent.StartAsync(options => options with { EvictionHard = "" });
        var pod = RunningAgent.Shell("dd if=/dev/zero of=/big bs=1M count=4; exec sleep 1000", container: container => container with
        {
            Resources = new ResourceRequirements { Limits = new Dictionary<string, Quantity> { [ResourceNames.EphemeralStorage] = Quantity.Parse("2Mi") } },
        });
        agent.Control.Want(pod);
        var status = await agent.Control.UntilAsync(pod, s => s.Phase == PodPhase.Failed, "evicted");
        Assert.StartsWith("Pod ephemeral local storage usage exceeds the total limit of containers", status.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("memory.available<100Mi, nodefs.available<10%", null)]
    [InlineData("", null)]
    [InlineData("memory<100Mi", "\"memory<100Mi\" is no threshold")]
    [InlineData("memory.available<200%", "neither an amount")]
    [InlineData("pid.available<", "neither an amount")]
    public void Thresholds_are_written_as_for_the_kubelet(string text, string? problem)
    {
        if (problem is null) Assert.Null(EvictionThresholds.ProblemOf(text));
        else Assert.Contains(problem, EvictionThresholds.ProblemOf(text), StringComparison.Ordinal);
    }

    [Fact]
    public void What_the_machine_has_left_is_read_of_the_kernel()
    {
        var supplies = Supplies.Read(Path.GetTempPath());
        Assert.All(supplies.Values.Where(supply => supply.Capacity > 0), supply => Assert.InRange(supply.Available, 1, supply.Capacity));
        Assert.Equal(new DriveInfo(Path.GetTempPath()).TotalSize, supplies[Signal.Disk].Capacity);
        Assert.Equal(new Supply(32_000, 32_768), Supplies.Pids("0.10 0.20 0.30 2/768 4711\n", "32768\n"));
    }

    static Pod Writing(string mebibytes)
    {
        var pod = RunningAgent.Shell($"dd if=/dev/zero of=/room/file bs=1M count={mebibytes}; exec sleep 1000",
            container: container => container with { VolumeMounts = [new VolumeMount { Name = "room", MountPath = "/room" }] });
        return pod with { Spec = pod.Spec with { Volumes = [new Volume { Name = "room", EmptyDir = new EmptyDirVolume { SizeLimit = Quantity.Parse("2Mi") } }] } };
    }
}
