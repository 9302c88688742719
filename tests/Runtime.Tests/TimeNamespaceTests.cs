using System.Globalization;
using System.Text.Json.Nodes;

namespace Orchestrator.Runtime.Tests;

/// <summary>Clocks of a container's own (time_namespaces(7)).</summary>
[Collection(Containers.Name)]
public sealed class TimeNamespaceTests
{
    const int Ahead = 1_000_000;

    static Sandbox Ten(params string[] args)
    {
        var sandbox = new Sandbox(args);
        sandbox.Linux["namespaces"]!.AsArray().Add(new JsonObject { ["type"] = "time" });
        sandbox.Linux["timeOffsets"] = JsonNode.Parse($$$"""{"boottime":{"secs":{{{Ahead}}},"nanosecs":5},"monotonic":{"secs":{{{Ahead}}}}}""");
        return sandbox;
    }

    static bool IsAhead(string uptime) =>
        double.Parse(uptime.Split(' ')[0], CultureInfo.InvariantCulture) - double.Parse(File.ReadAllText("/proc/uptime").Split(' ')[0], CultureInfo.InvariantCulture) > Ahead - 60;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_clocks_are_ahead_by_the_offsets_also_for_an_executed_process(bool isOtherUser)
    {
        using var sandbox = Ten("sleep", "1000");
        if (isOtherUser) sandbox.OtherUser();
        sandbox.Do("run", "--detach", "-b", sandbox.Directory, "c").Succeeds();
        Assert.Contains($"monotonic  {Ahead,10}         0", File.ReadAllText($"/proc/{sandbox.Pid()}/timens_offsets"), StringComparison.Ordinal);
        var own = new FileInfo($"/proc/{sandbox.Pid()}/ns/time").LinkTarget;
        Assert.NotEqual(new FileInfo("/proc/self/ns/time").LinkTarget, own);
        var executed = sandbox.Do("exec", "c", "sh", "-c", "cat /proc/uptime; readlink /proc/self/ns/time").Succeeds().Output.Split('\n');
        Assert.True(IsAhead(executed[0]), executed[0]);
        Assert.Equal(own, executed[1]);
        Assert.Contains("exec: ", sandbox.Do("exec", "c", "/not/there").Fails("/not/there").Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void A_container_joins_the_clocks_of_another()
    {
        using var sandbox = Ten("sleep", "1000");
        sandbox.Do("run", "--detach", "-b", sandbox.Directory, "c").Succeeds();
        sandbox.Linux.Remove("timeOffsets");
        sandbox.Linux["namespaces"]!.AsArray()[^1]!["path"] = $"/proc/{sandbox.Pid()}/ns/time";
        sandbox.Linux["cgroupsPath"] = $"/{sandbox.Name}/d";
        var uptime = sandbox.Args("cat", "/proc/uptime").Do("run", "-b", sandbox.Directory, "d").Succeeds().Output;
        Assert.True(IsAhead(uptime), uptime);
        sandbox.Args("/not/there").Do("create", "-b", sandbox.Directory, "e").Fails("/not/there");
    }
}
