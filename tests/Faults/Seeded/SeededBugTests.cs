using Orchestrator.Faults.Linearizability;
using Orchestrator.Faults.Traffic;
using Orchestrator.Testing;
using Xunit.Abstractions;

namespace Orchestrator.Faults.Seeded;

/// <summary>A checker that can't fail proves nothing: it finds every seeded bug, and none where there is none.</summary>
public sealed class SeededBugTests(ITestOutputHelper output)
{
    const int Members = 3, ClientCount = 4, OperationsPerClient = 150;

    public static TheoryData<string> Names => [.. Bugs.All.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task It_is_caught_that(string bug)
    {
        var chance = new Chance(1);
        var seeded = Bugs.All[bug](chance);
        var (findings, _) = await RunAsync(seeded, chance, seed: 1);
        output.WriteLine(findings.ToString());
        Assert.NotEmpty(seeded.CaughtBy);
        Assert.All(seeded.CaughtBy, check => Assert.True(Found(findings, check), $"not caught by {check}:\n{findings}"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public async Task Nothing_is_found_in_a_store_without_a_bug(int seed)
    {
        var (findings, history) = await RunAsync(new Bug(), new Chance(seed), seed);
        Assert.True(findings.AllRight, findings.ToString());
        Assert.Equal(ClientCount * OperationsPerClient, history.Count);
        using var file = new StringWriter();
        HistoryFile.Write(file, history);
        Assert.Equal(history.Count, HistoryFile.Read<Transaction, Reply>(new StringReader(file.ToString())).Count);
    }

    [Fact]
    public async Task A_history_of_ten_thousand_operations_is_decided()
    {
        var (findings, history) = await RunAsync(new Bug(), new Chance(1), seed: 1, operationsPerClient: 10_000 / ClientCount);
        Assert.True(findings.AllRight, findings.ToString());
        Assert.Equal(10_000, history.Count);
    }

    static bool Found(Findings findings, Check check) => check switch
    {
        Check.Watch => findings.Watch.Count > 0,
        Check.Witness => findings.Witness.Count > 0,
        Check.BlackBox => findings.BlackBox.Verdict is Verdict.NotLinearizable,
    };

    static async Task<(Findings Findings, IReadOnlyList<Operation<Transaction, Reply>> History)> RunAsync(
        Bug bug, Chance chance, int seed, int operationsPerClient = OperationsPerClient)
    {
        var log = new SharedLog(bug, chance);
        var members = new List<MemoryMember>();
        for (var i = 0; i < Members; i++) members.Add(await MemoryMember.OpenAsync(i, log, bug, chance));
        var clients = new Clients(members, seed);
        var watchers = new Watchers(members);
        using var watched = new CancellationTokenSource();
        var watching = watchers.RunAsync(watched.Token);
        await clients.RunAsync(ClientCount, done => done < operationsPerClient);

        log.CatchUpAll();
        var last = await clients.ReadEverywhereAsync();
        await Eventually.HoldsAsync(() => members.All(member => member.IsWatchedToTheEnd), "the watchers have been given everything");
        await watched.CancelAsync();
        await watching;
        foreach (var member in members) await member.DisposeAsync();
        return (Findings.Of(clients.History, watchers.Watches, last), clients.History);
    }
}
