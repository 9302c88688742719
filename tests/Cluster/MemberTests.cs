using Orchestrator.Testing.Clusters;

namespace Orchestrator.Cluster;

/// <summary>The servers of a cluster come and go, by the commands that people use.</summary>
public sealed class MemberTests
{
    [Fact]
    public async Task A_server_joins_votes_takes_the_place_of_a_dead_one_and_everything_comes_back_from_a_backup()
    {
        await using var lan = await Lan.MakeAsync(4);
        var first = lan.Hosts.Take(3).ToArray();
        var joined = new Joined(lan);
        Start(first[0], joined);
        await joined.FollowAsync(first[0]);
        foreach (var host in first.Skip(1)) Start(host, joined);
        await HoldsAsync(lan, async () => (await OrchAsync(lan, "cluster", "status")) is { ExitCode: 0 } status && status.Output.Contains("3 of 3 servers", StringComparison.Ordinal), "three servers");
        await HoldsAsync(lan, async () => (await OrchAsync(lan, "cluster", "members")).Lines.Count == 4, "all have said who they are");
        (await ApplyAsync(lan, Given.Service("kept"))).Succeeded();

        var newcomer = lan.Hosts[3];
        Start(newcomer, joined, "--learner");
        await HoldsAsync(lan, async () => RoleOf(await OrchAsync(lan, "cluster", "members"), newcomer) == "learner", "the newcomer is a learner");
        await HoldsAsync(lan, async () => (await OrchAsync(lan, "cluster", "promote", newcomer.Name)).ExitCode == 0, "the newcomer is promoted");
        await HoldsAsync(lan, async () => (await OrchAsync(lan, "cluster", "status")).Output.Contains("4 of 4 servers", StringComparison.Ordinal), "four servers that vote");

        var dead = first[0];
        await dead.KillAsync();
        (await OrchAsync(lan, "cluster", "remove", dead.Name)).Succeeded();
        var status = (await OrchAsync(lan, "cluster", "status")).Succeeded();
        Assert.Contains("3 of 3 servers that vote answer; 2 are needed, 1 more may be lost", status.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(dead.Address, status.Output, StringComparison.Ordinal);

        // The removed one does not come back by itself: it hears that it is no member, and stops.
        Start(dead, joined);
        await HoldsAsync(lan, () => Task.FromResult(!dead.Runs), "the removed server stops");

        var backup = Path.Combine(lan.Directory, "backup");
        Assert.Matches(@"revision \d+, \d+ objects, sha256 [0-9a-f]{64}", (await OrchAsync(lan, "cluster", "backup", backup)).Succeeded().Output);
        Assert.Contains("is there already", (await OrchAsync(lan, "cluster", "backup", backup)).Error, StringComparison.Ordinal);
        foreach (var host in lan.Hosts.Skip(1)) await host.KillAsync();

        // A survivor goes on alone, after it was told twice.
        var survivor = lan.Hosts[1];
        string[] recover = ["server", "recover", "--name", survivor.Name, "--advertise", survivor.Address];
        var looked = await survivor.OrchdAsync(recover);
        Assert.Equal(1, looked.ExitCode);
        Assert.Contains("With --yes this server goes on alone", looked.Output, StringComparison.Ordinal);
        Assert.Contains("does not answer", looked.Output, StringComparison.Ordinal);
        (await survivor.OrchdAsync([.. recover, "--yes"])).Succeeded();
        Start(survivor, joined);
        await HoldsAsync(lan, async () => (await OrchAsync(lan, "get", "service", "kept", "-o", "name")).ExitCode == 0, "the survivor serves what it had");
        await survivor.KillAsync();

        // And a new cluster comes from the backup.
        var target = lan.Hosts[2];
        string[] restore = ["server", "restore", backup, "--name", target.Name, "--advertise", target.Address];
        Assert.Contains("there are data", (await target.OrchdAsync(restore)).Error, StringComparison.Ordinal);
        Directory.Delete(target.DataDirectory, recursive: true);
        (await target.OrchdAsync(restore)).Succeeded();
        target.Start(["server", "--name", target.Name, "--advertise", target.Address]);
        await joined.UseAsync(target);
        await HoldsAsync(lan, async () => (await OrchAsync(lan, "get", "service", "kept", "-o", "name")).ExitCode == 0, "the restored server serves the backup");
        await target.KillAsync();
    }

    static void Start(LanHost host, Joined joined, params string[] options) =>
        host.Start(["server", "--name", host.Name, "--advertise", host.Address, .. joined.Options(host), .. options]);

    static Task HoldsAsync(Lan lan, Func<Task<bool>> condition, string what) => Testing.Eventually.HoldsAsync(condition, what, lan.LogTails);

    static string RoleOf(ShellResult members, LanHost host) =>
        members.Lines.FirstOrDefault(line => line.StartsWith(host.Name + " ", StringComparison.Ordinal))?.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1] ?? "";

    static Task<ShellResult> OrchAsync(Lan lan, params string[] arguments) => Shell.TryAsync(Command(lan, arguments));

    static Task<ShellResult> ApplyAsync(Lan lan, string manifest) => Shell.TryAsync(manifest, Command(lan, ["apply", "-f", "-"]));

    static IReadOnlyList<string> Command(Lan lan, string[] arguments) =>
        new Joined(lan).OrchCommand(lan.Hosts, arguments);
}
