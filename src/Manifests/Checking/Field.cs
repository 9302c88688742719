using System.Text.Json.Serialization.Metadata;
using Orchestrator.Model;
using Orchestrator.Model.Schema;

namespace Orchestrator.Manifests.Checking;

/// <summary>The fields of a record as its schema declares them.</summary>
static class Field
{
    public static JsonPropertyInfo? Find(JsonTypeInfo type, string name) => type.Properties.FirstOrDefault(property => property.Name == name);

    public static IReadOnlyList<string> KnownUpstream(JsonTypeInfo type) =>
        Attribute.GetCustomAttribute(type.Type, typeof(KnownUpstreamAttribute)) is KnownUpstreamAttribute known ? known.Fields : [];

    public static T? Said<T>(this JsonPropertyInfo property)
        where T : Attribute => property.AttributeProvider?.GetCustomAttributes(typeof(T), inherit: true).OfType<T>().FirstOrDefault();

    /// <summary>The type without the question mark.</summary>
    public static Type TypeOf(JsonPropertyInfo property) => Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;

    public static JsonTypeInfo SchemaOf(Type type) => ModelJson.SchemaOf(type);

    public static string Below(string path, string field) => path.Length == 0 ? field : $"{path}.{field}";
}
