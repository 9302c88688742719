using System.Globalization;
using System.Text;
using Orchestrator.Testing;

namespace Orchestrator.Conformance.Suites;

/// <summary>
/// The integration tests that runc and crun are developed with. orun passes what its peer passes on this machine, but for what a list beside
/// this file names with the reason; and a list that names too much is out of date.
/// </summary>
[Collection(Sequential.Name)]
public sealed class SuiteTests
{
    [Fact]
    public void Orun_passes_what_runc_passes_of_its_own_suite() => Compare("runc", "/usr/sbin/runc");

    [Fact]
    public void Orun_passes_what_crun_passes_of_its_own_suite() => Compare("crun", "/usr/bin/crun");

    static void Compare(string suite, string peerProgram)
    {
        // runc's scripts look for its name in what it says of itself: a program speaks under the name that it is called by.
        var named = $"{Command.Suites}/bin/{suite}";
        File.Delete(named);
        File.CreateSymbolicLink(named, Command.Orun);
        var peer = Run(suite, peerProgram);
        var ours = Run(suite, named);
        Assert.True(peer.Values.Count(verdict => verdict == "passed") > 50, "the suite did not run");
        var listed = Differences(suite);
        WriteTable(suite, peer, ours, listed);
        var missing = peer.Where(test => test.Value == "passed" && ours.GetValueOrDefault(test.Key) != "passed").Select(test => test.Key).ToList();
        Assert.Equal("", string.Join("\n", missing.Except(listed.Keys)));
        // "sometimes" is for a test that is a race in itself.
        var always = listed.Where(test => !test.Value.StartsWith("sometimes", StringComparison.Ordinal)).Select(test => test.Key);
        Assert.Equal("", string.Join("\n", always.Except(missing)));
    }

    static Dictionary<string, string> Run(string suite, string program)
    {
        var outcome = Command.Run("python3", Command.Own("Suites/terminal.py"), Command.Own($"Suites/{suite}.sh"), Command.Suites, program);
        var verdicts = new Dictionary<string, string>();
        foreach (var line in outcome.Output.Split('\n'))
        {
            if (line.Split(' ', 2) is [("passed" or "failed" or "skipped") and var verdict, var name]) verdicts[name] = verdict;
        }

        return verdicts;
    }

    // "name | reason", a line each.
    static Dictionary<string, string> Differences(string suite) => File.ReadLines(Command.Own($"Suites/{suite}.differences"))
        .Where(line => line.Length > 0 && line[0] != '#').Select(line => line.Split(" | ", 2)).ToDictionary(parts => parts[0], parts => parts[1]);

    static void WriteTable(string suite, Dictionary<string, string> peer, Dictionary<string, string> ours, Dictionary<string, string> listed)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"suite | tests | skipped | {suite} passes | orun passes\n--- | --- | --- | --- | ---\n");
        text.Append(CultureInfo.InvariantCulture,
            $"{suite}'s own | {peer.Count} | {Count(peer, "skipped")} | {Count(peer, "passed")} | {Count(ours, "passed")}\n\n");
        foreach (var (test, reason) in listed) text.Append(CultureInfo.InvariantCulture, $"* {test}: {reason}\n");
        Directory.CreateDirectory(RepoRoot.Path + "/artifacts/conformance");
        File.WriteAllText($"{RepoRoot.Path}/artifacts/conformance/{suite}.md", text.ToString());
    }

    static int Count(Dictionary<string, string> verdicts, string verdict) => verdicts.Values.Count(each => each == verdict);
}
