using System.Net;
using System.Text.Json.Nodes;
using Grpc.Core;
using Orchestrator.Contracts;
using Orchestrator.Testing;
using Orchestrator.Testing.Clusters;

namespace Orchestrator.Cluster;

/// <summary>A machine that can't join is told why in one line that helps, and nothing of it is left: not in the cluster, and not on the machine.</summary>
public sealed class JoinTests(JoiningServer cluster) : IClassFixture<JoiningServer>
{
    [Fact]
    public async Task Without_a_token_or_with_a_piece_of_one_nothing_is_sent()
    {
        await RefusedAsync(await StartAsync("--join", cluster.Address), "--join needs a token; on a server, `orch token create --role agent` prints the command with one");
        var token = await cluster.TokenAsync("agent");
        await RefusedAsync(await JoinAsync(token[..^1]), "the token is no token: copy it whole");
    }

    [Fact]
    public async Task A_token_whose_time_is_over_is_named_with_what_makes_a_new_one()
    {
        var token = await cluster.TokenAsync("agent", "--ttl", "1s");
        await Eventually.HoldsAsync(async () => !(await cluster.OrchAsync("token", "ls")).Output.Contains(token.Split('.')[2], StringComparison.Ordinal), "the token's end");
        await RefusedAsync(await JoinAsync(token), "the token expired at", "`orch token create --role agent` makes a new one");
    }

    [Fact]
    public async Task A_token_for_one_machine_lets_no_second_one_in()
    {
        var token = await cluster.TokenAsync("ingress", "--once");
        await cluster.IngressAsync("once", token);
        await RefusedAsync(await StartAsync("--join", cluster.Address, "--token", token), "the token is not good here: it was used, revoked, or belongs to another cluster");
    }

    [Fact]
    public async Task A_token_that_was_revoked_lets_nobody_in()
    {
        var token = await cluster.TokenAsync("agent");
        (await cluster.OrchAsync("token", "revoke", token.Split('.')[2])).Succeeded();
        await RefusedAsync(await JoinAsync(token), "the token is not good here");
    }

    [Fact]
    public async Task A_server_of_another_cluster_is_found_out_before_the_secret_is_sent()
    {
        var token = (await cluster.TokenAsync("agent")).Split('.');
        token[1] = new string('0', token[1].Length);
        await RefusedAsync(await JoinAsync(string.Join('.', token)), "is not of the cluster that the token is for", "nothing was sent to it");
    }

    [Fact]
    public async Task A_token_of_another_role_is_refused_with_the_right_one()
    {
        await RefusedAsync(await JoinAsync(await cluster.TokenAsync("server")), "the token is for role server, not for agent", "`orch token create --role agent`");
    }

    [Fact]
    public async Task A_name_that_a_living_node_or_a_server_has_is_not_given_again()
    {
        var token = await cluster.TokenAsync("agent");
        await RefusedAsync(await JoinAsync(token, "--name", cluster.Member.Name), $"a node {cluster.Member.Name} is alive at {cluster.Member.Address}", "choose another --name");
        await RefusedAsync(await JoinAsync(token, "--name", cluster.Server.Name), $"there is a server {cluster.Server.Name}", "choose another --name");
        Assert.Contains(await cluster.NodesAsync(), line => line.StartsWith($"{cluster.Member.Name} ", StringComparison.Ordinal) && line.Contains(" Ready ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_address_that_the_servers_do_not_reach_is_no_address_of_a_node()
    {
        await cluster.Newcomer.Namespace.RunAsync("ip", "address", "add", "10.99.0.9/32", "dev", "lo");
        await RefusedAsync(await JoinAsync(await cluster.TokenAsync("agent"), "--advertise", "10.99.0.9"), "does not reach 10.99.0.9", "give --advertise an address that the others reach");
    }

    [Theory]
    [InlineData("+2d", "2 days ahead of")]
    [InlineData("-2d", "2 days behind")]
    public async Task A_clock_that_is_days_off_is_to_be_set_first(string offset, string said)
    {
        var token = await cluster.TokenAsync("agent");
        await RefusedAsync(await cluster.Newcomer.Namespace.TryAsync(["faketime", "-f", offset, .. Command("--join", cluster.Address, "--token", token)]), $"the clock of this machine is {said}", "set it");
    }

    [Theory]
    [InlineData("umount /sys/fs/cgroup/memory /sys/fs/cgroup/pids || umount -l /sys/fs/cgroup", "the cgroup controllers", "memory", "pids")]
    [InlineData("grep -v overlay /proc/filesystems > $0 && mount --bind $0 /proc/filesystems", "the kernel has no overlay filesystem", "modprobe overlay")]
    public async Task What_the_kernel_lacks_is_named_before_anything_is_asked(string hide, params string[] said)
    {
        var token = await cluster.TokenAsync("agent", "--once");
        var hidden = Path.Combine(cluster.Lan.Directory, "filesystems");
        var start = await cluster.Newcomer.Namespace.TryAsync(["unshare", "--mount", "sh", "-c", $"{hide}; exec \"$@\"", hidden, .. Command("--join", cluster.Address, "--token", token)]);
        await RefusedAsync(start, said);
        Assert.Contains(token.Split('.')[2], (await cluster.OrchAsync("token", "ls")).Output, StringComparison.Ordinal); // it was not spent
        // What was there before can be taken off all the same.
        (await cluster.Newcomer.Namespace.TryAsync(["unshare", "--mount", "sh", "-c", $"{hide}; exec \"$@\"", hidden, Programs.Orchd, "reset", .. cluster.Newcomer.Places])).Succeeded();
    }

    [Fact]
    public async Task A_file_with_settings_that_there_are_not_is_refused_with_all_of_them()
    {
        var file = Path.Combine(cluster.Lan.Directory, "config.yaml");
        await File.WriteAllTextAsync(file, "name: n9\nadvertize: 10.88.0.2\nevictionhard: none\n");
        await RefusedAsync(await StartAsync("--config", file), $"{file}:2: there is no setting advertize; did you mean advertise?", $"{file}:3: there is no setting evictionhard");
        Assert.Equal(1, (await cluster.Newcomer.Namespace.TryAsync(Programs.Orchd, "config", "check", file)).ExitCode);
    }

    [Fact]
    public async Task Who_was_refused_joins_with_what_is_right()
    {
        await RefusedAsync(await JoinAsync(await cluster.TokenAsync("server")), "the token is for role server");
        await cluster.JoinAsync(cluster.Newcomer, await cluster.TokenAsync("agent"), "--taint", "dedicated=db:NoSchedule", "--label", "zone=b", "--system-reserved", "memory=256Mi,cpu=1");
        var node = JsonNode.Parse((await cluster.OrchAsync("get", "node", cluster.Newcomer.Name, "-o", "json")).Output)!; // it has joined
        Assert.Equal(("dedicated", "db", "b"), (node["spec"]!["taints"]![0]!["key"]!.ToString(), node["spec"]!["taints"]![0]!["value"]!.ToString(), node["metadata"]!["labels"]!["zone"]!.ToString()));
        Assert.NotEqual(node["status"]!["capacity"]!["memory"]!.ToString(), node["status"]!["allocatable"]!["memory"]!.ToString());

        var alive = await cluster.OrchAsync("node", "rm", cluster.Newcomer.Name);
        Assert.Equal(1, alive.ExitCode);
        Assert.Contains($"node {cluster.Newcomer.Name} is alive: `orch drain {cluster.Newcomer.Name}` empties it", alive.Error, StringComparison.Ordinal);
        Assert.Equal(0, await cluster.Newcomer.StopAsync());
        Assert.Equal([$"node/{cluster.Newcomer.Name} removed"], (await cluster.OrchAsync("node", "rm", "--force", cluster.Newcomer.Name)).Succeeded().Lines);
        (await cluster.Newcomer.ResetAsync()).Succeeded();
    }

    [Fact]
    public async Task A_clock_that_is_a_little_off_lets_a_machine_in_and_is_warned_about()
    {
        await using var off = RunningProgram.Start(cluster.Newcomer.Namespace.Enter(["faketime", "-f", "+20s", .. Command("--join", cluster.Address, "--token", await cluster.TokenAsync("agent"))]));
        await Eventually.HoldsAsync(async () => (await cluster.OrchAsync("describe", "node", cluster.Newcomer.Name)).Output.Contains("s ahead of the servers'", StringComparison.Ordinal), "the warning", () => off.Output);
        Assert.Contains($"Node {cluster.Newcomer.Name}: the node's clock is", cluster.Server.LogText(), StringComparison.Ordinal);
        off.Signal(RunningProgram.Kill);
        await off.EndedAsync(TimeSpan.FromSeconds(30));
        (await cluster.OrchAsync("node", "rm", "--force", cluster.Newcomer.Name)).Succeeded();
        (await cluster.Newcomer.ResetAsync()).Succeeded();
    }

    [Fact]
    public async Task A_machine_whose_disk_was_replaced_joins_again_under_its_name_and_both_sides_are_told()
    {
        var newcomer = cluster.Newcomer;
        await cluster.JoinAsync(newcomer, await cluster.TokenAsync("agent"));
        var lost = Path.Combine(cluster.Lan.Directory, "lost.pem");
        File.Copy(Path.Combine(newcomer.DataDirectory, "pki", "node.pem"), lost);
        await newcomer.KillAsync();
        (await newcomer.ResetAsync()).Succeeded();
        await Eventually.HoldsAsync(async () => (await cluster.NodesAsync()).Any(line => line.StartsWith($"{newcomer.Name} ", StringComparison.Ordinal) && line.Contains(" NotReady ", StringComparison.Ordinal)), "the loss", cluster.Lan.LogTails);

        await cluster.JoinAsync(newcomer, await cluster.TokenAsync("agent"));
        Assert.Contains($"the name {newcomer.Name} was that of a machine that joined at", newcomer.LogText(), StringComparison.Ordinal);
        // Whoever finds the old disk finds nothing that opens a door.
        var found = Intruder.WithFile(cluster.Lan.Outer, "the old disk", lost);
        Assert.Contains("was removed", await found.RefusalAsync(new IPEndPoint(IPAddress.Parse(cluster.Server.Address), 6440), "orchestrator.v1.Nodes/Withdrawn"), StringComparison.Ordinal);
        await newcomer.StopAsync();
        (await cluster.OrchAsync("node", "rm", "--force", newcomer.Name)).Succeeded();
        (await newcomer.ResetAsync()).Succeeded();
    }

    [Fact]
    public async Task A_machine_that_is_no_node_is_taken_out_all_the_same_and_one_that_nobody_knows_is_not_there()
    {
        var gone = Intruder.WithFile(cluster.Lan.Outer, "an ingress that is gone", await cluster.IngressAsync("gone"));
        var api = new IPEndPoint(IPAddress.Parse(cluster.Server.Address), 6440);
        Assert.Null(await gone.RefusalAsync(api, "orchestrator.v1.Routes/Watch"));
        Assert.Equal(["node/gone removed"], (await cluster.OrchAsync("node", "rm", "gone")).Succeeded().Lines);
        Assert.Contains("was removed", await gone.RefusalAsync(api, "orchestrator.v1.Routes/Watch"), StringComparison.Ordinal);
        Assert.DoesNotContain("gone", (await cluster.OrchAsync("ca", "status")).Succeeded().Output, StringComparison.Ordinal);
        Assert.Equal(1, (await cluster.OrchAsync("node", "rm", "gone")).ExitCode);
        Assert.Equal(1, (await cluster.OrchAsync("node", "rm", "nobody")).ExitCode);
    }

    [Fact]
    public async Task Whoever_tries_tokens_by_the_dozen_is_held_up()
    {
        var token = (await cluster.TokenAsync("agent")).Split('.');
        using var channel = new Intruder(cluster.Lan.Outer, "nobody", null).Channel(new IPEndPoint(IPAddress.Parse(cluster.Server.Address), 6440));
        var door = new Joining.JoiningClient(channel);
        List<StatusCode> answers = [];
        while (answers.Count < 40) answers.Add(await TryAsync(new string('0', token[3].Length)));
        Assert.Equal(StatusCode.PermissionDenied, answers[0]);
        Assert.Equal(StatusCode.ResourceExhausted, answers[^1]);
        Assert.Equal(StatusCode.ResourceExhausted, await TryAsync(token[3])); // who tries the right one now is not told so
        await Eventually.HoldsAsync(async () => await TryAsync(token[3]) != StatusCode.ResourceExhausted, "the door again");

        async Task<StatusCode> TryAsync(string secret) =>
            (await Assert.ThrowsAsync<RpcException>(async () => await door.JoinAsync(new JoinRequest { TokenId = token[2], Secret = secret, Name = "nobody", Role = "agent", ReachedAt = "nowhere" }))).StatusCode;
    }

    Task<ShellResult> JoinAsync(string token, params IReadOnlyList<string> more) => StartAsync(["--join", cluster.Address, "--token", token, .. more]);

    Task<ShellResult> StartAsync(params IReadOnlyList<string> options) => cluster.Newcomer.Namespace.TryAsync(Command(options));

    /// <summary>One that joins after all is not waited for.</summary>
    IReadOnlyList<string> Command(params IReadOnlyList<string> options)
    {
        var newcomer = cluster.Newcomer;
        List<string> usual = options.Contains("--name") ? [] : ["--name", newcomer.Name];
        if (!options.Contains("--advertise")) usual.AddRange(["--advertise", newcomer.Address]);
        return ["timeout", "-s", "KILL", "30", Programs.Orchd, "agent", .. usual, .. options, .. newcomer.Places];
    }

    async Task RefusedAsync(ShellResult start, params IReadOnlyList<string> said)
    {
        Assert.Equal(1, start.ExitCode);
        foreach (var each in said) Assert.Contains(each, start.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", start.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(cluster.Newcomer.DataDirectory, "pki", "node.pem")));
        Assert.DoesNotContain(await cluster.NodesAsync(), line => line.StartsWith($"{cluster.Newcomer.Name} ", StringComparison.Ordinal));
    }
}
