using System.Text;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Pods;
using Orchestrator.Model.State;
using Orchestrator.Scheduler.Explaining;
using Orchestrator.Testing;

namespace Orchestrator.Scheduler.Tests;

/// <summary>Every file in Stories is a small cluster and what is asked of it; the file beside it says what the scheduler answers.</summary>
public sealed class StoryTests
{
    static readonly string Folder = RepoRoot.Below("tests", "Scheduler.Tests", "Stories");

    public static TheoryData<string> Stories => [.. Directory.EnumerateFiles(Folder, "*.story").Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Stories))]
    public void The_scheduler_answers(string name)
    {
        var text = new StringBuilder();
        var objects = new List<Resource>();
        foreach (var line in File.ReadLines(Path.Combine(Folder, name)).Where(line => line.Length > 0))
        {
            text.Append(line).Append('\n');
            if (line[0] == '#') continue;
            var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words[0] == "place") objects = Place(objects, text);
            else if (words[0] == "why") Explain(objects, words[1], text);
            else objects.Add(StoryObjects.Read(words, objects.Count));
        }

        Assert.Null(Golden.Difference(Path.Combine(Folder, name + ".expected"), text.ToString()));
    }

    static List<Resource> Place(List<Resource> objects, StringBuilder text)
    {
        var state = StateOf(objects);
        foreach (var decision in Placement.Decide(state, Placement.Pending(state)))
        {
            text.Append("  ").Append(decision.Pod.Name).Append(' ').Append(decision switch
            {
                Placed placed => $"-> {placed.Node}{(placed.Devices.Count == 0 ? "" : $" devices {string.Join(",", placed.Devices)}")}",
                Preempting preempting => $"-> {preempting.Node} when {string.Join(", ", preempting.Victims.Select(each => each.Name))} made way",
                Unplaced unplaced => $"waits: {unplaced.Summary()}",
                _ => throw new System.Diagnostics.UnreachableException(),
            }).Append('\n');
            if (decision is Placed bound) objects = [.. objects.Select(each => each.Key == bound.Pod.Key ? PlacementProperties.Bound(bound) : each)];
        }

        return objects;
    }

    static void Explain(List<Resource> objects, string name, StringBuilder text)
    {
        var state = StateOf(objects);
        var explanation = Why.Explain(state, state.All<Pod>(Pod.KindName).Single(pod => pod.Name == name));
        text.Append($"  {explanation.Summary}\n");
        foreach (var refusal in explanation.Refusals) text.Append($"    {refusal.Node}: {refusal.Filter}: {refusal.Detail}\n");
        foreach (var remedy in explanation.Remedies) text.Append($"    to place it: {remedy.Change} -> {remedy.Node}\n");
    }

    static ClusterState StateOf(List<Resource> objects) => new Snapshot { Format = Snapshot.PresentFormat, Resources = objects }.ToState();
}
