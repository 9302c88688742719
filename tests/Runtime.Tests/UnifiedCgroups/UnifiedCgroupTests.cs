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

        var said = VirtualMachine.Run(sandbox.Config);

        Assert.Null(Golden.Difference(RepoRoot.Below("tests", "Runtime.Tests", "UnifiedCgroups", "lives.expected"), said));
    }
}
