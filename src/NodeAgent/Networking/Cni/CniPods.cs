using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Orchestrator.Model;
using Orchestrator.Model.Pods;
using Orchestrator.NodeAgent.Networking.Netlink;
using Orchestrator.NodeAgent.Syscalls;

namespace Orchestrator.NodeAgent.Networking.Cni;

/// <summary>
/// Connects the pods of a node by CNI plugins instead of by the node's own network, for those who have one. What a pod was connected by is kept with it, so that it is disconnected by the
/// same, whatever the configuration says by then.
/// </summary>
/// <param name="configurations">The directory of the network configuration: the first file counts. Null where pods are connected by the node's own network: those that plugins have connected are still disconnected by them.</param>
/// <param name="directories">Where the plugins are.</param>
/// <param name="recordOf">Where the record of a pod is kept, by its uid: over restarts of the machine, because plugins keep theirs.</param>
sealed class CniPods(NetworkNamespace home, string? configurations, IReadOnlyList<string> directories, Func<string, string> recordOf)
{
    readonly CniPlugins _plugins = new(home, directories);

    /// <summary>Whether pods are to be connected by plugins.</summary>
    public bool IsChosen => configurations is not null;

    /// <summary>Connects a pod, or finds that it is connected. Hands back its address, and whether the plugins lead the node's ports to it.</summary>
    /// <exception cref="IOException">There is no such network, or a plugin refuses.</exception>
    public async Task<(IPAddress Address, bool MapsPorts)> AttachAsync(Pod pod, string networkNamespace, CancellationToken cancel)
    {
        var uid = pod.Metadata.Uid!; // taken on only with one
        if (Load(uid) is { } before)
        {
            if (await IsAsItWasAsync(before, networkNamespace, cancel)) return (AddressOf(before.Result!), before.Network.Offers("portMappings")); // it was made to its end
            await DetachAsync(uid, networkNamespace, cancel);
        }

        new NetworkNamespace(networkNamespace).Run(static () =>
        {
            using NetlinkSocket socket = new();
            Links links = new(socket);
            links.SetUp(links.Index("lo"));
        });
        var network = CniNetwork.Read(configurations ?? throw new InvalidOperationException("no network configuration is named"));
        Save(uid, network, pod, null); // before anything is made: what is made by halves has to go, too
        var result = await _plugins.AddAsync(network, pod, networkNamespace, cancel);
        Save(uid, network, pod, result);
        return (AddressOf(result), network.Offers("portMappings"));
    }

    /// <summary>Disconnects a pod. One that was never connected is fine.</summary>
    /// <exception cref="IOException">A plugin refuses.</exception>
    public async Task DetachAsync(string uid, string networkNamespace, CancellationToken cancel)
    {
        if (Load(uid) is not { } record) return;
        await _plugins.DeleteAsync(record.Network, record.Pod, File.Exists(networkNamespace) ? networkNamespace : "", record.Result, cancel);
        File.Delete(recordOf(uid));
    }

    async Task<bool> IsAsItWasAsync(Record record, string networkNamespace, CancellationToken cancel)
    {
        if (record.Result is not { } result || !record.Network.CanCheck) return false;
        try
        {
            await _plugins.CheckAsync(record.Network, record.Pod, networkNamespace, result, cancel);
            return true;
        }
        catch (IOException)
        {
            return false; // then it is made anew
        }
    }

    static IPAddress AddressOf(JsonObject result)
    {
        foreach (var each in result["ips"] as JsonArray ?? [])
        {
            if ((string?)each?["address"] is { } text && IPAddress.TryParse(text.Split('/')[0], out var address) && address.AddressFamily == AddressFamily.InterNetwork) return address;
        }

        throw new IOException($"the CNI plugins have given the pod no IPv4 address: {result.ToJsonString()}");
    }

    sealed record Record(CniNetwork Network, Pod Pod, JsonObject? Result);

    void Save(string uid, CniNetwork network, Pod pod, JsonObject? result)
    {
        JsonObject list = new()
        {
            ["name"] = network.Name, ["cniVersion"] = network.Version, ["disableCheck"] = !network.CanCheck, ["plugins"] = new JsonArray([.. network.Plugins.Select(static plugin => plugin.DeepClone())]),
        };
        JsonObject record = new() { ["network"] = list, ["pod"] = JsonNode.Parse(ModelJson.Encode(pod)), ["result"] = result?.DeepClone() };
        PrivateDirectory.Make(Path.GetDirectoryName(recordOf(uid))!); // a file has one
        PrivateDirectory.WriteFile(recordOf(uid), Encoding.UTF8.GetBytes(record.ToJsonString()));
    }

    Record? Load(string uid)
    {
        if (!File.Exists(recordOf(uid))) return null;
        try
        {
            var record = JsonNode.Parse(File.ReadAllText(recordOf(uid)))!.AsObject(); // written above
            return new Record(CniNetwork.Parse(record["network"]!.ToJsonString()), ModelJson.Decode<Pod>(Encoding.UTF8.GetBytes(record["pod"]!.ToJsonString())), record["result"]?.AsObject());
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException)
        {
            throw new IOException($"{recordOf(uid)} is damaged: {e.Message}", e);
        }
    }
}
