using System.Globalization;
using Orchestrator.Testing.Clusters;

namespace Orchestrator.Bench;

/// <summary>Three of Debian's dockerd, each a manager that also works, in a mount namespace of its own each.</summary>
sealed class Swarm : Candidate
{
    static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(60);

    readonly Dictionary<LanHost, RunningProgram> _daemons = [];
    readonly Dictionary<string, LanHost> _byId = new(StringComparer.Ordinal);

    Swarm(Lan lan) => Lan = lan;

    public override string Name => "swarm";

    public override Lan Lan { get; }

    public static async Task<Swarm> StartAsync()
    {
        var swarm = new Swarm(await Lan.MakeAsync(3));
        try
        {
            var archive = await TestImage.Hello.ArchiveAsync();
            foreach (var host in swarm.Lan.Hosts) await swarm.StartAsync(host, archive);
            var first = swarm.Lan.Hosts[0];
            await DockerAsync(first, "swarm", "init", "--advertise-addr", first.Address);
            var token = (await DockerAsync(first, "swarm", "join-token", "-q", "manager")).Output.Trim();
            foreach (var host in swarm.Lan.Hosts.Skip(1)) await DockerAsync(host, "swarm", "join", "--token", token, "--advertise-addr", host.Address, $"{first.Address}:2377");
            foreach (var host in swarm.Lan.Hosts) swarm._byId[(await DockerAsync(host, "info", "--format", "{{.Swarm.NodeID}}")).Output.Trim()] = host;
            return swarm;
        }
        catch
        {
            await swarm.DisposeAsync();
            throw;
        }
    }

    public override async Task DeployAsync(string service, int replicas, LanHost? on = null)
    {
        string[] where = on is null ? [] : ["--constraint", $"node.id=={_byId.Single(each => each.Value == on).Key}"];
        await AskAsync(["service", "create", "--detach", "--name", service, "--replicas", Number(replicas), "--no-resolve-image", .. where, TestImage.Hello.Name, .. Command(service)]);
    }

    public override Task ScaleAsync(string service, int replicas) => AskAsync(["service", "scale", "--detach", $"{service}={Number(replicas)}"]);

    public override Task DeleteAsync(string service) => AskAsync(["service", "rm", service]);

    public override async Task<LanHost> ReadyAsync()
    {
        while (true)
        {
            foreach (var host in Lan.Hosts)
            {
                var nodes = await TryDockerAsync(host, "node", "ls", "--format", "{{.ID}} {{.Status}} {{.ManagerStatus}}");
                var leader = nodes.Lines.FirstOrDefault(line => line.EndsWith(" Leader", StringComparison.Ordinal));
                if (leader is not null && nodes.Lines.Count(line => line.Contains(" Ready ", StringComparison.Ordinal) && !line.EndsWith(" Unreachable", StringComparison.Ordinal)) == Lan.Hosts.Count) return _byId[leader.Split(' ')[0]];
            }

            await Task.Delay(200);
        }
    }

    public override IReadOnlyList<int> Shims() => [.. Leftovers.ProcessesNaming("containerd-shim").Where(process => Leftovers.ProcessesNaming(Lan.Directory).Contains(process))];

    public override IReadOnlyList<int> Daemons(LanHost host) => [.. Leftovers.ProcessesNaming(host.RunDirectory).Except(Shims())];

    public override async ValueTask DisposeAsync()
    {
        foreach (var (host, daemon) in _daemons)
        {
            await TryDockerAsync(host, "swarm", "leave", "--force");
            daemon.Signal(RunningProgram.Terminate);
            await daemon.EndedAsync(StopTimeout);
            await daemon.DisposeAsync();
        }

        foreach (var left in Leftovers.ProcessesNaming(Lan.Directory)) Signals.Send(left, RunningProgram.Kill);
        foreach (var host in Lan.Hosts) Leftovers.RemoveEmptyCgroup(host.CgroupRoot);
        await Lan.DisposeAsync();
    }

    async Task StartAsync(LanHost host, string archive)
    {
        // What it mounts goes with it; its containers stand in the host's cgroup; nothing of this machine's own rules is touched.
        _daemons[host] = RunningProgram.StartLogged($"{Lan.Directory}/log.{Number(host.Number)}", host.Namespace.Enter(
            "unshare", "--mount", "dockerd", "--data-root", host.DataDirectory, "--exec-root", host.RunDirectory, "--pidfile", $"{host.RunDirectory}.pid", "--host", Socket(host),
            "--iptables=false", "--bridge=none", "--cgroup-parent", host.CgroupRoot, "--exec-opt", "native.cgroupdriver=cgroupfs", "--storage-driver", "overlay2"));
        await UntilAsync(() => File.Exists(Socket(host)["unix://".Length..]));
        while ((await TryDockerAsync(host, "info")).ExitCode != 0) await Task.Delay(100);
        await DockerAsync(host, "load", "--input", archive);
    }

    /// <summary>Asks the first that answers: one may be cut off.</summary>
    async Task AskAsync(string[] command)
    {
        ShellResult? last = null;
        foreach (var host in Lan.Hosts)
        {
            last = await TryDockerAsync(host, command);
            if (last.ExitCode == 0) return;
        }

        last?.Succeeded();
    }

    static async Task<ShellResult> DockerAsync(LanHost host, params string[] command) => (await TryDockerAsync(host, command)).Succeeded();

    static Task<ShellResult> TryDockerAsync(LanHost host, params string[] command) => Shell.TryAsync(["docker", "--host", Socket(host), .. command]);

    static string Socket(LanHost host) => $"unix://{host.RunDirectory}.sock";

    static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
