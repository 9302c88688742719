using Orchestrator.NodeAgent.Syscalls;

namespace Orchestrator.NodeAgent.Networking;

/// <summary>
/// Source translation for packets that leave the pods' range: one nftables table of our own, replaced in one transaction.
/// </summary>
static class Masquerade
{
    const string Table = "orch_nat";
    static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    public static Task SetAsync(NetworkNamespace home, ClusterNetwork network, string bridge, CancellationToken cancel) => NftAsync(home,
        $$"""
        table ip {{Table}} { }
        delete table ip {{Table}}
        table ip {{Table}} {
            chain postrouting {
                type nat hook postrouting priority 100; policy accept;
                ip saddr {{network.OwnRange}} ip daddr != {{network.ClusterRange}} oifname != "{{bridge}}" masquerade
            }
        }

        """, cancel);

    public static Task RemoveAsync(NetworkNamespace home, CancellationToken cancel) =>
        NftAsync(home, $"table ip {Table} {{ }}\ndelete table ip {Table}\n", cancel);

    static async Task NftAsync(NetworkNamespace home, string rules, CancellationToken cancel)
    {
        string[] command = home.Path is null ? ["nft", "-f", "-"] : ["nsenter", $"--net={home.Path}", "nft", "-f", "-"];
        var result = await ExternalProgram.RunAsync(command, Timeout, cancel, input: rules);
        if (result.ExitCode != 0)
            throw new IOException($"nft refuses the masquerading rules: {result.Output}");
    }
}
