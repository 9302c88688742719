using Orchestrator.Model.Meta;
using Orchestrator.Model.Pods;
using Orchestrator.Model.Storage;
using Orchestrator.NodeAgent.Tests.Machine;
using Orchestrator.Testing;

namespace Orchestrator.NodeAgent.Tests.Pods;

/// <summary>Directories that outlive pods.</summary>
public sealed class ClaimTests
{
    [Fact]
    public async Task What_one_pod_wrote_the_next_one_reads_and_the_group_may_write()
    {
        await using var agent = await RunningAgent.StartAsync();
        agent.Control.Put(Claim("n1"));
        var first = Mounting("echo kept > /data/file && ls -ldn /data | tr -s ' ' | cut -d ' ' -f 1,4", s => s with { SecurityContext = new PodSecurityContext { FsGroup = 2000 } },
            c => c with { SecurityContext = new SecurityContext { RunAsUser = 1000 } });
        agent.Control.Want(first);
        await agent.Control.UntilAsync(first, s => s.Phase == PodPhase.Succeeded, "succeeded");
        Assert.Equal("drwxrwsrwx 2000\n", (await agent.LogsAsync(first)).Text);
        agent.Control.Delete(first, graceSeconds: 0);
        await Eventually.HoldsAsync(() => agent.Control.IsGone(first), "removed");
        Leftovers.AssertNone(agent, first);

        var next = Mounting("cat /data/file");
        agent.Control.Want(next);
        await agent.Control.UntilAsync(next, s => s.Phase == PodPhase.Succeeded, "succeeded");
        Assert.Equal("kept\n", (await agent.LogsAsync(next)).Text);
    }

    [Fact]
    public async Task A_pod_waits_for_its_claim_to_be_bound_and_is_not_begun_where_the_volume_is_not()
    {
        await using var agent = await RunningAgent.StartAsync();
        var pod = Mounting("true");
        agent.Control.Want(pod);
        await SaysAsync("persistentvolumeclaim \"data\" not found");
        agent.Control.Put(Claim(null));
        await SaysAsync("persistentvolumeclaim \"data\" is not bound yet");
        agent.Control.Put(Claim("n2"));
        await SaysAsync("persistentvolumeclaim \"data\" has its volume on node n2");
        agent.Control.Put(Claim("n1"));
        await agent.Control.UntilAsync(pod, s => s.Phase == PodPhase.Succeeded, "succeeded");

        Task<PodStatus> SaysAsync(string what) =>
            agent.Control.UntilAsync(pod, s => s.ContainerStatuses is [{ State.Waiting.Message: { } why }] && why.EndsWith(what, StringComparison.Ordinal), what);
    }

    static PersistentVolumeClaim Claim(string? node) => new()
    {
        Metadata = new ObjectMeta
        {
            Name = "data", Namespace = "default",
            Annotations = node is null ? new Dictionary<string, string>() : new Dictionary<string, string> { [PersistentVolumeClaim.NodeAnnotation] = node },
        },
        Spec = new PersistentVolumeClaimSpec { VolumeName = node is null ? null : "pvc-1" },
    };

    static Pod Mounting(string script, Func<PodSpec, PodSpec>? spec = null, Func<Container, Container>? container = null) => RunningAgent.Shell(
        script,
        c => (container?.Invoke(c) ?? c) with { VolumeMounts = [new VolumeMount { Name = "data", MountPath = "/data" }] },
        s => (spec?.Invoke(s) ?? s) with { RestartPolicy = RestartPolicy.Never, Volumes = [new Volume { Name = "data", PersistentVolumeClaim = new ClaimVolume { ClaimName = "data" } }] });
}
