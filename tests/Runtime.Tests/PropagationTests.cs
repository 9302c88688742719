namespace Orchestrator.Runtime.Tests;

/// <summary>What is mounted on one side and seen on the other. Each test mounts in a mount namespace of its own.</summary>
[Collection(Containers.Name)]
public sealed class PropagationTests
{
    // The host's side: a shared mount, bound into a container that runs; then a mount on each side, and who sees the other's.
    const string Script = """
        set -e
        mount -t tmpfs none "$D/source"
        mount --make-shared "$D/source"
        mkdir "$D/source/host" "$D/source/container"
        $ORUN --root "$D/state" run --detach -b "$D" c
        mount -t tmpfs none "$D/source/host"
        touch "$D/source/host/from-host"
        $ORUN --root "$D/state" exec c sh -c 'mount -t tmpfs none /v/container; touch /v/container/from-container; ls /v/host'
        ls "$D/source/container"
        $ORUN --root "$D/state" delete --force c
        """;

    [Theory]
    [InlineData("", "")]
    [InlineData("rprivate", "")]
    [InlineData("rslave", "from-host\n")]
    [InlineData("rshared", "from-host\nfrom-container\n")]
    public void A_bind_passes_mounts_on_as_it_was_asked(string propagation, string seen)
    {
        using var sandbox = new Sandbox("sleep", "1000");
        foreach (var set in new[] { "bounding", "effective", "permitted" }) sandbox.Process["capabilities"]![set]!.AsArray().Add("CAP_SYS_ADMIN");
        Directory.CreateDirectory(sandbox.Directory + "/source");
        sandbox.Bind(sandbox.Directory + "/source", "/v", propagation.Length > 0 ? [propagation] : []);
        sandbox.Save();
        var result = Orun.Run("/usr/bin/unshare", "--mount", "--propagation", "private", "/bin/sh", "-c",
            $"D={sandbox.Directory}; ORUN={Orun.Program}\n{Script}");
        Assert.Equal(seen, result.Succeeds().Output);
    }
}
