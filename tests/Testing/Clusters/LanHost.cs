namespace Orchestrator.Testing.Clusters;

/// <summary>One host of the network: a namespace, directories, a cgroup, and the orchd that runs on it.</summary>
public sealed class LanHost
{
    /// <summary>A stop takes a moment for what is on its way; a minute means that it hangs.</summary>
    static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(60);

    const int TailLines = 30;

    readonly Lan _lan;
    RunningProgram? _orchd;
    bool _everStarted;

    internal LanHost(Lan lan, int number, string address, NetworkNamespace inside) =>
        (_lan, Number, Address, Namespace) = (lan, number, address, inside);

    public int Number { get; }

    public string Name => $"s{Number}";

    public string Address { get; }

    public NetworkNamespace Namespace { get; }

    public bool Runs => _orchd is { HasEnded: false };

    /// <summary>The outer end of its cable.</summary>
    internal string Cable => $"h{Number}";

    public string DataDirectory => $"{_lan.Directory}/d{Number}";

    public string RunDirectory => $"{_lan.Directory}/r{Number}";

    public string CgroupRoot => $"{_lan.CgroupRoot}/h{Number}";

    string Log => $"{_lan.Directory}/log.{Number}";

    /// <summary>The options that keep orchd to this host's own places.</summary>
    public IReadOnlyList<string> Places => ["--data-dir", DataDirectory, "--run-dir", RunDirectory, "--cgroup-root", CgroupRoot];

    public void Start(params IReadOnlyList<string> arguments)
    {
        if (Runs) throw new InvalidOperationException($"{Name} runs already");
        _everStarted = true;
        _orchd = RunningProgram.StartLogged(Log, Namespace.Enter([Programs.Orchd, .. arguments, .. Places]));
    }

    /// <summary>Kills orchd without a chance to say goodbye. Its containers go on.</summary>
    public async Task KillAsync()
    {
        if (_orchd is not { } orchd) return;
        orchd.Signal(RunningProgram.Kill);
        await orchd.EndedAsync(StopTimeout);
        await orchd.DisposeAsync();
        _orchd = null;
    }

    /// <summary>What a power cut does: no network, and no process of the host any more.</summary>
    public async Task CutPowerAsync()
    {
        await _lan.ConnectAsync(this, connected: false);
        await KillAsync();
        foreach (var process in Leftovers.ProcessesNaming(RunDirectory).Concat(Containers())) Signals.Send(process, RunningProgram.Kill);
    }

    /// <summary>Stops orchd with a signal and hands back its exit status.</summary>
    public async Task<int> StopAsync(int signal = RunningProgram.Terminate)
    {
        var orchd = _orchd ?? throw new InvalidOperationException($"{Name} does not run");
        orchd.Signal(signal);
        var status = await orchd.EndedAsync(StopTimeout);
        await orchd.DisposeAsync();
        _orchd = null;
        return status;
    }

    /// <summary>Runs orchd to its end with this host's places, as for what is done while it does not serve.</summary>
    public Task<ShellResult> OrchdAsync(params IReadOnlyList<string> arguments) => Namespace.TryAsync([Programs.Orchd, .. arguments, .. Places]);

    public Task<ShellResult> ResetAsync() => Namespace.TryAsync([Programs.Orchd, "reset", .. Places]);

    /// <summary>The processes of this host's containers, or of one pod's.</summary>
    public IReadOnlyList<int> Containers(string podUid = "") => Leftovers.ProcessesIn(podUid.Length > 0 ? $"{CgroupRoot}/{podUid}" : CgroupRoot);

    /// <summary>The first process of each: the others come and go, as a server's that forks for every request. By number and start time, so that a later process of the same number is another one.</summary>
    public IReadOnlyList<(int Process, string Started)> FirstProcesses(string podUid = "") => [.. Containers(podUid).Where(IsFirst).Select(process => (process, StartOf(process)))];

    // proc_pid_status(5), NSpid: a shell that has forked and not yet become what it runs has the same command line as its parent.
    static bool IsFirst(int process) => Leftovers.Read($"/proc/{process}/status").Split('\n')
        .Any(line => line.StartsWith("NSpid:", StringComparison.Ordinal) && line.Split('\t')[^1] == "1");

    // proc_pid_stat(5): the start is field 22; the name in field 2 may hold blanks, and ends with the last parenthesis.
    static string StartOf(int process)
    {
        var stat = Leftovers.Read($"/proc/{process}/stat");
        return stat.Length == 0 ? "" : stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[22 - 3];
    }

    /// <summary>Asks for a page from this host, with the answer's status as the last line.</summary>
    public Task<ShellResult> CurlAsync(params IReadOnlyList<string> arguments) =>
        Namespace.TryAsync(["curl", "-s", "-m", "5", .. arguments]);

    public string LogText() => File.Exists(Log) ? File.ReadAllText(Log) : "";

    public string LogTail() => string.Concat(LogText().Split('\n', StringSplitOptions.RemoveEmptyEntries).TakeLast(TailLines).Select(line => line + "\n"));

    /// <summary>Ends orchd and has it clean up. Hands back what went wrong and what is left.</summary>
    internal async Task<IReadOnlyList<string>> TearDownAsync()
    {
        var left = new List<string>();
        try
        {
            if (_orchd is not null && await StopAsync() is var status and not 0) left.Add($"{Name} ended with {status}");
        }
        catch (TimeoutException)
        {
            left.Add($"{Name} did not stop when it was asked to");
            await KillAsync();
        }

        if (!_everStarted) return left;
        var reset = await ResetAsync();
        if (reset.ExitCode != 0) left.Add($"{Name}: {reset.Command} ended with {reset.ExitCode}: {reset.Error}");
        left.AddRange(await Leftovers.OnHostAsync(this));
        return left;
    }
}
