namespace Orchestrator.Manifests.Validation;

/// <summary>Collects what is wrong with one object, by field path.</summary>
sealed class Findings
{
    readonly List<(string Path, string Message)> _all = [];

    public IReadOnlyList<(string Path, string Message)> All => _all;

    public void Add(string path, string message) => _all.Add((path, message));

    public void Require(bool holds, string path, string message)
    {
        if (!holds) Add(path, message);
    }

    /// <summary>Names every value that stands twice.</summary>
    public void Unique<T>(IReadOnlyList<T> items, Func<T, string?> valueOf, Func<int, string> pathOf)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < items.Count; i++)
        {
            if (valueOf(items[i]) is { } value && !seen.Add(value)) Add(pathOf(i), $"{value} is there already; each must be different");
        }
    }
}
