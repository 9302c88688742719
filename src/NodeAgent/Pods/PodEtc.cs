using Orchestrator.Model.Pods;
using Orchestrator.Model.Services;
using Orchestrator.NodeAgent.Containers;
using Orchestrator.NodeAgent.Networking.Names;
using Orchestrator.NodeAgent.Syscalls;

namespace Orchestrator.NodeAgent.Pods;

/// <summary>
/// The three files every container of a pod gets from its node: resolv.conf, hosts, hostname.
/// </summary>
static class PodEtc
{
    const UnixFileMode Readable = (UnixFileMode)0x1A4;

    static readonly string[] Names = ["hostname", "hosts", "resolv.conf"];

    public static string HostnameOf(Pod pod) => pod.Spec.Hostname ?? pod.Name;

    public static void Write(string directory, Pod pod, string address, ResolvConf resolver)
    {
        PrivateDirectory.Make(directory);
        var hostname = HostnameOf(pod);
        Put(directory, "hostname", hostname + "\n");
        var aliases = string.Concat(pod.Spec.HostAliases.Select(alias => $"{alias.Ip}\t{string.Join('\t', alias.Hostnames)}\n"));
        Put(directory, "hosts", $"127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n{address}\t{FullName(pod, hostname)}{hostname}\n{aliases}");
        Put(directory, "resolv.conf", resolver.ToString());
    }

    // A pod below a headless service finds its own whole name without asking.
    static string FullName(Pod pod, string hostname) =>
        pod.Spec.Subdomain is { } below ? $"{hostname}.{below}.{pod.Namespace}.svc.{ServiceNetwork.Domain}\t" : "";

    public static IReadOnlyList<ContainerMount> Mounts(string directory) =>
        [.. Names.Select(name => new ContainerMount(Path.Combine(directory, name), "/etc/" + name, ReadOnly: false))];

    static void Put(string directory, string name, string content)
    {
        var path = Path.Combine(directory, name);
        // Written in place: containers that run already have this very file mounted.
        File.WriteAllText(path, content);
        File.SetUnixFileMode(path, Readable);
    }
}
