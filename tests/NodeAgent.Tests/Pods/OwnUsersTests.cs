using Orchestrator.Model.Pods;
using Orchestrator.NodeAgent.Tests.Machine;
using Orchestrator.Testing;

namespace Orchestrator.NodeAgent.Tests.Pods;

/// <summary>Pods whose users are not the node's.</summary>
public sealed class OwnUsersTests
{
    [Fact]
    public async Task Root_inside_is_nobody_of_the_node_and_owns_the_images_files_and_its_volumes()
    {
        await using var agent = await RunningAgent.StartAsync();
        var pod = OwnUsers("""
            cat /proc/self/uid_map | tr -s ' ' | cut -d ' ' -f 2,4
            ls -ldn / /bin /scratch /memory /etc/hosts | tr -s ' ' | cut -d ' ' -f 3,4 | sort -u
            echo kept > /scratch/file && echo kept > /memory/file && echo kept > /file && ls -ln /file /scratch/file /memory/file | tr -s ' ' | cut -d ' ' -f 3,4 | sort -u
            hostname
            ip address add 10.9.9.9/32 dev lo && echo root of its network
            mount -t tmpfs none /mnt 2>/dev/null || echo no mounts
            echo -n end > /dev/termination-log
            """);
        agent.Control.Want(pod);
        var status = await agent.Control.UntilAsync(pod, s => s.Phase is PodPhase.Succeeded or PodPhase.Failed, "ended");
        Assert.Equal($"0 65536\n0 0\n0 0\n{pod.Name}\nroot of its network\nno mounts\n", (await agent.LogsAsync(pod)).Text);
        Assert.Equal("end", status.ContainerStatuses[0].State.Terminated?.Message);
        agent.Control.Delete(pod, graceSeconds: 0);
        await Eventually.HoldsAsync(() => agent.Control.IsGone(pod), "removed");
        Leftovers.AssertNone(agent, pod);
    }

    [Fact]
    public async Task Two_pods_have_different_users_and_one_pods_containers_the_same()
    {
        await using var agent = await RunningAgent.StartAsync();
        var (first, second) = (OwnUsers("exec sleep 1000"), OwnUsers("exec sleep 1000"));
        first = first with { Spec = first.Spec with { Containers = [first.Spec.Containers[0], first.Spec.Containers[0] with { Name = "other" }] } };
        agent.Control.Want(first);
        agent.Control.Want(second);
        await agent.Control.UntilAsync(first, s => s.ContainerStatuses.All(c => c.State.Running is not null), "running");
        await agent.Control.UntilAsync(second, s => s.ContainerStatuses.All(c => c.State.Running is not null), "running");

        var users = Sleepers(agent).GroupBy(user => user).Select(each => (each.Key >= 1 << 30, Count: each.Count())).OrderBy(each => each.Count).ToList();
        Assert.Equal([(true, 1), (true, 2)], users);
    }

    // The users of the node by which the pods' programs run.
    static IEnumerable<uint> Sleepers(RunningAgent agent) =>
        from cgroup in Directory.EnumerateFiles((Directory.Exists("/sys/fs/cgroup/pids") ? "/sys/fs/cgroup/pids" : "/sys/fs/cgroup") + agent.Options.CgroupRoot, "cgroup.procs", SearchOption.AllDirectories)
        from pid in File.ReadLines(cgroup)
        let words = File.ReadAllText($"/proc/{pid}/cmdline").Split('\0')
        where words.Contains("1000")
        select uint.Parse(File.ReadLines($"/proc/{pid}/status").First(line => line.StartsWith("Uid:", StringComparison.Ordinal)).Split('\t')[1]);

    static Pod OwnUsers(string script) => RunningAgent.Shell(
        script,
        c => c with
        {
            VolumeMounts = [new VolumeMount { Name = "scratch", MountPath = "/scratch" }, new VolumeMount { Name = "memory", MountPath = "/memory" }],
            SecurityContext = new SecurityContext { Capabilities = new Capabilities { Add = ["NET_ADMIN"] } },
        },
        s => s with
        {
            HostUsers = false,
            RestartPolicy = RestartPolicy.Never,
            Volumes = [new Volume { Name = "scratch", EmptyDir = new EmptyDirVolume() }, new Volume { Name = "memory", EmptyDir = new EmptyDirVolume { Medium = "Memory" } }],
        });
}
