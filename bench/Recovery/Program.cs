using System.Globalization;
using Orchestrator.Bench;

if (args is not [var file, var roundsText] || !int.TryParse(roundsText, NumberStyles.None, CultureInfo.InvariantCulture, out var rounds))
{
    Console.Error.WriteLine("usage: failover FILE ROUNDS");
    return 2;
}

List<Result> results = [];
await using var ours = await Ours.StartAsync();
await using var swarm = await Swarm.StartAsync();
Candidate[] candidates = [ours, swarm];
results.AddRange(await Losses.MeasureAsync(candidates, rounds));
results.AddRange(await Growth.MeasureAsync(candidates));
results.AddRange(await FirstAnswer.MeasureAsync(ours, rounds));
results.AddRange(await AllKilled.MeasureAsync(ours, rounds));
Result.Write(results, file);
return 0;
