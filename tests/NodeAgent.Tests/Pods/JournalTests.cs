using Orchestrator.NodeAgent.Journal;
using Orchestrator.NodeAgent.Tests.Machine;
using Orchestrator.Reconcile.Pods;

namespace Orchestrator.NodeAgent.Tests.Pods;

/// <summary>What an agent finds of its pods when it comes back, whatever happened to the file meanwhile.</summary>
public sealed class JournalTests : IDisposable
{
    readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void The_last_entry_counts_and_the_file_does_not_grow_without_end()
    {
        var journal = new PodJournal(_directory["pods"]);
        for (var i = 1; i <= 500; i++) Save(journal, "a", i);
        Assert.Equal("10.0.0.500", AddressOf(journal, "a"));
        Assert.InRange(new FileInfo(PathOf("a")).Length, 1, 70_000);
    }

    [Fact]
    public void An_entry_that_was_cut_off_anywhere_leaves_the_one_before_it_and_what_is_written_next_stands_for_itself()
    {
        var journal = new PodJournal(_directory["pods"]);
        Save(journal, "a", 1);
        var first = new FileInfo(PathOf("a")).Length;
        Save(journal, "a", 2);
        var whole = File.ReadAllBytes(PathOf("a"));
        for (var cut = first; cut < whole.Length; cut++)
        {
            File.WriteAllBytes(PathOf("a"), whole[..(int)cut]);
            // Only the end of the line is missing from the last but one cut.
            Assert.Equal(cut < whole.Length - 1 ? "10.0.0.1" : "10.0.0.2", AddressOf(journal, "a"));
            Save(journal, "a", 3);
            Assert.Equal("10.0.0.3", AddressOf(journal, "a"));
        }
    }

    [Fact]
    public void A_file_with_nothing_whole_in_it_is_named()
    {
        var journal = new PodJournal(_directory["pods"]);
        Save(journal, "good", 1);
        File.WriteAllText(PathOf("bad"), "{\"pod\":");
        File.WriteAllText(PathOf("empty"), "");
        var (pods, unreadable) = journal.Load();
        Assert.Equal(["good"], pods.Keys);
        Assert.Equal([PathOf("bad"), PathOf("empty")], unreadable.Select(problem => problem.Split(':')[0]).Order());
    }

    [Fact]
    public void A_file_of_an_older_version_is_one_entry_without_an_end()
    {
        var journal = new PodJournal(_directory["pods"]);
        File.WriteAllBytes(PathOf("a"), Entry(7).Encode());
        Assert.Equal("10.0.0.7", AddressOf(journal, "a"));
        Save(journal, "a", 8);
        Assert.Equal("10.0.0.8", AddressOf(journal, "a"));
    }

    static void Save(PodJournal journal, string uid, int number) => journal.Save(uid, Entry(number).Encode());

    static string? AddressOf(PodJournal journal, string uid) => journal.Load().Pods[uid].Facts.PodIp;

    static JournalEntry Entry(int number) => new(RunningAgent.Shell("true"), new PodFacts { AcceptedAt = DateTimeOffset.UnixEpoch, PodIp = $"10.0.0.{number}" });

    string PathOf(string uid) => Path.Combine(_directory["pods"], uid + ".json");
}
