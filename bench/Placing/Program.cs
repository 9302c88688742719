using System.Diagnostics;
using Orchestrator.Bench;
using Orchestrator.Bench.Placing;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Pods;
using Orchestrator.Model.State;
using Orchestrator.Scheduler;
using Orchestrator.Scheduler.Tests;

// What is timed is all of a decision, from objects to objects: the nodes and pods are laid out, every pod gets its node or its reason. Reading and storing are not.
const int Nodes = 5000;
const int LookedAtByOracle = 1000;
var results = new List<Result>();
var wrong = 0;
_ = Timed(Row.All[0], 100, out _, out _); // compiles
foreach (var row in Row.All)
{
    var rate = Median(3, () => Timed(row, Nodes, out _, out _));
    Timed(row, Nodes, out var bytes, out var unplaced);
    var same = AgreesWithOracle(row, Nodes);
    if (same == false) wrong++;
    results.Add(new Result($"{row.Name}, {Nodes} nodes", rate, "pods/s", Peer: row.Floor, Least: row.Goal));
    results.Add(new Result($"{row.Name}: bytes a decision", bytes, "B"));
    Console.WriteLine($"{row.Name}: {rate:0} pods/s, {bytes:0} bytes a decision, {unplaced} not placed, {same switch { true => "same as the oracle", false => "OTHER THAN THE ORACLE", null => "not compared: the oracle does not preempt" }}");
}

var times = new List<(int Nodes, double Seconds)>();
foreach (var nodes in new[] { 1000, 5000, 20_000, 100_000 })
{
    var rate = Median(nodes > 50_000 ? 1 : 3, () => Timed(Row.All[0], nodes, out _, out _));
    times.Add((nodes, 1 / rate));
    results.Add(new Result($"basic, {nodes} nodes, 10 pods each", rate, "pods/s", Least: nodes == 100_000 ? 14_000 : null));
    Console.WriteLine($"basic, {nodes} nodes: {rate:0} pods/s");
}

var growth = Math.Log(times[^1].Seconds / times[0].Seconds) / Math.Log((double)times[^1].Nodes / times[0].Nodes);
results.Add(new Result("time a pod grows with nodes to the power", growth, "", Goal: 0.3));
var million = new Row("a million", 0, 0, 200, (_, i) => Row.Pod(i, cpu: 10 + (i % 5)));
results.Add(new Result("a million pods on 5000 nodes", 1_000_000 / Timed(million, Nodes, out _, out _), "s", Goal: 20));
results.Add(AllCores());
results.AddRange(Latencies());
results.Add(new Result("rows that differ from the oracle", wrong, "", Goal: 0));
Result.Write(results, args.Length > 0 ? args[0] : "/dev/null");
return wrong == 0 ? 0 : 1;

static double Timed(Row row, int nodes, out double bytes, out int unplaced)
{
    var (state, pending) = Given(row, nodes);
    GC.Collect();
    var before = GC.GetAllocatedBytesForCurrentThread();
    var clock = Stopwatch.StartNew();
    var decisions = Placement.Decide(state, pending);
    var seconds = clock.Elapsed.TotalSeconds;
    bytes = (double)(GC.GetAllocatedBytesForCurrentThread() - before) / pending.Count;
    unplaced = decisions.Count(decision => decision is Unplaced);
    return pending.Count / seconds;
}

static (ClusterState State, IReadOnlyList<Pod> Pending) Given(Row row, int nodes)
{
    List<Resource> resources = [.. Enumerable.Range(0, nodes).Select(Row.Node), .. row.There(nodes)];
    var pending = Enumerable.Range(0, (int)(row.PodsPerNode * nodes)).Select(i => row.Make(nodes, i)).ToList();
    return (new Snapshot { Format = Snapshot.PresentFormat, Resources = resources }.ToState(), pending);
}

static bool? AgreesWithOracle(Row row, int nodes)
{
    var (state, pending) = Given(row, nodes);
    var oracle = Oracle.Decide(Cluster.Of(state, 0), pending, LookedAtByOracle);
    var decisions = Placement.Decide(state, pending);
    if (decisions.Any(decision => decision is Preempting)) return null;
    return oracle.Select((node, i) => node is null || decisions[i] is Placed placed && placed.Node == node).All(same => same);
}

// Each decision waits for the one before it, so one batch is one core's work; others decide beside it (plans, explanations, simulations, a second scheduler).
static Result AllCores()
{
    var cores = Environment.ProcessorCount;
    var given = Enumerable.Range(0, cores).Select(_ => Given(Row.All[0], Nodes)).ToArray();
    var clock = Stopwatch.StartNew();
    Parallel.For(0, cores, new ParallelOptions { MaxDegreeOfParallelism = cores }, core => Placement.Decide(given[core].State, given[core].Pending));
    return new Result($"basic, {Nodes} nodes, a decider on each of {cores} cores", given.Sum(each => each.Pending.Count) / clock.Elapsed.TotalSeconds, "pods/s", Least: 100_000);
}

// One pod at a time, as a stream brings them.
static IEnumerable<Result> Latencies()
{
    foreach (var (name, churn) in new[] { ("arriving", false), ("with churn", true) })
    {
        var replay = new Replay([.. Enumerable.Range(0, Nodes).Select(Row.Node)], []);
        var random = new Random(1);
        var there = new List<Pod>();
        var ticks = new List<long>();
        var clock = Stopwatch.StartNew();
        for (var i = 0; i < 50_000; i++)
        {
            var pod = Row.Pod(i, cpu: 100 + (i * 7 % 10 * 10));
            var from = Stopwatch.GetTimestamp();
            if (replay.Arrive(pod) is Placed) there.Add(pod);
            ticks.Add(Stopwatch.GetTimestamp() - from);
            if (!churn || random.Next(2) == 0) continue;
            var at = random.Next(there.Count);
            replay.Depart(there[at]);
            there.RemoveAt(at);
        }

        var rate = 50_000 / clock.Elapsed.TotalSeconds;
        ticks.Sort();
        yield return new Result($"one at a time, {name}", rate, "pods/s", Peer: churn ? 710 : 680);
        yield return new Result($"one at a time, {name}: p50", Stopwatch.GetElapsedTime(0, ticks[ticks.Count / 2]).TotalMicroseconds, "us");
        yield return new Result($"one at a time, {name}: p99", Stopwatch.GetElapsedTime(0, ticks[ticks.Count * 99 / 100]).TotalMicroseconds, "us");
    }
}

static double Median(int runs, Func<double> run) => Enumerable.Range(0, runs).Select(_ => run()).Order().ElementAt(runs / 2);
