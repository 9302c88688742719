using System.Text.Json;
using System.Text.Json.Serialization;

namespace Orchestrator.NodeAgent.Images;

/// <summary>
/// The JSON documents of an image: manifest, index, configuration (OCI image-spec 1.1, and docker schema 2).
/// Only the fields the agent uses are named.
/// </summary>
static class MediaTypes
{
    public const string OciManifest = "application/vnd.oci.image.manifest.v1+json";
    public const string OciIndex = "application/vnd.oci.image.index.v1+json";
    public const string DockerManifest = "application/vnd.docker.distribution.manifest.v2+json";
    public const string DockerList = "application/vnd.docker.distribution.manifest.list.v2+json";

    public static bool IsIndex(string type) => type is OciIndex or DockerList;

    public static bool IsManifest(string type) => type is OciManifest or DockerManifest;
}

/// <summary>Content, named by digest and length.</summary>
sealed record Descriptor(string? MediaType, string? Digest, long Size)
{
    public Platform? Platform { get; init; }
    public Dictionary<string, string>? Annotations { get; init; }
}

sealed record Platform(string? Architecture, string? Os);

/// <summary>Either kind of document a manifest request may answer; which one is decided by its media type, once.</summary>
sealed record ManifestDocument
{
    public int SchemaVersion { get; init; }
    public string? MediaType { get; init; }
    public Descriptor? Config { get; init; }
    public List<Descriptor>? Layers { get; init; }
    public List<Descriptor>? Manifests { get; init; }
}

/// <summary>An image's configuration document (image-spec, config.md).</summary>
sealed record ConfigDocument
{
    public string? Architecture { get; init; }
    public string? Os { get; init; }
    public ProcessDefaults? Config { get; init; }
    public RootFs? Rootfs { get; init; }
}

sealed record RootFs(string? Type, [property: JsonPropertyName("diff_ids")] List<string>? DiffIds);

/// <summary>How the image wants its process started. The document spells these names with capitals.</summary>
sealed record ProcessDefaults
{
    [JsonPropertyName("User")] public string? User { get; init; }
    [JsonPropertyName("Env")] public List<string>? Env { get; init; }
    [JsonPropertyName("Entrypoint")] public List<string>? Entrypoint { get; init; }
    [JsonPropertyName("Cmd")] public List<string>? Cmd { get; init; }
    [JsonPropertyName("WorkingDir")] public string? WorkingDir { get; init; }
    [JsonPropertyName("StopSignal")] public string? StopSignal { get; init; }
    [JsonPropertyName("Volumes")] public Dictionary<string, object?>? Volumes { get; init; }
}

/// <summary>One entry of manifest.json in a docker archive.</summary>
sealed record DockerArchiveEntry
{
    [JsonPropertyName("Config")] public string? Config { get; init; }
    [JsonPropertyName("RepoTags")] public List<string>? RepoTags { get; init; }
    [JsonPropertyName("Layers")] public List<string>? Layers { get; init; }
}

sealed record TokenAnswer(string? Token, [property: JsonPropertyName("access_token")] string? AccessToken);

sealed record RegistryErrors(List<RegistryError>? Errors);

sealed record RegistryError(string? Code, string? Message);

/// <summary>What a name stands for on this node.</summary>
/// <param name="Imported">It was brought by hand: no registry is known to have it.</param>
sealed record NamedImage(string Name, string ManifestDigest, bool Imported = false);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, MaxDepth = 32)]
[JsonSerializable(typeof(ManifestDocument))]
[JsonSerializable(typeof(ConfigDocument))]
[JsonSerializable(typeof(List<DockerArchiveEntry>))]
[JsonSerializable(typeof(TokenAnswer))]
[JsonSerializable(typeof(RegistryErrors))]
[JsonSerializable(typeof(NamedImage))]
sealed partial class ImageJson : JsonSerializerContext
{
    /// <summary>Reads a document; text that is not JSON of that shape is an invalid image.</summary>
    public static T Read<T>(ReadOnlySpan<byte> json, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type, string what)
    {
        try
        {
            return JsonSerializer.Deserialize(json, type) ?? throw new JsonException("null");
        }
        catch (JsonException e)
        {
            throw new ImageException(ImageFault.Invalid, $"{what} is not readable: {e.Message}", e);
        }
    }
}
