using Orchestrator.Model.Pods;
using Orchestrator.NodeAgent.Tests.Machine;
using Orchestrator.Testing;

namespace Orchestrator.NodeAgent.Tests.Pods;

/// <summary>Hooks, sidecars, last words, and parts of volumes, in real containers.</summary>
public sealed class LifecycleTests
{
    static readonly Volume Shared = new() { Name = "shared", EmptyDir = new EmptyDirVolume() };

    [Fact]
    public async Task Hooks_run_inside_after_the_start_and_before_the_signal()
    {
        await using var agent = await RunningAgent.StartAsync();
        var pod = RunningAgent.Shell("trap 'cat /notes; exit 0' TERM; while true; do sleep 0.05; done", c => c with
        {
            Lifecycle = new Lifecycle { PostStart = Exec("echo started >> /notes"), PreStop = Exec("echo stopping >> /notes") },
        }, s => s with { TerminationGracePeriodSeconds = 20 });
        agent.Control.Want(pod);
        await agent.Control.UntilAsync(pod, s => s.ContainerStatuses is [{ Ready: true }], "ready");
        var text = agent.FollowLogsAsync(pod);
        agent.Control.Delete(pod, graceSeconds: 20);
        Assert.Equal("started\nstopping\n", await text);
        await Eventually.HoldsAsync(() => agent.Control.IsGone(pod), "removed");
        Leftovers.AssertNone(agent, pod);
    }

    [Fact]
    public async Task A_sidecar_starts_first_and_ends_last()
    {
        await using var agent = await RunningAgent.StartAsync();
        Container side = new()
        {
            Name = "side", Image = RunningAgent.Busybox, RestartPolicy = RestartPolicy.Always, VolumeMounts = [new VolumeMount { Name = "shared", MountPath = "/shared" }],
            Command = ["/bin/sh", "-c", "trap 'echo side >> /shared/notes; cat /shared/notes; exit 0' TERM; touch /shared/up; while true; do sleep 0.05; done"],
            StartupProbe = new Probe { Exec = new ExecAction { Command = ["/bin/sh", "-c", "test -e /shared/up"] }, PeriodSeconds = 1 },
        };
        var pod = RunningAgent.Shell("test -e /shared/up && echo main >> /shared/notes",
            c => c with { VolumeMounts = [new VolumeMount { Name = "shared", MountPath = "/shared" }] },
            s => s with { RestartPolicy = RestartPolicy.Never, Volumes = [Shared], InitContainers = [side], TerminationGracePeriodSeconds = 20 });
        agent.Control.Want(pod);
        await agent.Control.UntilAsync(pod, s => s.Phase == PodPhase.Succeeded && s.InitContainerStatuses is [{ State.Terminated.ExitCode: 0 }], "all ended");
        Assert.Equal("main\nside\n", (await agent.LogsAsync(pod, request => request.Container = "side")).Text);
    }

    [Fact]
    public async Task The_last_words_of_a_container_are_in_its_status()
    {
        await using var agent = await RunningAgent.StartAsync();
        var written = Never("echo out of luck > /dev/termination-log; exit 3", c => c);
        var logged = Never("echo first; echo the reason; exit 3", c => c with { TerminationMessagePolicy = TerminationMessagePolicy.FallbackToLogsOnError });
        var link = Never("rm -f /dev/termination-log; ln -sf /etc/shadow /dev/termination-log; exit 3", c => c);
        foreach (var pod in new[] { written, logged, link }) agent.Control.Want(pod);
        Assert.Equal("out of luck", await EndAsync(written));
        Assert.Equal("first\nthe reason", await EndAsync(logged));
        Assert.Null(await EndAsync(link));

        async Task<string?> EndAsync(Pod pod) =>
            (await agent.Control.UntilAsync(pod, s => s.Phase == PodPhase.Failed, "failed")).ContainerStatuses[0].State.Terminated?.Message;
    }

    [Fact]
    public async Task A_part_of_a_volume_is_mounted_alone_and_a_link_in_it_leads_nowhere_else()
    {
        await using var agent = await RunningAgent.StartAsync();
        Container first = new()
        {
            Name = "first", Image = RunningAgent.Busybox, VolumeMounts = [new VolumeMount { Name = "shared", MountPath = "/shared" }],
            Command = ["/bin/sh", "-c", "mkdir -p /shared/a/b /shared/etc && echo inside > /shared/a/b/f && echo mine > /shared/etc/hostname && ln -s /etc /shared/link && ln -s ../../../../etc /shared/up"],
        };
        var pod = RunningAgent.Shell("cat /part/f /link/hostname /up/hostname; echo new > /made/x; ls /made",
            c => c with
            {
                VolumeMounts =
                [
                    new VolumeMount { Name = "shared", MountPath = "/part", SubPath = "a/b" },
                    new VolumeMount { Name = "shared", MountPath = "/link", SubPath = "link" },
                    new VolumeMount { Name = "shared", MountPath = "/up", SubPath = "up" },
                    new VolumeMount { Name = "shared", MountPath = "/made", SubPath = "new/one" },
                ],
            },
            s => s with { RestartPolicy = RestartPolicy.Never, Volumes = [Shared], InitContainers = [first] });
        agent.Control.Want(pod);
        await agent.Control.UntilAsync(pod, s => s.Phase is PodPhase.Succeeded or PodPhase.Failed, "ended");
        Assert.Equal("inside\nmine\nmine\nx\n", (await agent.LogsAsync(pod, request => request.Container = "main")).Text);
        agent.Control.Delete(pod, graceSeconds: 0);
        await Eventually.HoldsAsync(() => agent.Control.IsGone(pod), "removed");
        Leftovers.AssertNone(agent, pod);
    }

    [Fact]
    public async Task Filters_and_kernel_parameters_are_the_pods_own()
    {
        await using var agent = await RunningAgent.StartAsync();
        var open = Never("grep Seccomp: /proc/self/status; cat /proc/sys/net/core/somaxconn",
            c => c with { SecurityContext = new SecurityContext { SeccompProfile = new SeccompProfile { Type = SeccompProfileType.Unconfined } } },
            s => s with { SecurityContext = new PodSecurityContext { Sysctls = [new Sysctl { Name = "net.core.somaxconn", Value = "1234" }] } });
        agent.Control.Want(open);
        await agent.Control.UntilAsync(open, s => s.Phase == PodPhase.Succeeded, "succeeded");
        Assert.Equal("Seccomp:\t0\n1234\n", (await agent.LogsAsync(open)).Text);

        var lost = Never("true", c => c with { SecurityContext = new SecurityContext { SeccompProfile = new SeccompProfile { Type = SeccompProfileType.Localhost, LocalhostProfile = "mine.json" } } });
        agent.Control.Want(lost);
        await agent.Control.UntilAsync(lost, s => s.ContainerStatuses is [{ State.Waiting: { Reason: "CreateContainerError", Message: { } why } }] && why.Contains("seccomp profile \"mine.json\" is not there", StringComparison.Ordinal), "the missing profile");

        Directory.CreateDirectory(Path.Combine(agent.Options.DataDirectory, "seccomp"));
        await File.WriteAllTextAsync(Path.Combine(agent.Options.DataDirectory, "seccomp", "mine.json"),
            """{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir","mkdirat"],"action":"SCMP_ACT_ERRNO","errnoRet":1}]}""");
        var own = Never("mkdir /x 2>&1 || echo refused", c => c with { SecurityContext = new SecurityContext { SeccompProfile = new SeccompProfile { Type = SeccompProfileType.Localhost, LocalhostProfile = "mine.json" } } });
        agent.Control.Want(own);
        await agent.Control.UntilAsync(own, s => s.Phase == PodPhase.Succeeded, "succeeded");
        Assert.EndsWith("refused\n", (await agent.LogsAsync(own)).Text, StringComparison.Ordinal);
    }

    static LifecycleHandler Exec(string script) => new() { Exec = new ExecAction { Command = ["/bin/sh", "-c", script] } };

    static Pod Never(string script, Func<Container, Container> container, Func<PodSpec, PodSpec>? spec = null) =>
        RunningAgent.Shell(script, container, s => (spec?.Invoke(s) ?? s) with { RestartPolicy = RestartPolicy.Never });
}
