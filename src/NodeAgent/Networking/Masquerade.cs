using Orchestrator.NodeAgent.Networking.Policies;
using Orchestrator.NodeAgent.Networking.Services;

namespace Orchestrator.NodeAgent.Networking;

/// <summary>
/// Source translation: for packets that leave the pods' range, for connections from outside that go on to other nodes, and for a pod that reaches itself
/// through a service. One nftables table of our own, replaced in one transaction.
/// </summary>
static class Masquerade
{
    const string Table = "orch_nat";

    public static Task SetAsync(NetworkNamespace home, ClusterNetwork network, string bridge, CancellationToken cancel)
    {
        var selves = Enumerable.Range(1, (int)network.OwnRange.Count - 2).Select(offset => network.OwnRange.At(offset)).Select(address => $"{address} . {address}");
        return Nft.RunAsync(home,
            $$"""
            table ip {{Table}} { }
            delete table ip {{Table}}
            table ip {{Table}} {
                set selves {
                    type ipv4_addr . ipv4_addr
                    elements = { {{string.Join(", ", selves)}} }
                }
                chain postrouting {
                    type nat hook postrouting priority 100; policy accept;
                    meta mark & {{ServiceRules.HideClientMark}} != 0 ct status dnat masquerade
                    ct status dnat ip saddr . ip daddr @selves masquerade
                    ip saddr {{network.OwnRange}} ip daddr != {{network.ClusterRange}} oifname != "{{bridge}}" masquerade
                }
            }

            """, cancel);
    }

    public static Task RemoveAsync(NetworkNamespace home, CancellationToken cancel) => Nft.RunAsync(home,
        $"table ip {Table} {{ }}\ndelete table ip {Table}\ntable ip {ServiceRules.Table} {{ }}\ndelete table ip {ServiceRules.Table}\n{PolicyRules.None}", cancel);
}
