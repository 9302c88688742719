using System.Globalization;
using System.Net;
using Orchestrator.Model.Pods;
using Orchestrator.NodeAgent.Networking.Netlink;
using Orchestrator.NodeAgent.Networking.Policies;

namespace Orchestrator.NodeAgent.Networking;

/// <summary>
/// Leads connections to ports of the node to the pods that asked for them (<c>hostPort</c>), from other machines, from pods and from the node itself, though not by 127.0.0.1. Pods see their clients.
/// A table of its own, before that of the services; it changes in one transaction.
/// </summary>
sealed class HostPorts(NetworkNamespace home) : IDisposable
{
    const string Table = "orch_hostports";

    const string Gone = $"table ip {Table} {{ }}\ndelete table ip {Table}\n";

    readonly SemaphoreSlim _turn = new(1);
    readonly SortedDictionary<string, LocalPod> _pods = new(StringComparer.Ordinal);
    bool _settled = true;

    /// <summary>Takes up the pods that stand from before, and opens their ports and no others.</summary>
    /// <exception cref="IOException">The kernel refuses it.</exception>
    public Task RestoreAsync(IEnumerable<LocalPod> pods, CancellationToken cancel) => ChangeAsync(() =>
    {
        foreach (var pod in pods.Where(static pod => Of(pod).Any())) _pods.TryAdd(pod.Pod.Metadata.Uid!, pod); // taken on only with one
        return true;
    }, cancel);

    /// <summary>Opens a pod's ports.</summary>
    /// <exception cref="IOException">The kernel refuses it.</exception>
    public Task OpenAsync(LocalPod pod, CancellationToken cancel) => ChangeAsync(() =>
    {
        if (!Of(pod).Any()) return false;
        _pods[pod.Pod.Metadata.Uid!] = pod; // as above
        return true;
    }, cancel);

    /// <summary>Closes them, so that nothing is sent to the pod's address once it is somebody else's. A pod without any is fine.</summary>
    /// <exception cref="IOException">The kernel refuses it.</exception>
    public async Task CloseAsync(string podUid, CancellationToken cancel)
    {
        LocalPod? closed = null;
        await ChangeAsync(() => _pods.Remove(podUid, out closed), cancel);
        // Flows without an end of their own would go on to the address.
        var udp = closed is null ? [] : Of(closed).Where(static port => port.Protocol == PortProtocol.UDP).Select(port => new IPEndPoint(IPAddress.Parse(closed.Address), port.Port)).ToHashSet();
        if (udp.Count > 0) home.Run(() => Connections.ForgetUdp(udp));
    }

    public static Task RemoveAsync(NetworkNamespace home, CancellationToken cancel) => Nft.RunAsync(home, Gone, cancel);

    public void Dispose() => _turn.Dispose();

    static IEnumerable<ContainerPort> Of(LocalPod pod) => pod.Pod.Spec.HostNetwork ? [] : pod.Pod.Spec.Containers.SelectMany(static container => container.Ports).Where(static port => port.HostPort is not null);

    async Task ChangeAsync(Func<bool> change, CancellationToken cancel)
    {
        await _turn.WaitAsync(cancel);
        try
        {
            if (!change() && _settled) return;
            _settled = false; // until it is known that the kernel has taken it: whoever tries again finds no change of its own
            await Nft.RunAsync(home, Rules(), cancel);
            _settled = true;
        }
        finally
        {
            _turn.Release();
        }
    }

    // Of two pods that ask for the same port the scheduler has let only one in; of two that overlap for a moment the first by uid has it.
    string Rules()
    {
        SortedDictionary<string, string> everywhere = new(StringComparer.Ordinal), single = new(StringComparer.Ordinal);
        foreach (var pod in _pods.Values)
        {
            foreach (var port in Of(pod))
            {
                var key = string.Create(CultureInfo.InvariantCulture, $"{port.Protocol.ToString().ToLowerInvariant()} . {port.HostPort}");
                var target = string.Create(CultureInfo.InvariantCulture, $"{pod.Address} . {port.Port}");
                if (port.HostIP is null or "" or "0.0.0.0") everywhere.TryAdd(key, target);
                else if (IPAddress.TryParse(port.HostIP, out var own)) single.TryAdd($"{own} . {key}", target); // rules are text: nothing gets into them but what was understood
            }
        }

        if (everywhere.Count + single.Count == 0) return Gone;
        return Gone + $$"""
            table ip {{Table}} {
                map ports { type inet_proto . inet_service : ipv4_addr . inet_service;{{Elements(everywhere)}} }
                map ports_at { type ipv4_addr . inet_proto . inet_service : ipv4_addr . inet_service;{{Elements(single)}} }
                chain lead {
                    dnat ip to ip daddr . meta l4proto . th dport map @ports_at
                    ip daddr != 127.0.0.0/8 fib daddr type local dnat ip to meta l4proto . th dport map @ports
                }
                chain from_outside { type nat hook prerouting priority dstnat - 1; jump lead; }
                chain from_here { type nat hook output priority -101; jump lead; }
            }

            """;
    }

    static string Elements(SortedDictionary<string, string> elements) =>
        elements.Count == 0 ? "" : $" elements = {{ {string.Join(", ", elements.Select(static each => $"{each.Key} : {each.Value}"))} }};";
}
