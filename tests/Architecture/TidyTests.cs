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
    public void Every_package_says_why_it_is_here()
    {
        var why = false;
        foreach (var line in File.ReadLines(RepoRoot.Below("Directory.Packages.props")).Select(line => line.Trim()))
        {
            if (line.StartsWith("<PackageVersion", StringComparison.Ordinal)) Assert.True(why, $"{line} has no line of explanation above its group");
            else why = line.StartsWith("<!--", StringComparison.Ordinal) || (why && line.Length > 0 && line[0] != '<');
        }
    }

    [Fact]
    public void Pure_tests_never_sleep()
    {
        var found = from file in Sources()
                    where file.Contains("/tests/", StringComparison.Ordinal)
                    where File.ReadAllText(file).Contains("Thread." + "Sleep", StringComparison.Ordinal)
                    select file;
        Assert.Empty(found);
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

    [GeneratedRegex(@"[ \t]+\n")]
    private static partial Regex TrailingBlank();
}
