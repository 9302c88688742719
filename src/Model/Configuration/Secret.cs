using System.Text.Json.Serialization;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Schema;
using Orchestrator.Model.Values;

namespace Orchestrator.Model.Configuration;

/// <summary>
/// What pods need and nobody else should read: passwords, keys, certificates. Its content is in no log, table or description. Source: Kubernetes core/v1 Secret.
/// </summary>
public sealed record Secret() : Resource("v1", KindName)
{
    public const string KindName = "Secret";

    /// <summary>The content, as base64.</summary>
    [JsonPropertyOrder(1)]
    public IReadOnlyDictionary<string, string> Data { get; init => field = value ?? Empty.Map; } = Empty.Map;

    /// <summary>Content as plain text, for manifests only: it is put into <see cref="Data"/>, where it wins, before the object is stored.</summary>
    [JsonPropertyOrder(2)]
    public IReadOnlyDictionary<string, string> StringData { get; init => field = value ?? Empty.Map; } = Empty.Map;

    /// <summary>What the content is for, which decides what keys it must have: one of <see cref="SecretTypes"/>, or a name of one's own.</summary>
    [JsonPropertyOrder(3)]
    [Default("\"Opaque\"")]
    [Immutable]
    public string Type { get; init => field = value is null or "" ? SecretTypes.Opaque : value; } = SecretTypes.Opaque;

    /// <summary>True when the content must never change again; it can't be taken back.</summary>
    [JsonPropertyOrder(4)]
    public bool Immutable { get; init; }

    /// <summary>The content by key, as it is in a file.</summary>
    /// <exception cref="FormatException">Something is no base64, which a stored Secret never is.</exception>
    public IEnumerable<KeyValuePair<string, byte[]>> Content() => Data
        .Select(each => KeyValuePair.Create(each.Key, Convert.FromBase64String(each.Value)))
        .OrderBy(each => each.Key, StringComparer.Ordinal);

    public override bool SameSpecAs(Resource other) => other is Secret same && ModelJson.Same(this with { Metadata = new() }, same with { Metadata = new() });

    /// <summary>Says what it is and nothing of its content: records print all they have, and some of it might end in a log.</summary>
    public override string ToString() => $"{Key} ({Type}, {Data.Count} keys)";
}

/// <summary>The types that Kubernetes knows, and the keys they need.</summary>
public static class SecretTypes
{
    public const string Opaque = "Opaque";
    public const string Tls = "kubernetes.io/tls";

    /// <summary>The keys of a Secret of type <see cref="Tls"/>: the chain and the private key, in PEM.</summary>
    public const string TlsChain = "tls.crt", TlsKey = "tls.key";

    public const string DockerConfigJson = "kubernetes.io/dockerconfigjson";
    public const string DockerConfig = "kubernetes.io/dockercfg";
    public const string BasicAuth = "kubernetes.io/basic-auth";
    public const string SshAuth = "kubernetes.io/ssh-auth";
    public const string ServiceAccountToken = "kubernetes.io/service-account-token";
}
