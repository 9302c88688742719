namespace Orchestrator.Manifests.Text;

/// <summary>Paths of fields, such as <c>spec.containers[0].image</c>.</summary>
static class FieldPath
{
    /// <summary>Whether a path is another one or stands above it: <c>spec</c> covers <c>spec.ports[0]</c>, and not <c>specs</c>.</summary>
    public static bool Covers(string above, string path) =>
        above.Length == 0 || (path.StartsWith(above, StringComparison.Ordinal) && (path.Length == above.Length || path[above.Length] is '.' or '['));
}
