using System.Diagnostics;
using System.Globalization;
using Orchestrator.ControlPlane.Tests.Store;
using Orchestrator.Faults.Linearizability;
using Orchestrator.Faults.Traffic;
using Orchestrator.Testing;
using Xunit.Abstractions;

namespace Orchestrator.Faults.Processes;

/// <summary>A cluster under clients and watchers while it is done harm, and the judgement of all that they saw.</summary>
sealed class Trial
{
    const int ClientCount = 5;

    /// <summary>Writes after which a cluster is taken to be well.</summary>
    const int Progress = 15;

    readonly StoreProcesses _cluster;
    readonly ITestOutputHelper _output;
    readonly IMember[] _members;
    readonly Clients _clients;
    readonly Watchers _watchers;
    readonly List<string> _done = [];
    readonly Stopwatch _running = Stopwatch.StartNew();

    public Trial(StoreProcesses cluster, ITestOutputHelper output)
    {
        (_cluster, _output) = (cluster, output);
        Seed = Number("ORCH_SEED") ?? Random.Shared.Next();
        _members = [.. cluster.All.Select((process, i) => new ProcessMember($"member {i}", process))];
        _clients = new Clients(_members, Seed);
        _watchers = new Watchers(_members);
    }

    public int Seed { get; }

    /// <summary>How many changes of an object the watchers have seen.</summary>
    public long Changes => _watchers.Changes;

    /// <summary>Notes what is done, for whoever reads a failure.</summary>
    public void Note(string what, StoreProcess process) => _done.Add($"{_running.Elapsed.TotalSeconds:0.0} s: {what} member {Array.IndexOf(_cluster.All, process)}");

    /// <summary>Ends when more writes were acknowledged: a store that has stopped for good is found, too.</summary>
    public Task ProgressAsync()
    {
        var target = _clients.Acknowledged + Progress;
        return Eventually.HoldsAsync(() => _clients.Acknowledged >= target, $"{Progress} more writes", Known);
    }

    /// <summary>Who has met an error goes on without harm, or ends by itself and is started again.</summary>
    public async Task HealAsync(StoreProcess member)
    {
        var seen = "";
        await Eventually.HoldsAsync(
            async () =>
            {
                var answer = await member.AskAsync("read");
                if (IsWell(answer)) return true;
                seen = $"{answer}; states: {await AllAsync("state")}; last entries: {await AllAsync("last")}";
                return false;
            },
            $"member {Array.IndexOf(_cluster.All, member)} is well or has ended",
            () => $"{seen}\n{Known()}");
        if (await member.AskAsync("state") != "gone") return;
        await member.KillAsync();
        await member.StartAsync();
    }

    /// <summary>True for one that has ended, too: whoever looks after it starts it again.</summary>
    public static async Task<bool> IsWellAsync(StoreProcess process) => IsWell(await process.AskAsync("read"));

    /// <param name="bulk">How many objects one client more writes at a time, and after how many changes that were watched it ends; none for no such client.</param>
    public async Task RunAsync(Func<Task> harm, (int Objects, long Changes) bulk = default)
    {
        _output.WriteLine($"seed {Seed}");
        using var watched = new CancellationTokenSource();
        using var enough = new CancellationTokenSource();
        var traffic = Task.WhenAll(
            _clients.RunAsync(ClientCount, _ => !enough.IsCancellationRequested),
            _clients.RunBulkAsync(bulk.Objects, () => Changes < bulk.Changes && !enough.IsCancellationRequested));
        var watching = _watchers.RunAsync(watched.Token);
        try
        {
            await ProgressAsync();
            await harm();
            await ProgressAsync();
        }
        finally
        {
            await enough.CancelAsync();
            await traffic;
        }

        var last = await _clients.ReadEverywhereAsync();
        await Eventually.HoldsAsync(() => _watchers.Reached >= last[^1].Output!.Revision, "all watchers have seen the last revision", () => $"{_watchers}\n{Known()}");
        await watched.CancelAsync();
        await watching;

        var findings = Findings.Of(_clients.History, _watchers.Watches, last);
        var path = findings.AllRight ? null : Export(_clients.History);
        _output.WriteLine(
            $"{_clients.History.Count} operations, {_clients.History.Count(each => !each.IsAnswered)} without an answer, {_clients.Acknowledged} writes acknowledged, "
            + $"{_watchers.Watches.Count} watches of {_watchers.Watches.Sum(each => each.Events.Count)} revisions and {Changes} changes:\n{string.Join('\n', _done)}");
        Assert.True(findings.AllRight, $"seed {Seed}, history in {path}\n{findings}");
        Assert.NotNull(await _cluster.AgreedHashAsync());
    }

    /// <summary>A number from the environment; null without.</summary>
    public static int? Number(string variable) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    static bool IsWell(string answer) => !answer.StartsWith("error ", StringComparison.Ordinal);

    async Task<string> AllAsync(string verb) => string.Join(", ", await Task.WhenAll(_cluster.All.Select(process => process.Runs ? process.AskAsync(verb) : Task.FromResult("gone"))));

    string Known() => $"{string.Join('\n', _done)}\n{string.Join('\n', _cluster.All.Select(process => process.Errors))}";

    static string Export(IEnumerable<Operation<Transaction, Reply>> history)
    {
        var path = Path.Combine(Path.GetTempPath(), $"store-history-{Guid.NewGuid():N}.jsonl");
        using var file = new StreamWriter(path);
        HistoryFile.Write(file, history);
        return path;
    }
}
