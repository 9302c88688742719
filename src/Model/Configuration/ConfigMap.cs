using System.Text.Json.Serialization;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Values;

namespace Orchestrator.Model.Configuration;

/// <summary>Settings that pods get as environment variables or files. Source: Kubernetes core/v1 ConfigMap.</summary>
public sealed record ConfigMap() : Resource("v1", KindName)
{
    public const string KindName = "ConfigMap";

    [JsonPropertyOrder(1)]
    public IReadOnlyDictionary<string, string> Data { get; init => field = value ?? Empty.Map; } = Empty.Map;

    /// <summary>What is no text, as base64; its keys are others than those of <see cref="Data"/>.</summary>
    [JsonPropertyOrder(2)]
    public IReadOnlyDictionary<string, string> BinaryData { get; init => field = value ?? Empty.Map; } = Empty.Map;

    /// <summary>True when the content must never change again; it can't be taken back.</summary>
    [JsonPropertyOrder(3)]
    public bool Immutable { get; init; }

    /// <summary>The content by key, as it is in a file.</summary>
    /// <exception cref="FormatException">Something is no base64, which a stored ConfigMap never is.</exception>
    public IEnumerable<KeyValuePair<string, byte[]>> Content() => Data
        .Select(each => KeyValuePair.Create(each.Key, System.Text.Encoding.UTF8.GetBytes(each.Value)))
        .Concat(BinaryData.Select(each => KeyValuePair.Create(each.Key, Convert.FromBase64String(each.Value))))
        .OrderBy(each => each.Key, StringComparer.Ordinal);

    public override bool SameSpecAs(Resource other) => other is ConfigMap same && ModelJson.Same(this with { Metadata = new() }, same with { Metadata = new() });
}
