using System.Text.RegularExpressions;
using Orchestrator.Cli.Connection;

namespace Orchestrator.Cli.Commands;

/// <summary>The objects of plans that were made here, so that exactly they can be applied: a JSON object a line, beside the config file.</summary>
static partial class PlanFiles
{
    public static void Write(string id, IReadOnlyList<byte[]> objects)
    {
        Directory.CreateDirectory(Folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var path = PathOf(id);
        File.Delete(path);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite };
        using var file = new FileStream(path, options);
        foreach (var each in objects)
        {
            file.Write(each);
            file.WriteByte((byte)'\n');
        }
    }

    /// <exception cref="CliException">There is no such plan.</exception>
    public static IReadOnlyList<string> Read(string id) =>
        File.Exists(PathOf(id)) ? File.ReadAllLines(PathOf(id)) : throw new CliException($"there is no plan {id} here; `orch plan -f` makes one");

    static string Folder => Path.Combine(Path.GetDirectoryName(ConfigFile.Path) ?? ".", "plans");

    static string PathOf(string id) => IdText().IsMatch(id) ? Path.Combine(Folder, $"{id}.jsonl") : throw new CliException($"{id} is no plan's id; `orch plan -f` tells it");

    [GeneratedRegex("^[0-9a-f]+-[0-9a-f]+-[0-9a-f]{16}$", RegexOptions.CultureInvariant)]
    private static partial Regex IdText();
}
