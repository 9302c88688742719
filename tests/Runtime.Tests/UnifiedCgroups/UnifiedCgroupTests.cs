using System.Text.Json.Nodes;
using Orchestrator.Testing;

namespace Orchestrator.Runtime.Tests.UnifiedCgroups;

public sealed class UnifiedCgroupTests
{
    [Fact]
    public void A_container_lives_where_cgroup_v2_is_all_there_is()
    {
        using var sandbox = new Sandbox("sleep", "1000").Writable();
        sandbox.Process["capabilities"]!["bounding"]!.AsArray().Add("CAP_MKNOD");
        sandbox.Process["capabilities"]!["effective"]!.AsArray().Add("CAP_MKNOD");
        sandbox.Process["capabilities"]!["permitted"]!.AsArray().Add("CAP_MKNOD");
        sandbox.Linux["cgroupsPath"] = "/parent/c1";
        sandbox.Linux["resources"] = JsonNode.Parse("""
            {
              "memory": { "limit": 67108864 },
              "cpu": { "quota": 50000, "period": 100000, "shares": 512 },
              "pids": { "limit": 42 },
              "devices": [{ "allow": false, "access": "rwm" }]
            }
            """);

        var said = VirtualMachine.Run(sandbox.Config, "lives.sh");

        Assert.Null(Golden.Difference(RepoRoot.Below("tests", "Runtime.Tests", "UnifiedCgroups", "lives.expected"), said));
    }

    [Fact]
    public void Systemd_makes_the_scope_that_a_container_lives_in()
    {
        using var sandbox = new Sandbox("sleep", "1000");
        sandbox.Linux["cgroupsPath"] = "machine-a.slice:engine:c1";
        sandbox.Linux["resources"] = JsonNode.Parse("""
            {
              "memory": { "limit": 67108864, "reservation": 33554432 },
              "cpu": { "quota": 50500, "period": 100000, "shares": 512, "cpus": "0" },
              "pids": { "limit": 42 },
              "devices": [{ "allow": false, "access": "rwm" }]
            }
            """);
        Assert.Null(Golden.Difference(RepoRoot.Below("tests", "Runtime.Tests", "UnifiedCgroups", "systemd.expected"), VirtualMachine.Run(sandbox.Config, "systemd.sh", systemd: true)));
    }

    [Fact]
    public void The_root_of_a_user_namespace_owns_its_cgroup_on_v2()
    {
        using var sandbox = new Sandbox("sh", "-c", "ls -ldn /sys/fs/cgroup | cut -c1-40; mkdir /sys/fs/cgroup/below && echo $$ >/sys/fs/cgroup/below/cgroup.procs && cat /proc/self/cgroup; echo 1 >/sys/fs/cgroup/memory.max || echo refused");
        sandbox.OtherUser();
        sandbox.Linux["cgroupsPath"] = "/c1";
        sandbox.Mounts.First(mount => (string)mount!["type"]! == "cgroup")!["options"] = new JsonArray("nosuid", "noexec", "nodev");
        Assert.Null(Golden.Difference(RepoRoot.Below("tests", "Runtime.Tests", "UnifiedCgroups", "owner.expected"), VirtualMachine.Run(sandbox.Config, "owner.sh")));
    }

    [Fact]
    public void Every_limit_is_written_on_v2()
    {
        using var sandbox = new Sandbox("sleep", "1000");
        sandbox.Linux["cgroupsPath"] = "/c1";
        sandbox.Linux["resources"] = JsonNode.Parse("""
            {
              "memory": { "limit": 67108864, "reservation": 33554432, "swap": 100663296, "checkBeforeUpdate": true },
              "cpu": { "shares": 1024, "quota": 50000, "period": 100000, "burst": 20000, "idle": 0, "cpus": "0", "mems": "0" },
              "pids": { "limit": 42 },
              "hugepageLimits": [{ "pageSize": "2MB", "limit": 4194304 }],
              "blockIO": { "weight": 500 },
              "unified": { "memory.high": "50331648", "pids.max": "43" }
            }
            """);
        Assert.Null(Golden.Difference(RepoRoot.Below("tests", "Runtime.Tests", "UnifiedCgroups", "unified-limits.expected"), VirtualMachine.Run(sandbox.Config, "unified-limits.sh")));
    }

    [Fact]
    public void Every_limit_is_written_on_v1()
    {
        using var sandbox = new Sandbox("sleep", "1000");
        sandbox.Linux["cgroupsPath"] = "/c1";
        sandbox.Linux["resources"] = JsonNode.Parse("""
            {
              "memory": { "limit": 67108864, "reservation": 33554432, "swap": 100663296, "swappiness": 10, "disableOOMKiller": true, "useHierarchy": true },
              "cpu": { "shares": 512, "quota": 50000, "period": 100000, "burst": 20000, "cpus": "0", "mems": "0" },
              "pids": { "limit": 42 },
              "hugepageLimits": [{ "pageSize": "2MB", "limit": 4194304 }],
              "network": { "classID": 1048577, "priorities": [{ "name": "lo", "priority": 7 }] },
              "blockIO": { "weight": 500 },
              "devices": [{ "allow": false, "access": "rwm" }]
            }
            """);
        Assert.Null(Golden.Difference(RepoRoot.Below("tests", "Runtime.Tests", "UnifiedCgroups", "legacy-limits.expected"), VirtualMachine.Run(sandbox.Config, "legacy-limits.sh")));
    }
}
