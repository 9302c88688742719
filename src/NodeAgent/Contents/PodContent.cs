using System.Text;
using Orchestrator.Model.Configuration;
using Orchestrator.Model.Pods;
using Orchestrator.Model.Values;

namespace Orchestrator.NodeAgent.Contents;

/// <summary>What the variables and files of one pod say, from ConfigMaps, Secrets and the pod's own fields.</summary>
/// <param name="Allocatable">What the node has: the limit of containers without one.</param>
sealed record PodContent(Pod Pod, string PodIp, string HostIp, ContentStore Contents, IReadOnlyDictionary<string, Quantity> Allocatable)
{
    /// <summary>True when a volume's files come from somewhere that changes.</summary>
    public static bool IsIn(Volume volume) => volume is { ConfigMap: not null } or { Secret: not null } or { DownwardApi: not null } or { Projected: not null };

    /// <summary>True when its files may be secret: they are kept in memory.</summary>
    public static bool IsSecret(Volume volume) => volume.Secret is not null || volume.Projected?.Sources.Any(source => source.Secret is not null) == true;

    /// <summary>The name of the volume that a claim of the pod's has on this node.</summary>
    /// <exception cref="MissingContentException">It has none.</exception>
    public string VolumeOf(ClaimVolume claim) => Contents.VolumeOf(Pod.Namespace, claim.ClaimName, Pod.Spec.NodeName ?? "");

    /// <summary>The files of a volume, by their paths inside it; a later source wins.</summary>
    /// <exception cref="MissingContentException">Something it refers to is not there.</exception>
    public IReadOnlyList<ContentFile> FilesOf(Volume volume)
    {
        var files = volume switch
        {
            { ConfigMap: { } map } => Keys(ConfigMap.KindName, map.Name, map.Items, map.Optional, map.DefaultMode),
            { Secret: { } secret } => Keys(Secret.KindName, secret.SecretName, secret.Items, secret.Optional, secret.DefaultMode),
            { DownwardApi: { } fields } => Fields(fields.Items, fields.DefaultMode),
            { Projected: { } projected } => projected.Sources.SelectMany(source => source switch
            {
                { ConfigMap: { } map } => Keys(ConfigMap.KindName, map.Name, map.Items, map.Optional, projected.DefaultMode),
                { Secret: { } secret } => Keys(Secret.KindName, secret.Name, secret.Items, secret.Optional, projected.DefaultMode),
                { DownwardApi: { } fields } => Fields(fields.Items, projected.DefaultMode),
                _ => [],
            }),
            _ => [],
        };
        return [.. files.GroupBy(file => file.Path).Select(same => same.Last()).OrderBy(file => file.Path, StringComparer.Ordinal)];
    }

    /// <summary>The variables a container gets from elsewhere by envFrom, and then its own in order; later ones win.</summary>
    /// <exception cref="MissingContentException">Something they refer to is not there.</exception>
    public IEnumerable<KeyValuePair<string, string>> VariablesFrom(Container container)
    {
        foreach (var source in container.EnvFrom)
        {
            var content = source switch
            {
                { ConfigMapRef: { } map } => Contents.Of(ConfigMap.KindName, Pod.Namespace, map.Name, map.Optional),
                { SecretRef: { } secret } => Contents.Of(Secret.KindName, Pod.Namespace, secret.Name, secret.Optional),
                _ => throw new InvalidOperationException("a source without a source"),
            };
            foreach (var (key, value) in content)
                yield return KeyValuePair.Create(source.Prefix + key, Encoding.UTF8.GetString(value));
        }
    }

    /// <summary>The value of a variable; null when it has none, which an optional source allows.</summary>
    /// <exception cref="MissingContentException">What it refers to is not there.</exception>
    public string? ValueOf(EnvVar variable, Container container) => variable.ValueFrom switch
    {
        null => variable.Value,
        { FieldRef: { } field } => PodFields.Read(Pod, field.FieldPath, PodIp, HostIp),
        { ResourceFieldRef: { } resource } => PodFields.Read(Named(resource.ContainerName) ?? container, resource, Allocatable),
        { ConfigMapKeyRef: { } map } => Text(Contents.Of(ConfigMap.KindName, Pod.Namespace, map.Name, map.Key, map.Optional)),
        { SecretKeyRef: { } secret } => Text(Contents.Of(Secret.KindName, Pod.Namespace, secret.Name, secret.Key, secret.Optional)),
        _ => null,
    };

    IEnumerable<ContentFile> Keys(string kind, string name, IReadOnlyList<KeyToPath> items, bool optional, int mode)
    {
        if (items.Count == 0)
            return Contents.Of(kind, Pod.Namespace, name, optional).Select(each => new ContentFile(each.Key, each.Value, mode));
        return items.Select(item => (item, Content: Contents.Of(kind, Pod.Namespace, name, item.Key, optional)))
            .Where(each => each.Content is not null)
            .Select(each => new ContentFile(each.item.Path, each.Content!, each.item.Mode ?? mode)); // not null just before
    }

    IEnumerable<ContentFile> Fields(IReadOnlyList<DownwardApiFile> items, int mode) => items.Select(item => new ContentFile(
        item.Path,
        Encoding.UTF8.GetBytes(item switch
        {
            { FieldRef: { } field } => PodFields.Read(Pod, field.FieldPath, PodIp, HostIp) ?? "",
            { ResourceFieldRef: { } resource } when Named(resource.ContainerName) is { } container => PodFields.Read(container, resource, Allocatable),
            _ => "",
        }),
        item.Mode ?? mode));

    Container? Named(string? name) => Pod.Spec.InitContainers.Concat(Pod.Spec.Containers).FirstOrDefault(container => container.Name == name);

    static string? Text(byte[]? content) => content is null ? null : Encoding.UTF8.GetString(content);
}

/// <param name="Path">Inside the volume, relative.</param>
sealed record ContentFile(string Path, byte[] Content, int Mode);
