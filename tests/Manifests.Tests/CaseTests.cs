using System.Text;
using Orchestrator.Model;
using Orchestrator.Testing;

namespace Orchestrator.Manifests.Tests;

/// <summary>Every file in Cases is a manifest; the file beside it says what reading it comes to.</summary>
public sealed class CaseTests
{
    static readonly string Folder = RepoRoot.Below("tests", "Manifests.Tests", "Cases");

    public static TheoryData<string> Cases =>
        [.. Directory.EnumerateFiles(Folder, "*.yaml").Concat(Directory.EnumerateFiles(Folder, "*.json")).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Reading_a_manifest_says(string name)
    {
        var read = ManifestReader.Read([new ManifestFile(name, File.ReadAllText(Path.Combine(Folder, name)))]);
        Assert.Null(Golden.Difference(Path.Combine(Folder, name + ".expected"), Printed(read)));
    }

    [Fact]
    public void A_document_of_two_megabytes_is_refused_by_its_size()
    {
        var read = ManifestReader.Read([new ManifestFile("big.yaml", "# " + new string('x', 2_000_000))]);
        Assert.Contains("1,500,000 is the most", Assert.Single(read.Problems).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Aliases_that_multiply_are_cut_off()
    {
        var text = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for (var i = 1; i < 10; i++) text.Append($"a{i}: &a{i} [{string.Join(", ", Enumerable.Repeat($"*a{i - 1}", 10))}]\n");
        var read = ManifestReader.Read([new ManifestFile("bomb.yaml", text.ToString())]);
        Assert.Contains("once its aliases are followed", Assert.Single(read.Problems).Message, StringComparison.Ordinal);
    }

    static string Printed(ManifestSet read)
    {
        var text = new StringBuilder();
        foreach (var problem in read.Problems) text.Append("problem ").Append(problem).Append('\n');
        foreach (var warning in read.Warnings) text.Append("warning ").Append(warning).Append('\n');
        foreach (var each in read.Objects) text.Append("object  ").Append(each.Place).Append(": ").Append(Encoding.UTF8.GetString(ModelJson.Encode(each.Resource))).Append('\n');
        return text.ToString();
    }
}
