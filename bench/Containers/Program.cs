using System.Globalization;
using Orchestrator.Bench;

// Arguments: orun, the file for the results, rounds. Started by bench/runtime.sh in a mount namespace of its own.
const long MostShimKibibytes = 512;
const int Many = 200, ManyRounds = 3, ShimRounds = 60;
const double MostShimStartMilliseconds = 5;
var (orun, file, rounds) = (args[0], args[1], int.Parse(args[2], CultureInfo.InvariantCulture));
var name = $"orun-bench-{Environment.ProcessId}";
var place = Path.Combine(Path.GetTempPath(), name);
List<Candidate> candidates = [new("orun", orun, place + "/orun")];
foreach (var peer in (string[])["crun", "runc"])
{
    var program = ((string[])["/usr/bin/", "/usr/sbin/"]).Select(directory => directory + peer).FirstOrDefault(File.Exists);
    if (program is not null) candidates.Add(new Candidate(peer, program, $"{place}/{peer}"));
}

List<Result> results = [];
try
{
    foreach (var candidate in candidates)
    {
        var sleeper = Bundle.Make(orun, $"{place}/sleeper-{candidate.Name}", $"/{name}/sleeper-{candidate.Name}", hardened: false, "/bin/sleep", "100000");
        Measured.Do(candidate.Command("run", "--detach", "--bundle", sleeper, "sleeper"));
    }

    // From here on: the sleepers are somebody else's children, so that a measurement can wait for all that is left of its own.
    Measured.BecomeSubreaper();
    var plain = Bundle.Make(orun, place + "/plain", $"/{name}/plain", hardened: false, "/bin/true");
    var hardened = Bundle.Make(orun, place + "/hardened", $"/{name}/hardened", hardened: true, "/bin/true");
    results.AddRange(Comparison.Of("run true", candidates, rounds, c => [c.Command("run", "--bundle", plain, "c")]));
    results.AddRange(PeakMemory.Of("run true", candidates, place, c => c.Command("run", "--bundle", plain, "c")));
    results.AddRange(Comparison.Of("run true, seccomp and limits", candidates, rounds, c => [c.Command("run", "--bundle", hardened, "c")]));
    results.AddRange(Comparison.Of("create, start, delete", candidates, rounds,
        c => [c.Command("create", "--bundle", plain, "c"), c.Command("start", "c"), c.Command("delete", "--force", "c")]));
    results.AddRange(Comparison.Of("exec true", candidates, rounds, c => [c.Command("exec", "sleeper", "/bin/true")]));
    List<string> many = [.. Enumerable.Range(0, Many).Select(i => Bundle.Make(orun, $"{place}/many{i}", $"/{name}/many{i}", hardened: false, "/bin/sleep", "100000"))];
    var times = candidates.ToDictionary(candidate => candidate.Name, _ => new List<double>());
    for (var round = 0; round < ManyRounds; round++)
        foreach (var candidate in candidates)
            times[candidate.Name].Add(Crowd.Create(candidate, many));
    var own = Comparison.Median(times["orun"]);
    foreach (var candidate in candidates)
        results.Add(new Result($"create {Many}, {Crowd.AtOnce} at once: {candidate.Name}, wall", Comparison.Median(times[candidate.Name]), "ms"));
    foreach (var peer in candidates.Skip(1))
        results.Add(new Result($"create {Many}, {Crowd.AtOnce} at once: orun/{peer.Name}, wall", own / Comparison.Median(times[peer.Name]), "ratio", 1, 1));
    results.Add(new Result("a pod's shim creates and starts a container, wall", ShimStarts.Measure(orun, candidates[0].Root, place + "/starts", many[..ShimRounds]), "ms", null, MostShimStartMilliseconds));
    var shimmed = Bundle.Make(orun, place + "/shimmed", $"/{name}/shimmed", hardened: false, "/bin/sleep", "100000");
    results.Add(new Result("idle shim, private memory", ShimMemory.Measure(orun, candidates[0].Root, place + "/shim", shimmed), "KiB", null, MostShimKibibytes));
}
catch (Exception e)
{
    // Caught, because what is below would not run otherwise: an exception that nobody catches ends the process where it stands.
    Console.Error.WriteLine(e.Message);
    return 1;
}
finally
{
    foreach (var candidate in candidates)
    {
        if (!Directory.Exists(candidate.Root)) continue;
        foreach (var container in Directory.EnumerateDirectories(candidate.Root))
            Measured.Do(candidate.Command("delete", "--force", Path.GetFileName(container)));
    }

    // runc and crun leave the parents of their cgroups behind.
    foreach (var hierarchy in Directory.EnumerateDirectories("/sys/fs/cgroup").Where(path => Path.GetFileName(path) != "unified"))
        RemoveCgroup($"{hierarchy}/{name}");
    if (Directory.Exists(place)) Directory.Delete(place, recursive: true);
}

Result.Write(results, file);
// A goal that is missed stands in the table and in the file; measuring has not failed for that.
return 0;

static void RemoveCgroup(string path)
{
    if (!Directory.Exists(path)) return;
    foreach (var child in Directory.EnumerateDirectories(path)) RemoveCgroup(child);
    Directory.Delete(path);
}
