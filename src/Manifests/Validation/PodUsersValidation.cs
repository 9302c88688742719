using Orchestrator.Model.Pods;

namespace Orchestrator.Manifests.Validation;

/// <summary>The rules of pods with users of their own (<c>hostUsers: false</c>). Source: KEP-127.</summary>
static class PodUsersValidation
{
    /// <summary>The highest user or group that such a pod has.</summary>
    const long Highest = 65535;

    public static void Check(Findings findings, string path, PodSpec spec)
    {
        findings.Require(!spec.HostNetwork && !spec.HostPid, $"{path}.hostUsers", "false does not go with hostNetwork or hostPID: what is the node's is not for the pod's own users");
        if (spec.SecurityContext is { } context)
        {
            Number(findings, $"{path}.securityContext.runAsUser", context.RunAsUser);
            Number(findings, $"{path}.securityContext.runAsGroup", context.RunAsGroup);
            Number(findings, $"{path}.securityContext.fsGroup", context.FsGroup);
            for (var i = 0; i < context.SupplementalGroups.Count; i++) Number(findings, $"{path}.securityContext.supplementalGroups[{i}]", context.SupplementalGroups[i]);
        }

        Containers(findings, $"{path}.initContainers", spec.InitContainers);
        Containers(findings, $"{path}.containers", spec.Containers);
    }

    static void Containers(Findings findings, string path, IReadOnlyList<Container> containers)
    {
        for (var i = 0; i < containers.Count; i++)
        {
            Number(findings, $"{path}[{i}].securityContext.runAsUser", containers[i].SecurityContext?.RunAsUser);
            Number(findings, $"{path}[{i}].securityContext.runAsGroup", containers[i].SecurityContext?.RunAsGroup);
        }
    }

    static void Number(Findings findings, string path, long? id) =>
        findings.Require(id is null or <= Highest, path, $"must be at most {Highest}: with hostUsers: false a pod has so many users of its own");
}
