using System.Text.Json.Nodes;
using Orchestrator.Model.Pods;
using Orchestrator.NodeAgent.Contents;
using Orchestrator.NodeAgent.Images;

namespace Orchestrator.NodeAgent.Containers;

/// <summary>Everything a container's config.json is made from.</summary>
sealed record ContainerPlace
{
    public required PodContent Content { get; init; }
    public Pod Pod => Content.Pod;
    public required Container Container { get; init; }
    public required LocalImage Image { get; init; }
    public required string Rootfs { get; init; }
    public required string CgroupsPath { get; init; }
    public required IReadOnlyList<ContainerMount> Mounts { get; init; }

    /// <summary>Paths of the pod's shared namespaces; null where the node's own is used.</summary>
    public string? NetworkNamespace { get; init; }
    public string? IpcNamespace { get; init; }
    public string? UtsNamespace { get; init; }

    /// <summary>The pod's user namespace; null where its users are the node's.</summary>
    public string? UserNamespace { get; init; }

    /// <summary>The least oom_score_adj that this agent may give.</summary>
    public int LeastOomScore { get; init; } = -1000;

    /// <summary>Where profiles of the type Localhost stand.</summary>
    public string? SeccompProfiles { get; init; }
}

/// <summary>A file or directory of the node shown inside a container.</summary>
sealed record ContainerMount(string Source, string Destination, bool ReadOnly);

/// <summary>
/// Makes a container's config.json (OCI runtime-spec 1.2). What a container gets by default is what Podman gives:
/// eleven capabilities, no new privileges, masked kernel files, a limit on processes.
/// </summary>
static class OciConfig
{
    const string Version = "1.0.2";
    const string DefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    public static byte[] Make(ContainerPlace place)
    {
        var user = ContainerUser.Resolve(place);
        var environment = ContainerProcess.Environment(place, DefaultPath);
        var privileged = place.Container.SecurityContext?.Privileged == true;
        JsonObject config = new()
        {
            ["ociVersion"] = Version,
            ["process"] = new JsonObject
            {
                ["terminal"] = false,
                ["user"] = new JsonObject { ["uid"] = user.Uid, ["gid"] = user.Gid, ["additionalGids"] = Numbers(user.AdditionalGids) },
                ["args"] = Texts(ContainerProcess.Arguments(place, environment)),
                ["env"] = Texts(environment.Select(pair => $"{pair.Key}={pair.Value}")),
                ["cwd"] = ContainerProcess.WorkingDirectory(place),
                ["capabilities"] = CapabilitySet.Json(place.Container.SecurityContext, user.Uid),
                ["oomScoreAdj"] = int.Max(
                    place.LeastOomScore, Quality.OutOfMemoryScore(place.Pod.Spec, place.Container, place.Content.Allocatable.GetValueOrDefault(ResourceNames.Memory))),
                ["noNewPrivileges"] = !(privileged || place.Container.SecurityContext?.AllowPrivilegeEscalation == true),
            },
            ["root"] = new JsonObject { ["path"] = place.Rootfs, ["readonly"] = place.Container.SecurityContext?.ReadOnlyRootFilesystem == true },
            ["mounts"] = MountList.Json(place.Mounts, privileged, mapsIds: place.UserNamespace is not null),
            ["annotations"] = new JsonObject
            {
                ["orchestrator/pod"] = $"{place.Pod.Namespace}/{place.Pod.Name}",
                ["orchestrator/container"] = place.Container.Name,
            },
            ["linux"] = Linux(place, privileged),
        };
        return System.Text.Encoding.UTF8.GetBytes(config.ToJsonString());
    }

    public static JsonArray Texts(IEnumerable<string> values) => [.. values.Select(value => JsonValue.Create(value))];

    static JsonArray Numbers(IEnumerable<uint> values) => [.. values.Select(value => JsonValue.Create(value))];

    static JsonObject Linux(ContainerPlace place, bool privileged)
    {
        JsonArray namespaces = place.Pod.Spec.HostPid ? [] : [Namespace("pid")];
        namespaces.Add(Namespace("mount"));
        namespaces.Add(Namespace("cgroup"));
        foreach (var (type, path) in (ReadOnlySpan<(string, string?)>)
            [("user", place.UserNamespace), ("network", place.NetworkNamespace), ("ipc", place.IpcNamespace), ("uts", place.UtsNamespace)])
        {
            if (path is not null)
                namespaces.Add(Namespace(type, path));
        }

        JsonObject linux = new()
        {
            ["namespaces"] = namespaces,
            ["cgroupsPath"] = place.CgroupsPath,
            ["resources"] = ResourceLimits.Json(place.Container.Resources, privileged),
            ["rootfsPropagation"] = "private",
        };
        if (place.Pod.Spec.SecurityContext is { Sysctls.Count: > 0 } context)
            linux["sysctl"] = new JsonObject(context.Sysctls.Select(sysctl => KeyValuePair.Create(sysctl.Name, (JsonNode?)JsonValue.Create(sysctl.Value))));
        if (privileged)
            return linux;
        linux["maskedPaths"] = Texts(KernelFiles.Masked);
        linux["readonlyPaths"] = Texts(KernelFiles.ReadOnly);
        if (SyscallFilter.Of(place) is { } filter)
            linux["seccomp"] = filter;
        return linux;
    }

    static JsonObject Namespace(string type, string? path = null)
    {
        JsonObject result = new() { ["type"] = type };
        if (path is not null)
            result["path"] = path;
        return result;
    }
}
