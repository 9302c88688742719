using System.Globalization;

namespace Orchestrator.Reconcile.Pods;

/// <summary>
/// The name of one instance of a container in the runtime: the pod's uid, the container's name and the instance's number.
/// </summary>
public static class ContainerId
{
    public static string Of(string podUid, string container, int instance) =>
        string.Create(CultureInfo.InvariantCulture, $"{podUid}.{container}.{instance}");

    /// <summary>Reads the container's name and instance back; null for an id that is not of this pod.</summary>
    public static (string Container, int Instance)? Parse(string podUid, string id)
    {
        if (!id.StartsWith(podUid + ".", StringComparison.Ordinal))
            return null;
        var rest = id[(podUid.Length + 1)..];
        var dot = rest.LastIndexOf('.');
        return dot > 0 && int.TryParse(rest.AsSpan(dot + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var instance)
            ? (rest[..dot], instance)
            : null;
    }
}
