using System.Globalization;

namespace Orchestrator.Reconcile.Jobs;

/// <summary>Sets of indexes as Kubernetes writes them: <c>0-2,5</c>.</summary>
static class Indexes
{
    public static SortedSet<int> Read(string? text)
    {
        var all = new SortedSet<int>();
        foreach (var part in (text ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            var ends = part.Split('-');
            if (!int.TryParse(ends[0], NumberStyles.None, CultureInfo.InvariantCulture, out var first) || !int.TryParse(ends[^1], NumberStyles.None, CultureInfo.InvariantCulture, out var last)) continue;
            for (var i = first; i <= last; i++) all.Add(i);
        }

        return all;
    }

    public static string? Write(SortedSet<int> all)
    {
        var parts = new List<string>();
        int? from = null;
        var before = 0;
        foreach (var each in all)
        {
            if (from is { } start && each != before + 1)
            {
                parts.Add(Part(start, before));
                from = null;
            }

            from ??= each;
            before = each;
        }

        if (from is { } last) parts.Add(Part(last, before));
        return parts.Count == 0 ? null : string.Join(',', parts);
    }

    static string Part(int first, int last) =>
        first == last ? first.ToString(CultureInfo.InvariantCulture) : string.Create(CultureInfo.InvariantCulture, $"{first}-{last}");
}
