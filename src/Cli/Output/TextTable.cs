using System.Text;

namespace Orchestrator.Cli.Output;

/// <summary>Rows in columns as wide as their widest cell, three spaces apart.</summary>
static class TextTable
{
    const int Gap = 3;

    public static string Text(IReadOnlyList<string> heads, IReadOnlyList<IReadOnlyList<string>> rows, bool withHeads = true)
    {
        var widths = heads.Select((head, column) => rows.Select(row => row[column].Length).Append(withHeads ? head.Length : 0).Max()).ToList();
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
