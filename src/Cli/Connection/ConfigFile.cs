using System.Text.Json;
using Orchestrator.Contracts;

namespace Orchestrator.Cli.Connection;

/// <summary>
/// Where the clusters that a person works with are kept: where ORCH_CONFIG says, or in <c>~/.config/orch/config.json</c>. Without either, root on a server's machine works with
/// that server's cluster.
/// </summary>
static class ConfigFile
{
    /// <summary>What a server writes into the data directory that is the default.</summary>
    const string OfThisMachine = "/var/lib/orchd/admin.json";

    public static string Path { get; } = Environment.GetEnvironmentVariable("ORCH_CONFIG")
        ?? System.IO.Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.ApplicationData, Environment.SpecialFolderOption.DoNotVerify), "orch", "config.json");

    /// <exception cref="CliException">The file is there and can't be read.</exception>
    public static Contexts Read() => File.Exists(Path) ? Read(Path) : new Contexts();

    /// <summary>The context of a name; for null the current one, or that of this machine's own server. Null when there is none at all.</summary>
    /// <exception cref="CliException">There is no such context, or the file can't be read.</exception>
    public static Context? Find(string? name)
    {
        var contexts = Read();
        name ??= contexts.CurrentContext;
        if (name is null) return Environment.GetEnvironmentVariable("ORCH_CONFIG") is null && CanRead(OfThisMachine) ? Current(Read(OfThisMachine)) : null;
        return contexts.ByName.TryGetValue(name, out var context) ? context : throw new CliException($"there is no context {name} in {Path}; `orch config get-contexts` lists them");
    }

    public static void Write(Contexts contexts)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(Path) ?? ".");
        contexts.Write(Path);
    }

    static Context? Current(Contexts contexts) => contexts.CurrentContext is { } name ? contexts.ByName.GetValueOrDefault(name) : null;

    static bool CanRead(string path)
    {
        try
        {
            using var file = File.OpenRead(path);
            return true;
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            return false; // no server here, or not for this person
        }
    }

    static Contexts Read(string path)
    {
        try
        {
            return Contexts.Parse(File.ReadAllText(path));
        }
        catch (JsonException failure)
        {
            throw new CliException($"{path} is damaged: {failure.Message}");
        }
        catch (UnauthorizedAccessException)
        {
            throw new CliException($"{path} is for somebody else's eyes only; run as its owner, or name another file with ORCH_CONFIG");
        }
    }
}
