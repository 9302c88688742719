using Orchestrator.NodeAgent.Images;

namespace Orchestrator.NodeAgent.Containers;

/// <summary>
/// Who a container's process is: the security context's numbers where given, else what the image says.
/// </summary>
static class ContainerUser
{
    /// <exception cref="InvalidOperationException">runAsNonRoot is set and the process would be root.</exception>
    public static ProcessUser Resolve(ContainerPlace place)
    {
        var own = place.Container.SecurityContext;
        var pods = place.Pod.Spec.SecurityContext;
        var uid = own?.RunAsUser ?? pods?.RunAsUser;
        var gid = own?.RunAsGroup ?? pods?.RunAsGroup;
        var user = ImageUser.Resolve(place.Rootfs, uid is null ? place.Image.Content.Process.User : $"{uid}");
        if (gid is { } group)
            user = user with { Gid = checked((uint)group) };
        if (pods is { SupplementalGroups.Count: > 0 })
            user = user with { AdditionalGids = [.. user.AdditionalGids.Union(pods.SupplementalGroups.Select(id => checked((uint)id)))] };
        if (pods?.FsGroup is { } shared)
            user = user with { AdditionalGids = [.. user.AdditionalGids.Append(checked((uint)shared)).Distinct()] };
        if ((own?.RunAsNonRoot ?? pods?.RunAsNonRoot) == true && user.Uid == 0)
            throw new InvalidOperationException("runAsNonRoot is set, but the container would run as root: name another user in runAsUser or in the image");
        // A file may deny its group what it allows others. A process that could drop its own group by a set-gid program would then
        // count as one of the others, so the group stands among the supplementary ones as well (CVE-2022-36109).
        return user with { AdditionalGids = [.. user.AdditionalGids.Prepend(user.Gid).Distinct()] };
    }
}
