using System.Globalization;
using Orchestrator.Bench;

// Arguments: orun, the file for the results, rounds. Started by bench/runtime.sh in a mount namespace of its own.
const long MostShimKibibytes = 512;
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
    results.AddRange(Comparison.Of("run true, seccomp and limits", candidates, rounds, c => [c.Command("run", "--bundle", hardened, "c")]));
    results.AddRange(Comparison.Of("create, start, delete", candidates, rounds,
        c => [c.Command("create", "--bundle", plain, "c"), c.Command("start", "c"), c.Command("delete", "--force", "c")]));
    results.AddRange(Comparison.Of("exec true", candidates, rounds, c => [c.Command("exec", "sleeper", "/bin/true")]));
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
