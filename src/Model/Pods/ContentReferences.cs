using Orchestrator.Model.Configuration;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Storage;

namespace Orchestrator.Model.Pods;

/// <summary>The objects that a pod takes its variables, files and directories from.</summary>
public static class ContentReferences
{
    /// <summary>The claims whose directories a pod mounts.</summary>
    public static IEnumerable<ResourceKey> Claims(this PodSpec spec, string @namespace) => spec.Volumes
        .Select(volume => volume.PersistentVolumeClaim?.ClaimName).OfType<string>().Distinct().Select(name => new ResourceKey(PersistentVolumeClaim.KindName, @namespace, name));

    /// <summary>The ConfigMaps and Secrets, each one once, in the order of their keys.</summary>
    /// <param name="namespace">The pod's: content of others can't be referred to.</param>
    public static IReadOnlyList<ResourceKey> References(this PodSpec spec, string @namespace)
    {
        var names = new SortedSet<(string Kind, string Name)>();
        foreach (var volume in spec.Volumes)
        {
            Add(ConfigMap.KindName, volume.ConfigMap?.Name);
            Add(Secret.KindName, volume.Secret?.SecretName);
            foreach (var source in volume.Projected?.Sources ?? [])
            {
                Add(ConfigMap.KindName, source.ConfigMap?.Name);
                Add(Secret.KindName, source.Secret?.Name);
            }
        }

        foreach (var container in spec.InitContainers.Concat(spec.Containers))
        {
            foreach (var source in container.EnvFrom)
            {
                Add(ConfigMap.KindName, source.ConfigMapRef?.Name);
                Add(Secret.KindName, source.SecretRef?.Name);
            }

            foreach (var variable in container.Env)
            {
                Add(ConfigMap.KindName, variable.ValueFrom?.ConfigMapKeyRef?.Name);
                Add(Secret.KindName, variable.ValueFrom?.SecretKeyRef?.Name);
            }
        }

        return [.. names.Select(each => new ResourceKey(each.Kind, @namespace, each.Name))];

        void Add(string kind, string? name)
        {
            if (name is not null) names.Add((kind, name));
        }
    }
}
