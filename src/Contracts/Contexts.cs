using System.Text.Json;
using System.Text.Json.Serialization;

namespace Orchestrator.Contracts;

/// <summary>The clusters that somebody works with, as <c>orch</c> keeps them and as a server writes one for root on its machine.</summary>
public sealed record Contexts
{
    public string? CurrentContext { get; init; }

    [JsonPropertyName("contexts")]
    public IReadOnlyDictionary<string, Context> ByName { get; init => field = value ?? new Dictionary<string, Context>(); } = new Dictionary<string, Context>();

    /// <exception cref="JsonException">It is none.</exception>
    public static Contexts Parse(string json) => JsonSerializer.Deserialize(json, ContextsJson.Default.Contexts) ?? new Contexts();

    public string ToJson() => JsonSerializer.Serialize(this, ContextsJson.Default.Contexts);

    /// <summary>Writes the file for its owner's eyes only: keys are in it.</summary>
    public void Write(string path)
    {
        var fresh = $"{path}.{Environment.ProcessId}.new"; // a server and its user may both be at it
        File.Delete(fresh);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite };
        using (var file = new FileStream(fresh, options)) JsonSerializer.Serialize(file, this, ContextsJson.Default.Contexts);
        File.Move(fresh, path, overwrite: true);
    }
}

/// <param name="Servers">The addresses of the cluster's servers; any one will do.</param>
/// <param name="Namespace">The namespace that is meant when none is named.</param>
public sealed record Context(IReadOnlyList<string> Servers, string? Namespace = null)
{
    /// <summary>The user's certificate, PEM.</summary>
    public string? Certificate { get; init; }

    /// <summary>Its private key, PEM.</summary>
    public string? Key { get; init; }

    /// <summary>The cluster's roots, PEM.</summary>
    public string? Roots { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Contexts))]
sealed partial class ContextsJson : JsonSerializerContext;
