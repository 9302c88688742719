using System.Text.Json.Nodes;

namespace Orchestrator.Runtime.Tests;

[Collection(Containers.Name)]
public sealed class IsolationTests
{
    [Fact]
    public void The_program_is_process_1_with_its_own_hostname_and_network()
    {
        using var sandbox = new Sandbox().Shell("echo $$; hostname; ls /proc/sys/net/ipv4/conf | tr '\\n' ' '; echo; cat /sys/class/net/lo/flags");
        sandbox.Config["hostname"] = "inside";
        var lines = sandbox.RunContainer().Succeeds().Output.Split('\n');
        Assert.Equal(["1", "inside", "all default lo ", "0x9"], lines[..4]); // 0x9: up, loopback
    }

    [Fact]
    public void It_has_the_capabilities_asked_for_and_no_way_to_more()
    {
        using var sandbox = new Sandbox().Shell("grep -E '^(Cap|NoNew|SigBlk)' /proc/self/status");
        var status = sandbox.RunContainer().Succeeds().Output;
        const string eleven = "00000000800405fb" + "\n";
        Assert.Contains("CapInh:\t0000000000000000\n", status, StringComparison.Ordinal);
        Assert.Contains("CapPrm:\t" + eleven, status, StringComparison.Ordinal);
        Assert.Contains("CapEff:\t" + eleven, status, StringComparison.Ordinal);
        Assert.Contains("CapBnd:\t" + eleven, status, StringComparison.Ordinal);
        Assert.Contains("CapAmb:\t0000000000000000\n", status, StringComparison.Ordinal);
        Assert.Contains("NoNewPrivs:\t1\n", status, StringComparison.Ordinal);
        Assert.Contains("SigBlk:\t0000000000000000\n", status, StringComparison.Ordinal);
    }

    [Fact]
    public void A_user_that_is_not_root_keeps_only_ambient_capabilities()
    {
        using var sandbox = new Sandbox().Shell("umask; grep -E '^(Uid|Gid|Groups|CapEff|CapAmb)' /proc/self/status");
        sandbox.Process["user"] = JsonNode.Parse("""{"uid":1000,"gid":1001,"umask":63,"additionalGids":[7,8]}""");
        var capabilities = sandbox.Process["capabilities"]!.AsObject();
        capabilities["inheritable"] = new JsonArray("CAP_NET_BIND_SERVICE");
        capabilities["ambient"] = new JsonArray("CAP_NET_BIND_SERVICE");
        var output = sandbox.RunContainer().Succeeds().Output;
        // From /proc: versions of id(1) disagree on whether the process's own group belongs into the list.
        Assert.Contains("Uid:\t1000\t1000\t1000\t1000\n", output, StringComparison.Ordinal);
        Assert.Contains("Gid:\t1001\t1001\t1001\t1001\n", output, StringComparison.Ordinal);
        Assert.Contains("Groups:\t7 8 \n", output, StringComparison.Ordinal);
        Assert.StartsWith("0077\n", output, StringComparison.Ordinal);
        Assert.Contains("CapEff:\t0000000000000400\n", output, StringComparison.Ordinal);
        Assert.Contains("CapAmb:\t0000000000000400\n", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Only_stdio_is_open_even_if_the_runtime_was_given_more()
    {
        using var sandbox = new Sandbox().Shell("cd /proc/self/fd; echo *");
        sandbox.Save();
        var many = string.Concat(Enumerable.Range(10, 90).Select(fd => $"exec {fd}</etc/passwd; "));
        var result = Orun.Run("/bin/bash", "-c", many + $"exec {Orun.Program} --root {sandbox.State} run -b {sandbox.Directory} c").Succeeds();
        Assert.Equal("0 1 2", result.Output.Trim().Replace(" 3", "", StringComparison.Ordinal)); // 3 is the shell's own look at the directory

        var kept = Orun.Run("/bin/bash", "-c", $"exec 3</etc/passwd; exec {Orun.Program} --root {sandbox.State} run --preserve-fds 1 -b {sandbox.Directory} c");
        Assert.StartsWith("0 1 2 3", kept.Succeeds().Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Masked_paths_show_nothing_and_read_only_paths_take_nothing()
    {
        using var sandbox = new Sandbox().Shell("wc -c < /proc/keys; ls /sys/firmware | wc -l; ls /masked | wc -l; echo x > /proc/sys/kernel/hostname || echo refused");
        Directory.CreateDirectory(sandbox.Rootfs + "/masked/secret");
        sandbox.Linux["maskedPaths"]!.AsArray().Add("/masked");
        sandbox.Linux["maskedPaths"]!.AsArray().Add("/not/there");
        Assert.Equal("0\n0\n0\nrefused\n", sandbox.RunContainer().Succeeds().Output);
    }

    [Fact]
    public void The_root_is_read_only_if_asked_and_the_old_root_is_out_of_reach()
    {
        using var sandbox = new Sandbox().Shell("touch /x 2>/dev/null || echo read-only; ls / | tr '\\n' ' '; ls /.. | tr '\\n' ' '");
        Assert.Equal("read-only\nbin dev etc proc sys tmp bin dev etc proc sys tmp ", sandbox.RunContainer().Succeeds().Output);
        sandbox.Writable();
        Assert.DoesNotContain("read-only", sandbox.RunContainer().Succeeds().Output, StringComparison.Ordinal);
        Assert.True(File.Exists(sandbox.Rootfs + "/x"));
    }

    [Fact]
    public void Binds_keep_their_options_and_files_are_bound_onto_files()
    {
        using var sandbox = new Sandbox().Writable().Shell("cat /etc/hosts; echo x > /etc/hosts || echo refused; echo y > /data/new; grep ' /data ' /proc/self/mountinfo");
        File.WriteAllText(sandbox.Directory + "/hosts", "from the host\n");
        Directory.CreateDirectory(sandbox.Directory + "/data");
        sandbox.Bind("hosts", "/etc/hosts", "ro").Bind(sandbox.Directory + "/data", "/data", "nosuid", "noexec", "rprivate");
        var output = sandbox.RunContainer().Succeeds().Output;
        Assert.StartsWith("from the host\nrefused\n", output, StringComparison.Ordinal);
        Assert.Contains("rw,nosuid,noexec", output, StringComparison.Ordinal);
        Assert.Equal("from the host\n", File.ReadAllText(sandbox.Directory + "/hosts"));
        Assert.Equal("y\n", File.ReadAllText(sandbox.Directory + "/data/new"));
    }

    [Fact]
    public void Default_devices_work_and_others_are_denied()
    {
        using var sandbox = new Sandbox().Writable().Shell(
            "head -c 4 /dev/zero | wc -c; echo x > /dev/null; head -c 8 /dev/urandom | wc -c; mknod /disk b 7 0; cat /disk 2>&1; readlink /dev/fd");
        foreach (var set in new[] { "bounding", "effective", "permitted" }) sandbox.Process["capabilities"]![set]!.AsArray().Add("CAP_MKNOD");
        var output = sandbox.RunContainer().Succeeds().Output;
        Assert.Equal("4\n8\ncat: can't open '/disk': Operation not permitted\n/proc/self/fd\n", output);
    }

    [Fact]
    public void Limits_of_the_process_and_settings_of_its_namespaces_are_set()
    {
        using var sandbox = new Sandbox().Shell("ulimit -n; cat /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv4/ip_unprivileged_port_start; cat /proc/self/oom_score_adj");
        sandbox.Process["rlimits"] = JsonNode.Parse("""[{"type":"RLIMIT_NOFILE","soft":100,"hard":200}]""");
        sandbox.Process["oomScoreAdj"] = 321;
        sandbox.Linux["sysctl"] = JsonNode.Parse("""{"net.ipv4.ip_forward":"1","net.ipv4.ip_unprivileged_port_start":"80"}""");
        Assert.Equal("100\n1\n80\n321\n", sandbox.RunContainer().Succeeds().Output);
    }

    [Fact]
    public void A_limit_that_can_not_be_raised_is_a_clear_error()
    {
        using var sandbox = new Sandbox("true");
        sandbox.Process["rlimits"] = JsonNode.Parse("""[{"type":"RLIMIT_NOFILE","soft":999999999,"hard":999999999}]""");
        sandbox.Save();
        // Some machines' root may raise them: this one may not.
        Orun.Run("setpriv", "--bounding-set=-sys_resource", Orun.Program, "--root", sandbox.State, "run", "--bundle", sandbox.Directory, "c")
            .Fails("RLIMIT_NOFILE 999999999/999999999").Fails("CAP_SYS_RESOURCE");
        sandbox.Process["rlimits"] = new JsonArray();
        sandbox.Process["oomScoreAdj"] = -500;
        sandbox.RunContainer().Fails("oomScoreAdj -500").Fails("CAP_SYS_RESOURCE");
    }

    [Fact]
    public void A_pod_member_joins_the_namespaces_of_another_container()
    {
        using var sandbox = new Sandbox().Shell("while true; do sleep 1; done");
        sandbox.Config["hostname"] = "first";
        sandbox.Do("run", "--detach", "-b", sandbox.Directory, "c").Succeeds();
        var pid = sandbox.Pid();
        foreach (var ns in sandbox.Linux["namespaces"]!.AsArray())
        {
            var kind = (string)ns!["type"]!;
            var file = kind == "network" ? "net" : kind;
            if (kind is "network" or "ipc" or "uts" or "pid") ns["path"] = $"/proc/{pid}/ns/{file}";
        }

        sandbox.Linux["cgroupsPath"] = $"/{sandbox.Name}/d";
        sandbox.Config.Remove("hostname");
        sandbox.Shell("hostname; readlink /proc/self/ns/net; echo $$");
        var output = sandbox.Do("run", "-b", sandbox.Directory, "d").Succeeds().Output.Split('\n');
        Assert.Equal("first", output[0]);
        Assert.Equal(new FileInfo($"/proc/{pid}/ns/net").LinkTarget, output[1]);
        Assert.NotEqual("1", output[2]);
    }

    [Fact]
    public void The_program_gets_a_session_keyring_of_its_own()
    {
        using var sandbox = new Sandbox().Shell("cat /proc/keys");
        sandbox.Linux["maskedPaths"] = new JsonArray();
        Assert.Contains("_ses.c", sandbox.RunContainer().Succeeds().Output, StringComparison.Ordinal);
    }
}
