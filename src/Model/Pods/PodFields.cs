using System.Globalization;
using Orchestrator.Model.Values;

namespace Orchestrator.Model.Pods;

/// <summary>
/// What a pod may learn about itself through variables and files, by the names that Kubernetes gives it (its documentation, "Downward API").
/// </summary>
public static class PodFields
{
    public const string Known =
        "metadata.name, metadata.namespace, metadata.uid, metadata.labels, metadata.labels['KEY'], metadata.annotations, metadata.annotations['KEY'], "
        + "spec.nodeName, spec.serviceAccountName, status.hostIP, status.podIP and status.podIPs";

    static readonly string[] _amounts = [ResourceNames.Cpu, ResourceNames.Memory, ResourceNames.EphemeralStorage];

    public static bool IsKnown(string fieldPath) => Read(new Pod(), fieldPath, "", "") is not null;

    public static bool IsKnownResource(string resource) =>
        resource.Split('.', 2) is ["limits" or "requests", var name] && _amounts.Contains(name);

    /// <returns>Null for a field there is not.</returns>
    public static string? Read(Pod pod, string fieldPath, string podIp, string hostIp)
    {
        var meta = pod.Metadata;
        return fieldPath switch
        {
            "metadata.name" => meta.Name,
            "metadata.namespace" => pod.Namespace,
            "metadata.uid" => meta.Uid ?? "",
            "metadata.labels" => Lines(meta.Labels),
            "metadata.annotations" => Lines(meta.Annotations),
            "spec.nodeName" => pod.Spec.NodeName ?? "",
            "spec.serviceAccountName" => "default",
            "status.hostIP" or "status.hostIPs" => hostIp,
            "status.podIP" or "status.podIPs" => podIp,
            _ when KeyIn(fieldPath, "metadata.labels") is { } label => meta.Labels.GetValueOrDefault(label, ""),
            _ when KeyIn(fieldPath, "metadata.annotations") is { } annotation => meta.Annotations.GetValueOrDefault(annotation, ""),
            _ => null,
        };
    }

    /// <summary>How much of a resource a container has, rounded up to whole divisors.</summary>
    /// <param name="allocatable">What the node has, which is the limit of a container without one.</param>
    public static string Read(Container container, ResourceFieldSelector field, IReadOnlyDictionary<string, Quantity> allocatable)
    {
        var name = field.Resource[(field.Resource.IndexOf('.', StringComparison.Ordinal) + 1)..];
        var isLimit = field.Resource.StartsWith("limits.", StringComparison.Ordinal);
        var amount = isLimit
            ? container.Resources.Limits.TryGetValue(name, out var limit) ? limit : allocatable.GetValueOrDefault(name)
            : container.Resources.RequestOf(name);
        return decimal.Ceiling(amount.Value / (field.Divisor?.Value ?? 1)).ToString(CultureInfo.InvariantCulture);
    }

    static string? KeyIn(string fieldPath, string map) =>
        fieldPath.StartsWith(map + "['", StringComparison.Ordinal) && fieldPath.EndsWith("']", StringComparison.Ordinal) && fieldPath.Length > map.Length + 4
            ? fieldPath[(map.Length + 2)..^2]
            : null;

    // strconv.Quote in the original: quotes and backslashes are escaped, and so are line ends.
    static string Lines(IReadOnlyDictionary<string, string> map) => string.Join('\n', map.OrderBy(each => each.Key, StringComparer.Ordinal).Select(each =>
        $"{each.Key}=\"{each.Value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)}\""));
}
