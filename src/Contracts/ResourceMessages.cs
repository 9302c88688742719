using Google.Protobuf;
using Orchestrator.Model;
using Orchestrator.Model.Meta;

namespace Orchestrator.Contracts;

/// <summary>Model objects as messages and back.</summary>
public static class ResourceMessages
{
    public static ResourceMessage ToMessage(this Resource resource) => new()
    {
        Kind = resource.Kind,
        Namespace = resource.Namespace,
        Name = resource.Name,
        Revision = resource.Metadata.Revision(),
        Json = UnsafeByteOperations.UnsafeWrap(ModelJson.Encode(resource)),
    };

    /// <exception cref="System.Text.Json.JsonException">The message does not hold an object of a known kind.</exception>
    public static Resource ToResource(this ResourceMessage message) => ModelJson.DecodeResource(message.Json.Span);

    /// <exception cref="System.Text.Json.JsonException">The message does not hold an object of kind <typeparamref name="T"/>.</exception>
    public static T ToResource<T>(this ResourceMessage message)
        where T : Resource =>
        message.ToResource() as T ?? throw new System.Text.Json.JsonException($"expected a {typeof(T).Name}, found a {message.Kind}");
}
