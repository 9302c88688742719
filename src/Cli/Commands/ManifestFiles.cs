using Orchestrator.Cli.Connection;
using Orchestrator.Manifests;

namespace Orchestrator.Cli.Commands;

/// <summary>Finds the files that -f means: files, directories, standard input.</summary>
static class ManifestFiles
{
    static readonly string[] Endings = [".yaml", ".yml", ".json"];

    /// <exception cref="CliException">A path is not there, or a directory holds no manifest.</exception>
    public static IReadOnlyList<ManifestFile> Read(IReadOnlyList<string> paths, bool recursive)
    {
        var files = new List<ManifestFile>();
        foreach (var path in paths)
        {
            if (path == "-") files.Add(new ManifestFile("stdin", Console.In.ReadToEnd()));
            else if (File.Exists(path)) files.Add(new ManifestFile(path, File.ReadAllText(path)));
            else if (Directory.Exists(path)) files.AddRange(Below(path, recursive));
            else throw new CliException($"{path} is not there");
        }

        return files;
    }

    static IEnumerable<ManifestFile> Below(string directory, bool recursive)
    {
        var found = Directory.EnumerateFiles(directory, "*", recursive ? SearchOption.AllDirectories : SearchOption.TopDirectoryOnly)
            .Where(file => Endings.Contains(Path.GetExtension(file), StringComparer.OrdinalIgnoreCase))
            .Order(StringComparer.Ordinal)
            .ToList();
        return found.Count > 0
            ? found.Select(file => new ManifestFile(file, File.ReadAllText(file)))
            : throw new CliException($"{directory} holds no .yaml, .yml or .json file");
    }

    /// <summary>What the files say, or every problem on standard error and null.</summary>
    public static async Task<ManifestSet?> CheckedAsync(IReadOnlyList<string> paths, bool recursive, string @namespace)
    {
        var set = ManifestReader.Read(Read(paths, recursive), @namespace);
        foreach (var warning in set.Warnings) await Console.Error.WriteLineAsync($"warning: {warning}");
        foreach (var problem in set.Problems) await Console.Error.WriteLineAsync($"error: {problem}");
        return set.IsRight ? set : null;
    }
}
