using System.Text;
using System.Text.RegularExpressions;
using Orchestrator.Testing;

namespace Orchestrator.Cli.Tests;

/// <summary>
/// Every file in Sessions is what a person types and sees: the lines after "$" are run against a small cluster, and what they answer stands below. Errors
/// have a "!" in front, and an exit status that is not 0 is the last line.
/// </summary>
public sealed partial class SessionTests
{
    static readonly string Folder = RepoRoot.Below("tests", "Cli.Tests", "Sessions");

    static readonly string Files = Path.Combine(Folder, "files");

    public static TheoryData<string> Sessions => [.. Directory.EnumerateFiles(Folder, "*.txt").Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Sessions))]
    public async Task A_session_reads(string name)
    {
        await using var cluster = await FakeCluster.StartAsync(Objects.Timeless);
        var config = Path.Combine(Path.GetTempPath(), $"orch-{Guid.NewGuid():N}.json");
        var scratch = Directory.CreateTempSubdirectory("orch-session-").FullName;
        var environment = new Dictionary<string, string> { ["ORCH_CONFIG"] = config, ["ORCH_EDITOR"] = "sh edit.sh", ["TMPDIR"] = scratch };
        var text = new StringBuilder();
        foreach (var line in await File.ReadAllLinesAsync(Path.Combine(Folder, name)))
        {
            if (line.StartsWith('#')) text.Append(line).Append('\n');
            if (line == "# with a cluster") environment["ORCH_SERVER"] = $"http://{cluster.Address}";
            if (!line.StartsWith("$ orch", StringComparison.Ordinal)) continue;
            text.Append(line).Append('\n').Append(Shown(await TypedAsync(line["$ orch".Length..], environment), cluster, config)).Append('\n');
        }

        File.Delete(config);
        Directory.Delete(scratch, recursive: true);
        Assert.Null(Golden.Difference(Path.Combine(Folder, name), text.ToString()));
    }

    static async Task<Orch.Outcome> TypedAsync(string line, Dictionary<string, string> environment)
    {
        var halves = line.Split(" < ");
        var input = halves.Length > 1 ? await File.ReadAllTextAsync(Path.Combine(Files, halves[1])) : "";
        return await Orch.RunAsync(halves[0].Split(' ', StringSplitOptions.RemoveEmptyEntries), Files, input, environment);
    }

    static string Shown(Orch.Outcome outcome, FakeCluster cluster, string config)
    {
        var shown = new StringBuilder(outcome.Output);
        foreach (var line in outcome.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries)) shown.Append("! ").Append(line).Append('\n');
        if (outcome.Exit != 0) shown.Append($"exit {outcome.Exit}\n");
        return EditedFile().Replace(shown.Replace(cluster.Address, "SERVER").Replace(config, "CONFIG").ToString(), "FILE");
    }

    [GeneratedRegex(@"(/\S+/)?orch-edit-[0-9a-f]{32}\.yaml")]
    private static partial Regex EditedFile();
}
