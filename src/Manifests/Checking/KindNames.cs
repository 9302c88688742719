using Orchestrator.Model;

namespace Orchestrator.Manifests.Checking;

/// <summary>What is said of a kind that is not there.</summary>
static class KindNames
{
    /// <summary>Kinds that Kubernetes users may well have in their manifests.</summary>
    static readonly string[] KnownUpstream =
    [
        "ClusterRole", "ClusterRoleBinding", "CustomResourceDefinition", "HorizontalPodAutoscaler", "IngressClass",
        "NetworkPolicy", "PersistentVolume", "Role", "RoleBinding", "ServiceAccount",
        "StorageClass",
    ];

    public static string Unknown(string name)
    {
        if (KnownUpstream.Contains(name, StringComparer.Ordinal)) return $"{name} is a Kubernetes kind that is not there yet";
        var near = Spelling.Nearest(name, Kinds.All.Where(each => each.UserWritten).Select(each => each.Name).Concat(KnownUpstream));
        return $"there is no kind {name}{(near is null ? "" : $"; did you mean {near}?")}";
    }
}
