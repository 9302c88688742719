using System.Text.Json;
using System.Text.Json.Serialization;

namespace Orchestrator.Cli.Connection;

/// <summary>The clusters a person works with, and which one is meant when none is named. Kept in <c>~/.config/orch/config.json</c>, or where ORCH_CONFIG says.</summary>
sealed record ConfigFile
{
    public string? CurrentContext { get; init; }

    public IReadOnlyDictionary<string, Context> Contexts { get; init => field = value ?? new Dictionary<string, Context>(); } = new Dictionary<string, Context>();

    public static string Path { get; } = Environment.GetEnvironmentVariable("ORCH_CONFIG")
        ?? System.IO.Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.ApplicationData, Environment.SpecialFolderOption.DoNotVerify), "orch", "config.json");

    /// <exception cref="CliException">The file is there and can't be read.</exception>
    public static ConfigFile Read()
    {
        if (!File.Exists(Path)) return new ConfigFile();
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllText(Path), ConfigContext.Default.ConfigFile) ?? new ConfigFile();
        }
        catch (JsonException failure)
        {
            throw new CliException($"{Path} is damaged: {failure.Message}");
        }
    }

    public void Write()
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(Path) ?? ".");
        var fresh = Path + ".new";
        File.Delete(fresh);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite };
        using (var file = new FileStream(fresh, options)) JsonSerializer.Serialize(file, this, ConfigContext.Default.ConfigFile);
        File.Move(fresh, Path, overwrite: true);
    }
}

/// <param name="Servers">The addresses of the cluster's servers; any one will do.</param>
/// <param name="Namespace">The namespace that is meant when none is named.</param>
sealed record Context(IReadOnlyList<string> Servers, string? Namespace = null);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ConfigFile))]
sealed partial class ConfigContext : JsonSerializerContext;
