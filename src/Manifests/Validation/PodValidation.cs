using Orchestrator.Model.Pods;

namespace Orchestrator.Manifests.Validation;

/// <summary>What must hold inside a pod's spec.</summary>
static class PodValidation
{
    public static void Spec(Findings findings, string path, PodSpec spec)
    {
        findings.Require(spec.Containers.Count > 0, $"{path}.containers", "needs at least one container");
        findings.Require(spec.TerminationGracePeriodSeconds is null or >= 0, $"{path}.terminationGracePeriodSeconds", "must not be negative");
        if (spec.Hostname is { } hostname) Names.Label(findings, $"{path}.hostname", hostname);
        Names.Labels(findings, $"{path}.nodeSelector", spec.NodeSelector);
        SchedulingValidation.Placement(findings, path, spec);
        for (var i = 0; i < spec.Volumes.Count; i++) Volume(findings, $"{path}.volumes[{i}]", spec.Volumes[i]);
        findings.Unique(spec.Volumes, volume => volume.Name, i => $"{path}.volumes[{i}].name");

        var containers = spec.InitContainers.Concat(spec.Containers).ToList();
        var init = spec.InitContainers.Count;
        string PathOf(int i) => i < init ? $"{path}.initContainers[{i}]" : $"{path}.containers[{i - init}]";
        for (var i = 0; i < containers.Count; i++) Container(findings, PathOf(i), containers[i], spec.Volumes);
        findings.Unique(containers, container => container.Name, i => $"{PathOf(i)}.name");
        for (var i = 0; i < init; i++)
        {
            var one = spec.InitContainers[i];
            findings.Require(one.LivenessProbe is null && one.ReadinessProbe is null && one.StartupProbe is null, PathOf(i), "an init container runs to its end and has no probes");
        }
    }

    static void Container(Findings findings, string path, Container container, IReadOnlyList<Volume> volumes)
    {
        Names.Label(findings, $"{path}.name", container.Name);
        findings.Require(container.Image.Length > 0 && !container.Image.Any(char.IsWhiteSpace), $"{path}.image", "must name an image such as busybox:1.36");
        for (var i = 0; i < container.Env.Count; i++)
        {
            var name = container.Env[i].Name;
            findings.Require(name.Length > 0 && !name.Contains('=') && !name.Contains('\0'), $"{path}.env[{i}].name", $"\"{name}\" is no name of a variable");
        }

        for (var i = 0; i < container.Ports.Count; i++)
        {
            var port = container.Ports[i];
            Names.Port(findings, $"{path}.ports[{i}].containerPort", port.Port);
            if (port.HostPort is { } host) Names.Port(findings, $"{path}.ports[{i}].hostPort", host);
            if (port.Name is { } name) Names.PortName(findings, $"{path}.ports[{i}].name", name);
        }

        findings.Unique(container.Ports, port => port.Name, i => $"{path}.ports[{i}].name");
        Resources(findings, $"{path}.resources", container.Resources);
        for (var i = 0; i < container.VolumeMounts.Count; i++)
        {
            var mount = container.VolumeMounts[i];
            findings.Require(volumes.Any(volume => volume.Name == mount.Name), $"{path}.volumeMounts[{i}].name", $"there is no volume {mount.Name} in this pod");
            findings.Require(IsAbsolute(mount.MountPath), $"{path}.volumeMounts[{i}].mountPath", "must be an absolute path without ..");
        }

        findings.Unique(container.VolumeMounts, mount => mount.MountPath, i => $"{path}.volumeMounts[{i}].mountPath");
        Probe(findings, $"{path}.startupProbe", container.StartupProbe, mustSucceedOnce: true);
        Probe(findings, $"{path}.readinessProbe", container.ReadinessProbe, mustSucceedOnce: false);
        Probe(findings, $"{path}.livenessProbe", container.LivenessProbe, mustSucceedOnce: true);
    }

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
        var actions = new object?[] { probe.HttpGet, probe.TcpSocket, probe.Exec }.Count(action => action is not null);
        findings.Require(actions == 1, path, "needs exactly one of httpGet, tcpSocket and exec");
        findings.Require(probe.InitialDelaySeconds >= 0, $"{path}.initialDelaySeconds", "must not be negative");
        findings.Require(probe.PeriodSeconds > 0, $"{path}.periodSeconds", "must be more than 0");
        findings.Require(probe.TimeoutSeconds > 0, $"{path}.timeoutSeconds", "must be more than 0");
        findings.Require(probe.FailureThreshold > 0, $"{path}.failureThreshold", "must be more than 0");
        findings.Require(mustSucceedOnce ? probe.SuccessThreshold == 1 : probe.SuccessThreshold > 0, $"{path}.successThreshold", mustSucceedOnce ? "must be 1" : "must be more than 0");
        if (probe.HttpGet is { Port.Text: null } http) Names.Port(findings, $"{path}.httpGet.port", http.Port.Number);
        if (probe.TcpSocket is { Port.Text: null } tcp) Names.Port(findings, $"{path}.tcpSocket.port", tcp.Port.Number);
        if (probe.Exec is { } exec) findings.Require(exec.Command.Count > 0, $"{path}.exec.command", "needs a command");
    }

    static void Volume(Findings findings, string path, Volume volume)
    {
        Names.Label(findings, $"{path}.name", volume.Name);
        findings.Require(volume.EmptyDir is null || volume.HostPath is null, path, "has more than one source; keep one");
        if (volume.HostPath is { } host) findings.Require(IsAbsolute(host.Path), $"{path}.hostPath.path", "must be an absolute path without ..");
        if (volume.EmptyDir is { } empty) findings.Require(empty.Medium is null or "" or "Memory", $"{path}.emptyDir.medium", "must be empty or Memory");
    }

    static bool IsAbsolute(string path) => path.StartsWith('/') && !path.Split('/').Contains("..") && !path.Contains('\0');
}
