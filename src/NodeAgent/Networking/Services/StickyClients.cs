using System.Globalization;
using System.Text.Json;
using Orchestrator.Model.Pods;
using Orchestrator.Reconcile.Services;

namespace Orchestrator.NodeAgent.Networking.Services;

/// <summary>
/// The clients that stay with a pod, as the kernel remembers them: by the number that their pod had. When numbers change hands, clients go along with
/// their pod; those of a pod that is gone are forgotten.
/// </summary>
static class StickyClients
{
    public static async Task FollowAsync(NetworkNamespace home, IReadOnlyList<PoolChange> changes, CancellationToken cancel)
    {
        using var list = JsonDocument.Parse(await Nft.TextAsync(home, ["-j", "-n", "list", "map", "ip", ServiceRules.Table, ServiceRules.Remembered], null, cancel));
        var byFrontend = changes.ToDictionary(change => change.Frontend);
        List<string> gone = [], moved = [];
        foreach (var element in Elements(list.RootElement))
        {
            var key = Inner(element[0]).GetProperty("concat").EnumerateArray().Select(part => part.ToString()).ToList();
            var number = Convert.ToUInt32(element[1].ToString(), CultureInfo.InvariantCulture);
            if (key is not [_, var service, var protocol, var port] || !TryFind(byFrontend, service, protocol, port, out var change)) continue;
            var place = (int)(number - ServiceRules.Number(change.Before!, 0));
            var stays = place >= 0 && place < change.Before!.Targets.Count ? Place(change.After!, change.Before.Targets[place]) : -1;
            if (stays == place) continue;
            gone.Add(string.Join(" . ", key));
            if (stays >= 0) moved.Add($"{string.Join(" . ", key)} timeout {change.After!.StickySeconds}s : {ServiceRules.Number(change.After, stays)}");
        }

        if (gone.Count == 0) return;
        var rules = $"delete element ip {ServiceRules.Table} {ServiceRules.Remembered} {{ {string.Join(", ", gone)} }}\n";
        if (moved.Count > 0) rules += $"add element ip {ServiceRules.Table} {ServiceRules.Remembered} {{ {string.Join(", ", moved)} }}\n";
        await Nft.RunAsync(home, rules, cancel);
    }

    static int Place(TargetPool pool, Target target)
    {
        for (var i = 0; i < pool.Targets.Count; i++)
            if (pool.Targets[i] == target) return i;
        return -1;
    }

    // Protocol numbers of RFC 5237's registry.
    static bool TryFind(Dictionary<Frontend, PoolChange> changes, string service, string protocol, string port, out PoolChange change)
    {
        change = null!; // set when true is handed back
        if (!int.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number)) return false;
        var kind = protocol switch
        {
            "6" or "tcp" => PortProtocol.TCP,
            "17" or "udp" => PortProtocol.UDP,
            _ => PortProtocol.SCTP,
        };
        return changes.TryGetValue(new Frontend(service, kind, number), out change!) || changes.TryGetValue(new Frontend(null, kind, number), out change!);
    }

    // Pairs of key and value; a key with a timeout is wrapped (libnftables-json(5)).
    static IEnumerable<JsonElement> Elements(JsonElement list) => list.GetProperty("nftables").EnumerateArray()
        .Where(item => item.TryGetProperty("map", out _)).SelectMany(item => item.GetProperty("map").TryGetProperty("elem", out var elements) ? elements.EnumerateArray().ToList() : []);

    static JsonElement Inner(JsonElement key) => key.TryGetProperty("elem", out var element) ? element.GetProperty("val") : key;
}
