using System.Text.Json.Nodes;

namespace Orchestrator.Runtime.Tests;

/// <summary>The hooks that run inside the container (config.md, "POSIX-platform Hooks"); the others are in LifecycleTests.</summary>
[Collection(Containers.Name)]
public sealed class HookTests
{
    const string Where = "cat > /dev/null; echo $(hostname) $(readlink /proc/self/ns/net)";

    static JsonArray Hook(string path, string script) => new(new JsonObject
    {
        ["path"] = path, ["args"] = new JsonArray("sh", "-c", script), ["env"] = new JsonArray("PATH=/bin:/usr/bin"),
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Hooks_inside_see_the_containers_names_and_network(bool isCreated)
    {
        using var sandbox = new Sandbox().Shell("echo $(hostname) $(readlink /proc/self/ns/net) > /tmp/program; cat /tmp/start").Writable();
        sandbox.Config["hostname"] = "inside";
        File.WriteAllText(sandbox.Directory + "/create", "");
        sandbox.Config["hooks"] = new JsonObject
        {
            ["createContainer"] = Hook("/bin/sh", $"({Where}) > {sandbox.Directory}/create"), // by the host's paths
            ["startContainer"] = Hook("/bin/busybox", $"({Where}) > /tmp/start; cat /etc/only-here >> /tmp/start"), // by the container's
        };
        File.WriteAllText(sandbox.Rootfs + "/etc/only-here", "image\n");
        if (isCreated)
        {
            sandbox.Do("create", "c").Succeeds();
            Assert.False(File.Exists(sandbox.Rootfs + "/tmp/start"));
            sandbox.Do("start", "c").Succeeds();
            Sandbox.Until("stopped", () => sandbox.Status() == "stopped");
        }
        else
        {
            sandbox.RunContainer().Succeeds();
        }

        var program = File.ReadAllText(sandbox.Rootfs + "/tmp/program");
        Assert.StartsWith("inside net:", program, StringComparison.Ordinal);
        Assert.Equal(program, File.ReadAllText(sandbox.Directory + "/create"));
        Assert.Equal(program + "image\n", File.ReadAllText(sandbox.Rootfs + "/tmp/start"));
    }

    [Fact]
    public void A_hook_inside_that_fails_stops_the_container()
    {
        using var sandbox = new Sandbox("true");
        sandbox.Config["hooks"] = new JsonObject { ["startContainer"] = Hook("/bin/sh", "exit 6") };
        sandbox.RunContainer().Fails("startContainer hook /bin/sh: ended with 6");
        sandbox.Do("create", "c").Succeeds();
        sandbox.Do("start", "c").Fails("startContainer hook /bin/sh: ended with 6");
        Assert.Equal("stopped", sandbox.Status());
        sandbox.Do("delete", "c").Succeeds();
        sandbox.Config["hooks"] = new JsonObject { ["createContainer"] = Hook("/not/there", "") };
        sandbox.Do("create", "c").Fails("createContainer hook /not/there");
        sandbox.Do("state", "c").Fails("does not exist");
    }
}
