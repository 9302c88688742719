using System.Text;

namespace Orchestrator.Cli.Output;

/// <summary>Rows in columns as wide as their widest cell, three spaces apart.</summary>
static class TextTable
{
    const int Gap = 3;

    /// <param name="kept">The widths of what was printed above, when the rows go on below it; holds the present ones afterwards.</param>
    public static string Text(IReadOnlyList<string> heads, IReadOnlyList<IReadOnlyList<string>> rows, bool withHeads = true, List<int>? kept = null)
    {
        var widths = heads.Select((head, column) => rows.Select(row => row[column].Length).Append(withHeads ? head.Length : 0).Append(kept?.ElementAtOrDefault(column) ?? 0).Max()).ToList();
        kept?.Clear();
        kept?.AddRange(widths);
        var text = new StringBuilder();
        if (withHeads) Append(heads);
        foreach (var row in rows) Append(row);
        return text.ToString();

        void Append(IReadOnlyList<string> cells)
        {
            var line = new StringBuilder();
            for (var i = 0; i < cells.Count; i++) line.Append(cells[i].PadRight(widths[i] + Gap));
            text.Append(line.ToString().TrimEnd()).Append('\n');
        }
    }
}
