using System.Globalization;
using System.Net;
using System.Text;
using Orchestrator.Model.Pods;
using Orchestrator.Model.Policies;

namespace Orchestrator.NodeAgent.Networking.Policies;

/// <summary>A pod of this node that has an address of its own.</summary>
sealed record LocalPod(Pod Pod, string Address);

/// <summary>
/// The nftables program of the policies, as text for nft -f: packets to or from a pod that is limited pass its chain, which lets through what a policy allows and drops
/// the rest. Everything that a pod sends passes the node, to its neighbours too, so the forward hook sees it all; the node's own packets (probes, answers to names)
/// do not pass there and are never limited. Source: nft(8); Kubernetes, "Network Policies".
/// </summary>
static class PolicyRules
{
    public const string Table = "orch_policies";

    /// <summary>What takes the table away.</summary>
    public const string None = $"table ip {Table} {{ }}\ndelete table ip {Table}\n";

    /// <summary>The whole table, in place of whatever there is: packets meet the old one or the new one. The same for the same policies and pods in any order.</summary>
    public static string Whole(IEnumerable<NetworkPolicy> policies, IEnumerable<LocalPod> pods)
    {
        var ordered = policies.OrderBy(policy => policy.Namespace, StringComparer.Ordinal).ThenBy(policy => policy.Name, StringComparer.Ordinal).ToList();
        StringBuilder sets = new(), chains = new();
        List<string> inward = [], outward = [];
        Dictionary<string, string> known = new(StringComparer.Ordinal);
        foreach (var pod in pods.OrderBy(pod => pod.Address, StringComparer.Ordinal))
        {
            var own = ordered.Where(policy => policy.Namespace == pod.Pod.Namespace && policy.Spec.PodSelector.Matches(pod.Pod.Metadata.Labels)).ToList();
            var to = own.Where(policy => policy.Spec.LimitsIngress).ToList();
            var from = own.Where(policy => policy.Spec.LimitsEgress).ToList();
            if (to.Count > 0) Chain("to", inward, pod, to.SelectMany(policy => policy.Spec.Ingress.SelectMany((rule, i) => Inward(policy, rule, i, pod, SetOf))));
            if (from.Count > 0) Chain("from", outward, pod, from.SelectMany(policy => policy.Spec.Egress.SelectMany((rule, i) => Outward(policy, rule, i, SetOf))));
        }

        return string.Create(CultureInfo.InvariantCulture, $$"""
            {{None}}table ip {{Table}} {
            {{sets}}{{chains}}    map limited_to { type ipv4_addr : verdict;{{Elements(inward)}} }
                map limited_from { type ipv4_addr : verdict;{{Elements(outward)}} }
                chain forward {
                    type filter hook forward priority filter - 1; policy accept;
                    ct state established,related accept
                    ip saddr vmap @limited_from
                    ip daddr vmap @limited_to
                }
            }

            """);

        // A pod always reaches itself.
        void Chain(string direction, List<string> map, LocalPod pod, IEnumerable<string> allowed)
        {
            var name = $"{direction}_{pod.Address.Replace('.', '_')}";
            chains.Append(CultureInfo.InvariantCulture, $"    chain {name} {{\n        ip {(direction == "to" ? "saddr" : "daddr")} {pod.Address} return\n");
            foreach (var line in allowed.Distinct()) chains.Append(CultureInfo.InvariantCulture, $"        {line}return\n");
            chains.Append("        drop\n    }\n");
            map.Add($"{pod.Address} : jump {name}");
        }

        string SetOf(IReadOnlyList<string> addresses)
        {
            var text = string.Join(", ", addresses);
            if (known.TryGetValue(text, out var name)) return name;
            known[text] = name = string.Create(CultureInfo.InvariantCulture, $"peers_{known.Count}");
            sets.Append(CultureInfo.InvariantCulture, $"    set {name} {{ type ipv4_addr; elements = {{ {text} }} }}\n");
            return name;
        }
    }

    static string Elements(List<string> elements) => elements.Count == 0 ? "" : $" elements = {{ {string.Join(", ", elements)} }}";

    // The start of each line that lets something through; what it matches ends with a blank.
    static IEnumerable<string> Inward(NetworkPolicy policy, NetworkPolicyIngressRule rule, int number, LocalPod pod, Func<IReadOnlyList<string>, string> setOf)
    {
        var resolved = number < policy.Status.Ingress.Count ? policy.Status.Ingress[number] : new PeerAddresses();
        var ports = rule.Ports.Count == 0 ? [""] : rule.Ports.SelectMany(port => PortsOf(port, name => NumbersOf(pod.Pod, name, port.Protocol))).ToList();
        return from peer in Peers("saddr", rule.From, resolved.Addresses, setOf) from port in ports select peer + port;
    }

    static IEnumerable<string> Outward(NetworkPolicy policy, NetworkPolicyEgressRule rule, int number, Func<IReadOnlyList<string>, string> setOf)
    {
        var resolved = number < policy.Status.Egress.Count ? policy.Status.Egress[number] : new PeerAddresses();
        var ports = rule.Ports.Count == 0 ? [""] : rule.Ports.Where(port => port.Port?.Text is null).SelectMany(port => PortsOf(port, static _ => [])).ToList();
        foreach (var peer in Peers("daddr", rule.To, resolved.Addresses, setOf))
            foreach (var port in ports) yield return peer + port;
        foreach (var named in resolved.Named.Where(named => named.Addresses.Count > 0))
            yield return $"ip daddr @{setOf(named.Addresses)} {Word(named.Protocol)} dport {named.Port.ToString(CultureInfo.InvariantCulture)} ";
    }

    static IEnumerable<string> Peers(string side, IReadOnlyList<NetworkPolicyPeer> peers, IReadOnlyList<string> addresses, Func<IReadOnlyList<string>, string> setOf)
    {
        if (peers.Count == 0) yield return "";
        if (addresses.Count > 0) yield return $"ip {side} @{setOf(addresses)} ";
        foreach (var block in peers.Select(peer => peer.IpBlock).OfType<IpBlock>())
            yield return $"ip {side} {IPNetwork.Parse(block.Cidr)} {string.Concat(block.Except.Select(except => $"ip {side} != {IPNetwork.Parse(except)} "))}";
    }

    static IEnumerable<string> PortsOf(NetworkPolicyPort port, Func<string, IEnumerable<int>> numbersOf)
    {
        var protocol = Word(port.Protocol);
        if (port.Port is not { } wanted) return [$"meta l4proto {protocol} "];
        if (wanted.Text is { } name) return numbersOf(name).Distinct().Order().Select(number => string.Create(CultureInfo.InvariantCulture, $"{protocol} dport {number} "));
        var last = port.EndPort is { } end ? string.Create(CultureInfo.InvariantCulture, $"-{end}") : "";
        return [string.Create(CultureInfo.InvariantCulture, $"{protocol} dport {wanted.Number}{last} ")];
    }

    static IEnumerable<int> NumbersOf(Pod pod, string name, PortProtocol protocol) =>
        pod.Spec.Containers.SelectMany(container => container.Ports).Where(port => port.Name == name && port.Protocol == protocol).Select(port => port.Port);

    static string Word(PortProtocol protocol) => protocol switch
    {
        PortProtocol.TCP => "tcp",
        PortProtocol.UDP => "udp",
        PortProtocol.SCTP => "sctp",
    };
}
