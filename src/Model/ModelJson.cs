using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Orchestrator.Model.Autoscaling;
using Orchestrator.Model.Certificates;
using Orchestrator.Model.Configuration;
using Orchestrator.Model.Gateways;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Nodes;
using Orchestrator.Model.Pods;
using Orchestrator.Model.Policies;
using Orchestrator.Model.Scheduling;
using Orchestrator.Model.Services;
using Orchestrator.Model.State;
using Orchestrator.Model.Storage;
using Orchestrator.Model.Values;
using Orchestrator.Model.Workloads;

namespace Orchestrator.Model;

/// <summary>
/// The one encoding of the model: JSON in the log, on the wire and on disk. Its metadata, generated at build time, is also the schema that
/// everything else derives from.
/// </summary>
public static class ModelJson
{
    /// <summary>Leaves out nulls, false and what is empty; ignores fields it does not know, so that a newer writer can be read.</summary>
    public static JsonSerializerOptions Options { get; } = MakeOptions();

    /// <summary>The fields of a type, with the attributes they are declared with.</summary>
    public static JsonTypeInfo SchemaOf<T>() => Options.GetTypeInfo(typeof(T));

    /// <summary>The fields of a type that a schema refers to.</summary>
    public static JsonTypeInfo SchemaOf(Type type) => Options.GetTypeInfo(type);

    public static byte[] Encode(Resource resource) => JsonSerializer.SerializeToUtf8Bytes(resource, InfoOf<Resource>());

    /// <exception cref="JsonException">The text is not an object of a known kind.</exception>
    public static Resource DecodeResource(ReadOnlySpan<byte> json) =>
        JsonSerializer.Deserialize(json, InfoOf<Resource>()) ?? throw new JsonException("expected an object, found null");

    public static byte[] Encode<T>(T value) => JsonSerializer.SerializeToUtf8Bytes(value, InfoOf<T>());

    /// <exception cref="JsonException">The text is not a <typeparamref name="T"/>.</exception>
    public static T Decode<T>(ReadOnlySpan<byte> json) =>
        JsonSerializer.Deserialize(json, InfoOf<T>()) ?? throw new JsonException($"expected a {typeof(T).Name}, found null");

    /// <summary>True when two values say the same, whatever objects they are made of.</summary>
    public static bool Same<T>(T left, T right) => Encode(left).AsSpan().SequenceEqual(Encode(right));

    static JsonTypeInfo<T> InfoOf<T>() => (JsonTypeInfo<T>)Options.GetTypeInfo(typeof(T));

    static JsonSerializerOptions MakeOptions()
    {
        var options = new JsonSerializerOptions(ModelContext.Default.Options)
        {
            TypeInfoResolver = ModelContext.Default.WithAddedModifier(LeaveOutWhatSaysNothing),
        };
        options.MakeReadOnly();
        return options;
    }

    static void LeaveOutWhatSaysNothing(JsonTypeInfo type)
    {
        foreach (var property in type.Properties)
        {
            if (typeof(System.Collections.IEnumerable).IsAssignableFrom(property.PropertyType) && property.PropertyType != typeof(string))
                property.ShouldSerialize = static (_, value) => value is System.Collections.IEnumerable items && items.GetEnumerator().MoveNext();
            else if (property.PropertyType == typeof(bool))
                property.ShouldSerialize = static (_, value) => value is true;
            else if (property.PropertyType == typeof(string) && !property.IsRequired)
                property.ShouldSerialize = static (_, value) => value is not (null or "");
        }
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(TimestampConverter)])]
[JsonSerializable(typeof(Resource))]
[JsonSerializable(typeof(Challenge))]
[JsonSerializable(typeof(ClusterIssuer))]
[JsonSerializable(typeof(ConfigMap))]
[JsonSerializable(typeof(ControllerRevision))]
[JsonSerializable(typeof(CronJob))]
[JsonSerializable(typeof(DaemonSet))]
[JsonSerializable(typeof(Job))]
[JsonSerializable(typeof(StatefulSet))]
[JsonSerializable(typeof(Deployment))]
[JsonSerializable(typeof(EndpointSlice))]
[JsonSerializable(typeof(Gateway))]
[JsonSerializable(typeof(IpAddressPool))]
[JsonSerializable(typeof(HttpRoute))]
[JsonSerializable(typeof(HorizontalPodAutoscaler))]
[JsonSerializable(typeof(Services.Ingress))]
[JsonSerializable(typeof(Meta.Namespace))]
[JsonSerializable(typeof(NetworkPolicy))]
[JsonSerializable(typeof(Node))]
[JsonSerializable(typeof(Pod))]
[JsonSerializable(typeof(Record))]
[JsonSerializable(typeof(ReplicaSet))]
[JsonSerializable(typeof(LimitRange))]
[JsonSerializable(typeof(PodDisruptionBudget))]
[JsonSerializable(typeof(PodGroup))]
[JsonSerializable(typeof(PriorityClass))]
[JsonSerializable(typeof(ResourceQuota))]
[JsonSerializable(typeof(PersistentVolume))]
[JsonSerializable(typeof(PersistentVolumeClaim))]
[JsonSerializable(typeof(StorageClass))]
[JsonSerializable(typeof(Secret))]
[JsonSerializable(typeof(Service))]
[JsonSerializable(typeof(Command))]
[JsonSerializable(typeof(ApplyResult))]
[JsonSerializable(typeof(Snapshot))]
[JsonSerializable(typeof(SnapshotHead))]
[JsonSerializable(typeof(SnapshotRevision))]
[JsonSerializable(typeof(Answer))]
[JsonSerializable(typeof(IReadOnlyList<Resource>))]
sealed partial class ModelContext : JsonSerializerContext;
