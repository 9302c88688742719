using System.Text.RegularExpressions;

namespace Orchestrator.NodeAgent.Images;

/// <summary>
/// An image's full name as docker normalises it: registry, repository, and a tag or a digest or both.
/// Grammar: github.com/distribution/reference.
/// </summary>
public sealed partial record ImageName(string Registry, string Repository, string? Tag, Digest? Digest)
{
    const string DefaultRegistry = "docker.io";
    const string OfficialPrefix = "library/";
    const string DefaultTag = "latest";
    const int RepositoryLength = 255;

    /// <summary>What stands after the repository in a manifest request: the digest where there is one.</summary>
    public string Reference => Digest?.ToString() ?? Tag ?? DefaultTag;

    /// <summary>Reads a name as users write it: "busybox", "registry:5000/team/web:1", "web@sha256:...".</summary>
    /// <exception cref="ImageException">It is not a name.</exception>
    public static ImageName Parse(string text)
    {
        var rest = text;
        Digest? digest = null;
        var at = rest.IndexOf('@', StringComparison.Ordinal);
        if (at >= 0)
        {
            if (!Images.Digest.TryParse(rest[(at + 1)..], out var read))
                throw Bad(text, $"\"{rest[(at + 1)..]}\" is not a sha256 digest");
            digest = read;
            rest = rest[..at];
        }

        string? tag = null;
        var colon = rest.LastIndexOf(':');
        if (colon > rest.LastIndexOf('/'))
        {
            tag = rest[(colon + 1)..];
            rest = rest[..colon];
            if (!TagPattern().IsMatch(tag))
                throw Bad(text, $"\"{tag}\" is not a tag");
        }

        var (registry, repository) = Split(rest);
        if (!RegistryPattern().IsMatch(registry))
            throw Bad(text, $"\"{registry}\" is not a registry host");
        if (repository.Length > RepositoryLength || !RepositoryPattern().IsMatch(repository))
            throw Bad(text, $"\"{repository}\" is not a repository (lower-case letters, digits, separators . _ - /)");
        return new ImageName(registry, repository, tag ?? (digest is null ? DefaultTag : null), digest);
    }

    /// <summary>The full form: "docker.io/library/busybox:latest".</summary>
    public override string ToString() =>
        $"{Registry}/{Repository}{(Tag is null ? "" : ":" + Tag)}{(Digest is null ? "" : "@" + Digest)}";

    // The first part is a host when it looks like one: a dot, a port, or localhost.
    static (string Registry, string Repository) Split(string path)
    {
        var slash = path.IndexOf('/', StringComparison.Ordinal);
        var first = slash < 0 ? "" : path[..slash];
        var host = first == "localhost" || first.AsSpan().ContainsAny('.', ':');
        var (registry, repository) = host ? (first, path[(slash + 1)..]) : (DefaultRegistry, path);
        if (registry == "index.docker.io")
            registry = DefaultRegistry;
        if (registry == DefaultRegistry && !repository.Contains('/', StringComparison.Ordinal))
            repository = OfficialPrefix + repository;
        return (registry, repository);
    }

    static ImageException Bad(string text, string why) => new(ImageFault.BadName, $"\"{text}\" is not an image name: {why}");

    [GeneratedRegex(@"\A[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}\z")]
    private static partial Regex TagPattern();

    [GeneratedRegex(@"\A([A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9a-fA-F:]+\])(:[0-9]{1,5})?\z")]
    private static partial Regex RegistryPattern();

    [GeneratedRegex(@"\A[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*\z")]
    private static partial Regex RepositoryPattern();
}
