using System.Text;
using Orchestrator.Testing;

namespace Orchestrator.Simulation;

/// <summary>Every file in Stories is what happens to a cluster and what it then looks like: steps after ">", and what they answer below.</summary>
public sealed class StoryTests
{
    static readonly string Folder = RepoRoot.Below("tests", "Simulation", "Stories");

    public static TheoryData<string> Stories => [.. Directory.EnumerateFiles(Folder, "*.txt").Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Stories))]
    public void A_story_goes(string name)
    {
        var story = new Story(Folder);
        var text = new StringBuilder();
        foreach (var line in File.ReadAllLines(Path.Combine(Folder, name)))
        {
            if (line.StartsWith('#')) text.Append(line).Append('\n');
            if (!line.StartsWith("> ", StringComparison.Ordinal)) continue;
            text.Append(line).Append('\n');
            foreach (var step in line[2..].Split(';'))
                if (story.Tell(step.Trim()) is { Length: > 0 } answer) text.Append(answer).Append('\n');
        }

        Assert.Null(Golden.Difference(Path.Combine(Folder, name), text.ToString()));
    }
}
