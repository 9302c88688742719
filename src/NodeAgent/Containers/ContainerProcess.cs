using System.Text;

namespace Orchestrator.NodeAgent.Containers;

/// <summary>
/// A container's arguments, environment and working directory: the image's, replaced and completed by the pod's.
/// </summary>
static class ContainerProcess
{
    /// <summary>Command replaces the image's entrypoint and its arguments; args alone replaces only the arguments.</summary>
    /// <exception cref="InvalidOperationException">There is nothing to run.</exception>
    public static IReadOnlyList<string> Arguments(ContainerPlace place, IReadOnlyList<KeyValuePair<string, string>> environment)
    {
        var container = place.Container;
        var image = place.Image.Content.Process;
        IEnumerable<string> entrypoint = container.Command.Count > 0 ? container.Command : image.Entrypoint ?? [];
        IEnumerable<string> arguments = container.Args.Count > 0 ? container.Args : container.Command.Count > 0 ? [] : image.Cmd ?? [];
        Dictionary<string, string> known = new(environment);
        List<string> all = [.. entrypoint.Concat(arguments).Select(text => Expand(text, known))];
        return all.Count > 0 ? all : throw new InvalidOperationException($"image {place.Image.Name} names no program, and the container gives no command");
    }

    /// <exception cref="Contents.MissingContentException">A ConfigMap or Secret, or a key of one, is not there.</exception>
    public static IReadOnlyList<KeyValuePair<string, string>> Environment(ContainerPlace place, string defaultPath)
    {
        Dictionary<string, string> set = new() { ["PATH"] = defaultPath, ["HOSTNAME"] = place.Pod.Spec.Hostname ?? place.Pod.Name };
        foreach (var pair in place.Image.Content.Process.Env ?? [])
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0)
                set[pair[..equals]] = pair[(equals + 1)..];
        }

        foreach (var (name, value) in place.Content.VariablesFrom(place.Container))
            set[name] = value;
        foreach (var variable in place.Container.Env)
        {
            // Only what the manifest itself says is expanded: a password may contain anything.
            if (place.Content.ValueOf(variable, place.Container) is { } value)
                set[variable.Name] = variable.ValueFrom is null ? Expand(value, set) : value;
        }

        return [.. set];
    }

    public static string WorkingDirectory(ContainerPlace place)
    {
        var wanted = place.Container.WorkingDir ?? place.Image.Content.Process.WorkingDir ?? "";
        // runtime-spec: must be absolute. docker takes a relative one from the root.
        return wanted.StartsWith('/') ? wanted : "/" + wanted;
    }

    /// <summary>Replaces $(NAME) where NAME is known; $$ is a dollar (Kubernetes, "dependent environment variables").</summary>
    internal static string Expand(string text, IReadOnlyDictionary<string, string> known)
    {
        StringBuilder result = new();
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '$' && i + 1 < text.Length && text[i + 1] == '$')
            {
                result.Append('$');
                i++;
            }
            else if (text[i] == '$' && i + 1 < text.Length && text[i + 1] == '(' && text.IndexOf(')', i) is > 0 and int end
                && known.TryGetValue(text[(i + 2)..end], out var value))
            {
                result.Append(value);
                i = end;
            }
            else
            {
                result.Append(text[i]);
            }
        }

        return result.ToString();
    }
}
