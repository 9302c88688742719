namespace Orchestrator.Testing;

/// <summary>
/// Holds output against a file that people review. <c>./test.sh --golden</c> writes the files anew: then the diff is the review.
/// </summary>
public static class Golden
{
    /// <summary>Set by <c>./test.sh --golden</c>.</summary>
    const string RewriteVariable = "ORCH_GOLDEN";

    /// <summary>Null when the file says the same as the output; else what differs, for an assertion.</summary>
    public static string? Difference(string file, string actual)
    {
        if (Environment.GetEnvironmentVariable(RewriteVariable) == "1") File.WriteAllText(file, actual);
        var expected = File.Exists(file) ? File.ReadAllText(file) : "";
        if (expected == actual) return null;
        return $"{file} differs; ./test.sh --golden rewrites it.\n--- expected\n{expected}\n--- actual\n{actual}";
    }
}
