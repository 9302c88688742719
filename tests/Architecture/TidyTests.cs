using System.Diagnostics;
using System.Text.RegularExpressions;
using Orchestrator.Testing;

namespace Orchestrator.Architecture;

/// <summary>The habits of this code that a program can see.</summary>
public sealed partial class TidyTests
{
    /// <summary>A longer file holds more than one idea.</summary>
    const int MaxLines = 400;

    static readonly string[] Words = ["TO" + "DO", "FIX" + "ME", "NotImplemented" + "Exception"];

    [Fact]
    public void No_source_file_is_longer_than_a_reader_can_hold()
    {
        var long_ = Sources().Select(file => (file, lines: File.ReadLines(file).Count())).Where(each => each.lines > MaxLines);
        Assert.Empty(long_);
    }

    [Fact]
    public void Nothing_is_left_unfinished()
    {
        var found = from file in Sources() from word in Words where File.ReadAllText(file).Contains(word, StringComparison.Ordinal) select $"{file}: {word}";
        Assert.Empty(found);
    }

    [Fact]
    public void Types_are_named_for_what_they_are()
    {
        var found = from file in Sources()
                    where file.Contains("/src/", StringComparison.Ordinal)
                    from Match match in VagueName().Matches(File.ReadAllText(file))
                    select $"{file}: {match.Value}";
        Assert.Empty(found);
    }

    [Fact]
    public void Every_text_file_ends_with_a_line_end_and_has_no_tabs_or_trailing_blanks()
    {
        var found = new List<string>();
        foreach (var file in Sources())
        {
            var text = File.ReadAllText(file);
            if (text.Length > 0 && text[^1] != '\n') found.Add($"{file}: no line end at the end");
            if (text.Contains('\t')) found.Add($"{file}: a tab");
            if (TrailingBlank().IsMatch(text)) found.Add($"{file}: blanks at the end of a line");
        }

        Assert.Empty(found);
    }

    [Fact]
    public void Every_package_or_pair_of_packages_says_why_it_is_here()
    {
        const int MostForOneReason = 2;
        var found = new List<string>();
        var left = 0;
        foreach (var line in File.ReadLines(RepoRoot.Below("Directory.Packages.props")).Select(line => line.Trim()))
        {
            if (!line.StartsWith("<PackageVersion", StringComparison.Ordinal)) left = line.StartsWith("<!--", StringComparison.Ordinal) ? MostForOneReason : 0;
            else if (left-- <= 0) found.Add($"{line} has no line above it that says why");
        }

        Assert.Empty(found);
    }

    [Fact]
    public void A_test_sleeps_only_between_two_looks_at_a_condition()
    {
        const int LinesOfALook = 5;
        var found = new List<string>();
        foreach (var file in Sources().Where(file => file.Contains("/tests/", StringComparison.Ordinal)))
        {
            var lines = File.ReadAllLines(file);
            for (var i = 0; i < lines.Length; i++)
            {
                var sleeps = lines[i].Contains("Thread." + "Sleep", StringComparison.Ordinal);
                if (sleeps && !lines[Math.Max(0, i - LinesOfALook)..i].Any(line => LoopStart().IsMatch(line))) found.Add($"{file}:{i + 1}");
            }
        }

        Assert.Empty(found);
    }

    [Theory]
    [InlineData("Model.Tests")]
    [InlineData("Manifests.Tests")]
    [InlineData("Scheduler.Tests")]
    [InlineData("Reconcile.Tests")]
    [InlineData("Simulation")]
    public void Tests_of_pure_code_let_no_time_pass(string project)
    {
        var found = from file in Sources()
                    where file.Contains($"/tests/{project}/", StringComparison.Ordinal)
                    from word in new[] { "Thread." + "Sleep", "Task." + "Delay" }
                    where File.ReadAllText(file).Contains(word, StringComparison.Ordinal)
                    select $"{file}: {word}";
        Assert.Empty(found);
    }

    [Theory]
    [InlineData("Model")]
    [InlineData("Scheduler")]
    [InlineData("Reconcile")]
    [InlineData("Manifests")]
    public void Deciding_code_is_synchronous(string room)
    {
        var files = Sources().Where(file => file.Contains($"/src/{room}/", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(files);
        Assert.DoesNotContain(files, file => AsyncWord().IsMatch(File.ReadAllText(file)));
    }

    static List<string> Sources()
    {
        using var git = Process.Start(new ProcessStartInfo("git", ["-C", RepoRoot.Path, "ls-files", "-co", "--exclude-standard", "*.cs", "*.proto"]) { RedirectStandardOutput = true })!; // it is a checkout
        var files = git.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(file => RepoRoot.Below(file)).Where(File.Exists).ToList();
        git.WaitForExit();
        Assert.NotEmpty(files);
        return files;
    }

    [GeneratedRegex(@"\b(class|record|struct|interface) \w*(Manager|Helper|Util|Utils|Impl)\b")]
    private static partial Regex VagueName();

    [GeneratedRegex(@"^\s*(while|for|do)\b")]
    private static partial Regex LoopStart();

    [GeneratedRegex(@"\b(async|await)\b")]
    private static partial Regex AsyncWord();

    [GeneratedRegex(@"[ \t]+\n")]
    private static partial Regex TrailingBlank();
}
