using Orchestrator.Model.Meta;
using Orchestrator.Model.Pods;

namespace Orchestrator.Manifests.Validation;

/// <summary>What must hold inside a pod's spec.</summary>
static class PodValidation
{
    /// <param name="path">Of the pod's or its template's metadata.</param>
    public static void Annotations(Findings findings, string path, ObjectMeta metadata)
    {
        Dependencies.Read(metadata.Annotations, problem => findings.Add($"{path}.annotations.{Dependencies.Annotation}", problem));
        Bandwidth.Read(metadata.Annotations, (key, problem) => findings.Add($"{path}.annotations.{key}", problem));
    }

    public static void Spec(Findings findings, string path, PodSpec spec)
    {
        findings.Require(spec.Containers.Count > 0, $"{path}.containers", "needs at least one container");
        findings.Require(spec.TerminationGracePeriodSeconds is null or >= 0, $"{path}.terminationGracePeriodSeconds", "must not be negative");
        if (spec.Hostname is { } hostname) Names.Label(findings, $"{path}.hostname", hostname);
        Names.Labels(findings, $"{path}.nodeSelector", spec.NodeSelector);
        SchedulingValidation.Placement(findings, path, spec);
        findings.Require(spec.ActiveDeadlineSeconds is null or > 0, $"{path}.activeDeadlineSeconds", "must be more than 0");
        Security(findings, $"{path}.securityContext", spec);
        if (spec.HostUsers == false) PodUsersValidation.Check(findings, path, spec);
        for (var i = 0; i < spec.HostAliases.Count; i++)
            findings.Require(System.Net.IPAddress.TryParse(spec.HostAliases[i].Ip, out _), $"{path}.hostAliases[{i}].ip", $"\"{spec.HostAliases[i].Ip}\" is no address");
        for (var i = 0; i < spec.Volumes.Count; i++) VolumeValidation.Volume(findings, $"{path}.volumes[{i}]", spec.Volumes[i]);
        findings.Unique(spec.Volumes, volume => volume.Name, i => $"{path}.volumes[{i}].name");

        var containers = spec.InitContainers.Concat(spec.Containers).ToList();
        var init = spec.InitContainers.Count;
        string PathOf(int i) => i < init ? $"{path}.initContainers[{i}]" : $"{path}.containers[{i - init}]";
        for (var i = 0; i < containers.Count; i++) Container(findings, PathOf(i), containers[i], spec.Volumes);
        findings.Unique(containers, container => container.Name, i => $"{PathOf(i)}.name");
        for (var i = 0; i < init; i++)
        {
            var one = spec.InitContainers[i];
            findings.Require(one.RestartPolicy is null or RestartPolicy.Always, $"{PathOf(i)}.restartPolicy", "an init container has Always, which makes it a sidecar, or none");
            findings.Require(
                one.IsSidecar() || (one.LivenessProbe is null && one.ReadinessProbe is null && one.StartupProbe is null && one.Lifecycle is null),
                PathOf(i), "an init container runs to its end and has no probes and no lifecycle; restartPolicy: Always makes it a sidecar, which may");
        }
    }

    static void Container(Findings findings, string path, Container container, IReadOnlyList<Volume> volumes)
    {
        Names.Label(findings, $"{path}.name", container.Name);
        findings.Require(container.Image.Length > 0 && !container.Image.Any(char.IsWhiteSpace), $"{path}.image", "must name an image such as busybox:1.36");
        EnvironmentValidation.Container(findings, path, container);
        for (var i = 0; i < container.Ports.Count; i++)
        {
            var port = container.Ports[i];
            Names.Port(findings, $"{path}.ports[{i}].containerPort", port.Port);
            if (port.HostPort is { } host) Names.Port(findings, $"{path}.ports[{i}].hostPort", host);
            if (port.HostIP is { } own && !IsNodeAddress(own)) findings.Add($"{path}.ports[{i}].hostIP", $"is \"{own}\", but must be an IPv4 address of the node, and none of its loopback");
            if (port.Name is { } name) Names.PortName(findings, $"{path}.ports[{i}].name", name);
        }

        findings.Unique(container.Ports, port => port.Name, i => $"{path}.ports[{i}].name");
        Resources(findings, $"{path}.resources", container.Resources);
        for (var i = 0; i < container.VolumeMounts.Count; i++)
        {
            var mount = container.VolumeMounts[i];
            findings.Require(volumes.Any(volume => volume.Name == mount.Name), $"{path}.volumeMounts[{i}].name", $"there is no volume {mount.Name} in this pod");
            findings.Require(IsAbsolute(mount.MountPath), $"{path}.volumeMounts[{i}].mountPath", "must be an absolute path without ..");
            if (mount.SubPath is { } sub) findings.Require(IsRelative(sub), $"{path}.volumeMounts[{i}].subPath", "must be a path inside the volume, without ..");
        }

        findings.Unique(container.VolumeMounts, mount => mount.MountPath, i => $"{path}.volumeMounts[{i}].mountPath");
        PodActionValidation.Lifecycle(findings, $"{path}.lifecycle", container.Lifecycle);
        if (container.TerminationMessagePath is { } message) findings.Require(IsAbsolute(message), $"{path}.terminationMessagePath", "must be an absolute path without ..");
        Seccomp(findings, $"{path}.securityContext.seccompProfile", container.SecurityContext?.SeccompProfile);
        Probe(findings, $"{path}.startupProbe", container.StartupProbe, mustSucceedOnce: true);
        Probe(findings, $"{path}.readinessProbe", container.ReadinessProbe, mustSucceedOnce: false);
        Probe(findings, $"{path}.livenessProbe", container.LivenessProbe, mustSucceedOnce: true);
    }

    static bool IsNodeAddress(string text) =>
        System.Net.IPAddress.TryParse(text, out var address) && address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork && !System.Net.IPAddress.IsLoopback(address);

    static void Resources(Findings findings, string path, ResourceRequirements resources)
    {
        foreach (var (name, amount) in resources.Requests)
        {
            findings.Require(amount.Value >= 0, $"{path}.requests.{name}", "must not be negative");
            if (resources.Limits.TryGetValue(name, out var limit))
                findings.Require(amount <= limit, $"{path}.requests.{name}", $"{amount} is more than the limit {limit}");
        }

        foreach (var (name, amount) in resources.Limits) findings.Require(amount.Value > 0, $"{path}.limits.{name}", "must be more than 0");
    }

    static void Probe(Findings findings, string path, Probe? probe, bool mustSucceedOnce)
    {
        if (probe is null) return;
        PodActionValidation.OneOf(findings, path, ("httpGet", probe.HttpGet), ("tcpSocket", probe.TcpSocket), ("exec", probe.Exec), ("grpc", probe.Grpc));
        findings.Require(probe.InitialDelaySeconds >= 0, $"{path}.initialDelaySeconds", "must not be negative");
        findings.Require(probe.PeriodSeconds > 0, $"{path}.periodSeconds", "must be more than 0");
        findings.Require(probe.TimeoutSeconds > 0, $"{path}.timeoutSeconds", "must be more than 0");
        findings.Require(probe.FailureThreshold > 0, $"{path}.failureThreshold", "must be more than 0");
        findings.Require(mustSucceedOnce ? probe.SuccessThreshold == 1 : probe.SuccessThreshold > 0, $"{path}.successThreshold", mustSucceedOnce ? "must be 1" : "must be more than 0");
        findings.Require(probe.TerminationGracePeriodSeconds is null or > 0, $"{path}.terminationGracePeriodSeconds", "must be more than 0");
        PodActionValidation.Actions(findings, path, probe.HttpGet, probe.TcpSocket, probe.Exec);
        if (probe.Grpc is { } grpc) Names.Port(findings, $"{path}.grpc.port", grpc.Port);
    }

    static void Security(Findings findings, string path, PodSpec spec)
    {
        if (spec.SecurityContext is not { } context) return;
        findings.Require(context.FsGroup is null or (>= 0 and <= int.MaxValue), $"{path}.fsGroup", "must be a group's number");
        Seccomp(findings, $"{path}.seccompProfile", context.SeccompProfile);
        for (var i = 0; i < context.Sysctls.Count; i++)
        {
            var name = context.Sysctls[i].Name;
            findings.Require(IsOwn(name, spec.HostNetwork), $"{path}.sysctls[{i}].name",
                $"\"{name}\" is no parameter of the pod's own namespaces; those are net.* (without hostNetwork), kernel.shm*, kernel.msg*, kernel.sem and fs.mqueue.*");
        }

        findings.Unique(context.Sysctls, sysctl => sysctl.Name, i => $"{path}.sysctls[{i}].name");
    }

    // Network and IPC namespaces are the pod's own; other parameters are the node's (CVE-2022-0811 came in through one).
    static bool IsOwn(string name, bool hostNetwork) =>
        name.All(each => char.IsAsciiLetterOrDigit(each) || each is '.' or '_' or '-')
        && (name is "kernel.sem" || name.StartsWith("kernel.shm", StringComparison.Ordinal) || name.StartsWith("kernel.msg", StringComparison.Ordinal)
            || name.StartsWith("fs.mqueue.", StringComparison.Ordinal) || (!hostNetwork && name.StartsWith("net.", StringComparison.Ordinal)));

    static void Seccomp(Findings findings, string path, SeccompProfile? profile)
    {
        if (profile is null) return;
        if (profile.Type == SeccompProfileType.Localhost)
            findings.Require(profile.LocalhostProfile is { } file && IsRelative(file), $"{path}.localhostProfile", "must be a path below the agent's directory of profiles, without ..");
        else
            findings.Require(profile.LocalhostProfile is null, $"{path}.localhostProfile", "is only for the type Localhost");
    }

    internal static bool IsAbsolute(string path) => path.StartsWith('/') && !path.Split('/').Contains("..") && !path.Contains('\0');

    internal static bool IsRelative(string path) => path.Length > 0 && !path.StartsWith('/') && !path.Split('/').Contains("..") && !path.Contains('\0');
}
