namespace Orchestrator.Manifests.Checking;

/// <summary>Guesses what a misspelt word was meant to be.</summary>
public static class Spelling
{
    /// <summary>The candidate that is nearest to the word, when it is near enough to be what was meant; else null.</summary>
    public static string? Nearest(string word, IEnumerable<string> candidates)
    {
        var most = Math.Max(1, word.Length / 3);
        return candidates
            .Select(candidate => (candidate, distance: Distance(word.ToLowerInvariant(), candidate.ToLowerInvariant())))
            .Where(each => each.distance <= most)
            .OrderBy(each => each.distance)
            .ThenBy(each => each.candidate, StringComparer.Ordinal)
            .Select(each => each.candidate)
            .FirstOrDefault();
    }

    // Optimal string alignment: a letter too many, too few, another one, or two swapped cost one each.
    static int Distance(string left, string right)
    {
        var rows = new int[left.Length + 1, right.Length + 1];
        for (var i = 0; i <= left.Length; i++) rows[i, 0] = i;
        for (var j = 0; j <= right.Length; j++) rows[0, j] = j;
        for (var i = 1; i <= left.Length; i++)
        {
            for (var j = 1; j <= right.Length; j++)
            {
                var cost = left[i - 1] == right[j - 1] ? 0 : 1;
                rows[i, j] = Math.Min(Math.Min(rows[i - 1, j] + 1, rows[i, j - 1] + 1), rows[i - 1, j - 1] + cost);
                if (i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1])
                    rows[i, j] = Math.Min(rows[i, j], rows[i - 2, j - 2] + 1);
            }
        }

        return rows[left.Length, right.Length];
    }
}
