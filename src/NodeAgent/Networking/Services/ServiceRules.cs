using System.Globalization;
using System.Text;
using Orchestrator.Model.Pods;
using Orchestrator.Model.Services;
using Orchestrator.Reconcile.Services;

namespace Orchestrator.NodeAgent.Networking.Services;

/// <summary>A frontend's pods before and after a change; null for none.</summary>
sealed record PoolChange(Frontend Frontend, TargetPool? Before, TargetPool? After);

/// <summary>
/// The nftables program of the services, as text for nft -f. Everything about a service is in elements of maps: a frontend leads to the chain for its number
/// of pods, that chain draws a number, and frontend and number lead to a pod. So a change touches some elements, whatever else there is, and is one
/// transaction. Source: nft(8), "Maps", "NAT statements"; the numbers travel in the packet's mark, in its low bits.
/// </summary>
static class ServiceRules
{
    public const string Table = "orch_services";

    /// <summary>The bit of a packet's mark that has postrouting put the node's address in the client's place.</summary>
    public const uint HideClientMark = 0x4000_0000;

    /// <summary>Clients that are remembered at a time: more than the connections a node can track.</summary>
    const int MaxRemembered = 1 << 20;

    /// <summary>The map of clients that stay with their pod: client, service, protocol and port to the number it drew.</summary>
    public const string Remembered = "remembered";

    const string FrontendKey = "ip daddr . meta l4proto . th dport", NodeKey = "meta l4proto . th dport";

    /// <summary>The whole table anew, in place of whatever there is: packets meet the old one or the new one.</summary>
    public static string Whole(IEnumerable<PoolChange> all, ISet<string> chains)
    {
        chains.Clear();
        return $$"""
            table ip {{Table}} { }
            delete table ip {{Table}}
            table ip {{Table}} {
                map services { type ipv4_addr . inet_proto . inet_service : verdict; }
                map backends { type ipv4_addr . inet_proto . inet_service . mark : ipv4_addr . inet_service; }
                map node_services { type inet_proto . inet_service : verdict; }
                map node_backends { type inet_proto . inet_service . mark : ipv4_addr . inet_service; }
                map remembered { type ipv4_addr . ipv4_addr . inet_proto . inet_service : mark; size {{MaxRemembered}}; flags dynamic,timeout; }
                chain choose {
                    {{FrontendKey}} vmap @services
                    ip daddr != 127.0.0.0/8 fib daddr type local {{NodeKey}} vmap @node_services
                }
                chain from_outside { type nat hook prerouting priority dstnat; jump choose; }
                chain from_here { type nat hook output priority -100; jump choose; }
                chain chosen_outside { type filter hook prerouting priority dstnat + 5; ct status dnat meta mark set meta mark & {{HideClientMark}}; }
                chain chosen_here { type filter hook output priority -95; ct status dnat meta mark set meta mark & {{HideClientMark}}; }
                chain refuse {
                    ip daddr {{ServiceNetwork.Range}} meta l4proto tcp reject with tcp reset
                    ip daddr {{ServiceNetwork.Range}} reject with icmp port-unreachable
                }
                chain refuse_forwarded { type filter hook forward priority filter; jump refuse; }
                chain refuse_own { type filter hook output priority filter; jump refuse; }
            }

            """ + Change(all, chains);
    }

    /// <summary>The elements that differ.</summary>
    /// <param name="chains">The chains that stand; those that are missing are made, and added.</param>
    public static string Change(IEnumerable<PoolChange> changes, ISet<string> chains)
    {
        SortedDictionary<string, List<string>> deleted = new(StringComparer.Ordinal), added = new(StringComparer.Ordinal);
        StringBuilder text = new();
        foreach (var (frontend, before, after) in changes)
        {
            var key = frontend.Address is null ? $"{Protocol(frontend)} . {frontend.Port}" : $"{frontend.Address} . {Protocol(frontend)} . {frontend.Port}";
            var prefix = frontend.Address is null ? "node_" : "";
            Element(frontend.Address is null ? "node_services" : "services", key, ChainOf(before, frontend), ChainOf(after, frontend));
            for (var i = 0; i < Math.Max(before?.Targets.Count ?? 0, after?.Targets.Count ?? 0); i++)
                Slot(prefix + "backends", key, SlotOf(before, i), SlotOf(after, i));
        }

        foreach (var (map, keys) in deleted) text.Append(CultureInfo.InvariantCulture, $"delete element ip {Table} {map} {{ {string.Join(", ", keys)} }}\n");
        foreach (var (map, elements) in added) text.Append(CultureInfo.InvariantCulture, $"add element ip {Table} {map} {{ {string.Join(", ", elements)} }}\n");
        return text.ToString();

        void Element(string map, string key, (string Name, string Rules)? old, (string Name, string Rules)? next)
        {
            if (old?.Name == next?.Name) return;
            if (old is not null) To(deleted, map, key);
            if (next is not { } chain) return;
            if (chains.Add(chain.Name)) text.Append(CultureInfo.InvariantCulture, $"add chain ip {Table} {chain.Name}\n{chain.Rules}");
            To(added, map, $"{key} : goto {chain.Name}");
        }

        void Slot(string map, string key, (uint Number, Target Target)? old, (uint Number, Target Target)? next)
        {
            if (old == next) return;
            if (old is { } gone) To(deleted, map, $"{key} . {gone.Number}");
            if (next is { } come) To(added, map, $"{key} . {come.Number} : {come.Target.Address} . {come.Target.Port}");
        }
    }

    /// <summary>The number of a pool's pod.</summary>
    public static uint Number(TargetPool pool, int place) => (pool.HidesClient ? HideClientMark : 0) + (uint)place;

    static (uint, Target)? SlotOf(TargetPool? pool, int place) =>
        pool is null || place >= pool.Targets.Count ? null : (Number(pool, place), pool.Targets[place]);

    // The chain for a number of pods: shared by all services that have so many. A client that is remembered keeps its number; one that no pod has any more
    // is drawn again.
    static (string Name, string Rules)? ChainOf(TargetPool? pool, Frontend frontend)
    {
        if (pool is null || pool.Targets.Count == 0) return null;
        var node = frontend.Address is null ? "node_" : "";
        var sticky = pool.StickySeconds > 0 ? $"_sticky_{pool.StickySeconds}" : "";
        var name = $"{node}{(pool.HidesClient ? "hidden_" : "")}pick_{pool.Targets.Count}{sticky}";
        var rule = $"add rule ip {Table} {name}";
        var draw = $"{rule} meta mark set numgen random mod {pool.Targets.Count}{(pool.HidesClient ? $" offset {HideClientMark}" : "")}\n";
        var lead = $"{rule} dnat ip to {(frontend.Address is null ? NodeKey : FrontendKey)} . meta mark map @{node}backends\n";
        var remember = $"{rule} meta mark set ip saddr . {FrontendKey} map @{Remembered}\n{rule} update @{Remembered} {{ ip saddr . {FrontendKey} timeout {pool.StickySeconds}s : meta mark }}\n";
        return (name, sticky.Length == 0 ? draw + lead : draw + remember + lead + draw + lead);
    }

    static string Protocol(Frontend frontend) => frontend.Protocol switch
    {
        PortProtocol.TCP => "tcp",
        PortProtocol.UDP => "udp",
        PortProtocol.SCTP => "sctp",
    };

    static void To(SortedDictionary<string, List<string>> lists, string map, string element)
    {
        if (!lists.TryGetValue(map, out var list)) lists[map] = list = [];
        list.Add(element);
    }
}
