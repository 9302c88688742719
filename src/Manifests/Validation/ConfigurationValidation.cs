using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Orchestrator.Model.Configuration;

namespace Orchestrator.Manifests.Validation;

/// <summary>What must hold of ConfigMaps and Secrets. Values are never part of a message. Source: Kubernetes, pkg/apis/core/validation.</summary>
static partial class ConfigurationValidation
{
    /// <summary>Bytes that the values of one object have together: etcd's limit, which users of Kubernetes know.</summary>
    const int MaxBytes = 1 << 20;

    const int MaxKey = 253;

    public static void ConfigMap(Findings findings, ConfigMap map)
    {
        Keys(findings, "data", map.Data.Keys);
        Keys(findings, "binaryData", map.BinaryData.Keys);
        foreach (var key in map.BinaryData.Keys)
            findings.Require(!map.Data.ContainsKey(key), $"binaryData.{key}", "is in data already; keep one");
        var bytes = map.Data.Sum(each => (long)Encoding.UTF8.GetByteCount(each.Value)) + map.BinaryData.Sum(each => Base64(findings, $"binaryData.{each.Key}", each.Value, "")?.LongLength ?? 0);
        Size(findings, "data", bytes);
    }

    public static void Secret(Findings findings, Secret secret)
    {
        Keys(findings, "data", secret.Data.Keys);
        Keys(findings, "stringData", secret.StringData.Keys);
        var content = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (var (key, value) in secret.Data)
            if (Base64(findings, $"data.{key}", value, "; plain text goes into stringData") is { } bytes) content[key] = bytes;
        foreach (var (key, value) in secret.StringData) content[key] = Encoding.UTF8.GetBytes(value);
        Size(findings, "data", content.Values.Sum(each => each.LongLength));
        var present = secret.Data.Keys.Concat(secret.StringData.Keys).ToHashSet(StringComparer.Ordinal);
        switch (secret.Type)
        {
            case SecretTypes.Tls:
                Needs(SecretTypes.TlsChain);
                Needs(SecretTypes.TlsKey);
                break;
            case SecretTypes.SshAuth:
                Needs("ssh-privatekey");
                break;
            case SecretTypes.BasicAuth:
                findings.Require(present.Contains("username") || present.Contains("password"), "data", $"needs username or password, as type {secret.Type} says");
                break;
            case SecretTypes.DockerConfigJson:
                Json(".dockerconfigjson");
                break;
            case SecretTypes.DockerConfig:
                Json(".dockercfg");
                break;
            case SecretTypes.ServiceAccountToken:
                findings.Require(secret.Metadata.Annotations.ContainsKey("kubernetes.io/service-account.name"), "metadata.annotations", $"needs kubernetes.io/service-account.name, as type {secret.Type} says");
                break;
        }

        void Needs(string key) => findings.Require(present.Contains(key), $"data.{key}", $"is required by type {secret.Type}");

        void Json(string key)
        {
            Needs(key);
            if (content.TryGetValue(key, out var bytes)) findings.Require(IsJson(bytes), $"data.{key}", $"must be JSON, as type {secret.Type} says");
        }
    }

    static void Keys(Findings findings, string path, IEnumerable<string> keys)
    {
        foreach (var key in keys)
            findings.Require(key.Length is > 0 and <= MaxKey && KeyText().IsMatch(key) && key is not ("." or ".."), $"{path}.{key}",
                $"\"{key}\" is no key: 1 to {MaxKey} letters, digits, -, _ and ., as it becomes the name of a file");
    }

    static byte[]? Base64(Findings findings, string path, string text, string instead)
    {
        var bytes = new byte[text.Length];
        if (Convert.TryFromBase64String(text, bytes, out var length)) return bytes[..length];
        findings.Add(path, $"is not base64{instead}");
        return null;
    }

    static void Size(Findings findings, string path, long bytes) =>
        findings.Require(bytes <= MaxBytes, path, $"has {bytes} bytes; {MaxBytes} (1 MiB) are the most, so put the rest into another object or a volume");

    static bool IsJson(byte[] bytes)
    {
        try
        {
            using var document = JsonDocument.Parse(bytes);
            return document.RootElement.ValueKind == JsonValueKind.Object;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    [GeneratedRegex("^[-._a-zA-Z0-9]+$", RegexOptions.CultureInvariant)]
    private static partial Regex KeyText();
}
