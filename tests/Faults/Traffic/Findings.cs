using Orchestrator.Faults.Linearizability;
using Orchestrator.Faults.Witness;

namespace Orchestrator.Faults.Traffic;

/// <summary>What all the checks say of a run.</summary>
/// <param name="Watch">Of the watches by themselves.</param>
/// <param name="Witness">Of the history, by the order the store claims.</param>
/// <param name="BlackBox">Of the history, by what an outside checker sees.</param>
/// <param name="Final">Of the members' last states.</param>
sealed record Findings(IReadOnlyList<string> Watch, IReadOnlyList<string> Witness, Judgement BlackBox, IReadOnlyList<string> Final)
{
    /// <summary>For each thousand operations. It takes a fraction of it, unless the search gets lost.</summary>
    static readonly TimeSpan SearchLimit = TimeSpan.FromSeconds(6);

    public bool AllRight => Watch.Count + Witness.Count + Final.Count == 0 && BlackBox.Verdict is Verdict.Linearizable;

    /// <param name="last">What each member holds in the end: the same read of everything.</param>
    public static Findings Of(
        IReadOnlyList<Operation<Transaction, Reply>> history, IReadOnlyCollection<Watched> watches, IReadOnlyList<Operation<Transaction, Reply>> last)
    {
        var (log, watch) = WatchCheck.Check(watches);
        IReadOnlyList<Operation<Transaction, Reply>> all = [.. history, .. last];
        var final = last.Where(read => !read.Output!.Values.SequenceEqual(last[0].Output!.Values)).Select(read => $"{read} is unlike {last[0]}");
        return new Findings(
            watch, WitnessCheck.Check(all, log), Checker.Check(new Objects(), Objects.Project(all, log), SearchLimit * (1 + (all.Count / 1_000))), [.. final]);
    }

    public override string ToString() => string.Join('\n', [
        .. Watch.Take(5).Select(each => $"watch: {each}"), .. Witness.Take(5).Select(each => $"witness: {each}"),
        $"black box: {BlackBox}", .. Final.Take(5).Select(each => $"final: {each}")]);
}
