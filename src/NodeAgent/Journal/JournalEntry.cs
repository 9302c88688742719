using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization;
using Orchestrator.Model;
using Orchestrator.Model.Pods;
using Orchestrator.Reconcile.Pods;

namespace Orchestrator.NodeAgent.Journal;

/// <summary>
/// What the journal keeps of one pod: what is wanted of it and what is known about it.
/// </summary>
sealed record JournalEntry(Pod Pod, PodFacts Facts)
{
    /// <summary>The pod in the model's own encoding, our facts beside it.</summary>
    public byte[] Encode() => Encode(ModelJson.Encode(Pod), Facts);

    /// <summary>The same, for a pod that was encoded before.</summary>
    public static byte[] Encode(ReadOnlySpan<byte> pod, PodFacts facts)
    {
        ArrayBufferWriter<byte> buffer = new(pod.Length * 2);
        using (Utf8JsonWriter writer = new(buffer))
        {
            writer.WriteStartObject();
            writer.WritePropertyName("pod"u8);
            writer.WriteRawValue(pod, skipInputValidation: true);
            writer.WritePropertyName("facts"u8);
            JsonSerializer.Serialize(writer, facts, JournalJson.Default.PodFacts);
            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <exception cref="JsonException">It is not what Encode wrote.</exception>
    public static JournalEntry Decode(ReadOnlySpan<byte> json)
    {
        var file = JsonSerializer.Deserialize(json, JournalJson.Default.JournalFile) ?? throw new JsonException("null");
        return new JournalEntry(
            ModelJson.DecodeResource(JsonSerializer.SerializeToUtf8Bytes(file.Pod, JournalJson.Default.JsonElement)) as Pod ?? throw new JsonException("not a pod"),
            file.Facts);
    }
}

sealed record JournalFile(JsonElement Pod, PodFacts Facts);

/// <summary>What the agent was last told about the network, so that it can go on without being told.</summary>
sealed record NetworkEntry(string ClusterCidr, string OwnCidr, IReadOnlyList<PeerEntry> Peers);

sealed record PeerEntry(string Name, string Address, string PodCidr);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(JournalFile))]
[JsonSerializable(typeof(NetworkEntry))]
[JsonSerializable(typeof(JsonElement))]
sealed partial class JournalJson : JsonSerializerContext;
