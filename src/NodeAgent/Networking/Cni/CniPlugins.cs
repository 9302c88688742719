using System.Text.Json;
using System.Text.Json.Nodes;
using Orchestrator.Model.Pods;
using Orchestrator.NodeAgent.Syscalls;

namespace Orchestrator.NodeAgent.Networking.Cni;

/// <summary>Calls the plugins of a network for a pod, in their order and back. Source: CNI specification 1.0.0, sections 2 to 5.</summary>
/// <param name="directories">Where the programs are looked for, in turn.</param>
sealed class CniPlugins(NetworkNamespace home, IReadOnlyList<string> directories)
{
    public const string Interface = "eth0";

    const string PortMappings = "portMappings", Shaping = "bandwidth";

    /// <summary>Some ask a server for addresses.</summary>
    static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);

    /// <summary>Connects a pod; hands back what the last plugin says of it.</summary>
    /// <exception cref="IOException">A plugin refuses; what others have made stands, and <see cref="DeleteAsync"/> takes it away.</exception>
    public async Task<JsonObject> AddAsync(CniNetwork network, Pod pod, string networkNamespace, CancellationToken cancel)
    {
        JsonObject? result = null;
        foreach (var plugin in network.Plugins)
        {
            var said = await RunAsync("ADD", network, plugin, pod, networkNamespace, result, cancel);
            result = Parse(said) ?? throw new IOException($"CNI plugin {plugin["type"]}: ADD has no result: {said}");
        }

        return result!; // there is at least one plugin
    }

    /// <summary>Asks whether all is still as it was made.</summary>
    /// <exception cref="IOException">It is not.</exception>
    public async Task CheckAsync(CniNetwork network, Pod pod, string networkNamespace, JsonObject result, CancellationToken cancel)
    {
        foreach (var plugin in network.Plugins) await RunAsync("CHECK", network, plugin, pod, networkNamespace, result, cancel);
    }

    /// <summary>Disconnects a pod; what is not there any more is fine.</summary>
    /// <param name="result">Of the pod's ADD; null where it did not come to its end.</param>
    /// <exception cref="IOException">A plugin refuses.</exception>
    public async Task DeleteAsync(CniNetwork network, Pod pod, string networkNamespace, JsonObject? result, CancellationToken cancel)
    {
        foreach (var plugin in network.Plugins.Reverse()) await RunAsync("DEL", network, plugin, pod, networkNamespace, result, cancel);
    }

    async Task<string> RunAsync(string operation, CniNetwork network, JsonObject plugin, Pod pod, string networkNamespace, JsonObject? result, CancellationToken cancel)
    {
        var type = (string)plugin["type"]!; // a network is made of such only
        var program = directories.Select(directory => Path.Combine(directory, type)).FirstOrDefault(File.Exists)
            ?? throw new IOException($"CNI plugin {type} is in none of {string.Join(", ", directories)}");
        List<string> command = home.Path is null ? ["env"] : ["nsenter", $"--net={home.Path}", "env"];
        command.AddRange(
        [
            $"CNI_COMMAND={operation}", $"CNI_CONTAINERID={pod.Metadata.Uid}", $"CNI_NETNS={networkNamespace}", $"CNI_IFNAME={Interface}", $"CNI_PATH={string.Join(':', directories)}",
            $"CNI_ARGS=IgnoreUnknown=1;K8S_POD_NAMESPACE={pod.Namespace};K8S_POD_NAME={pod.Name};K8S_POD_INFRA_CONTAINER_ID={pod.Metadata.Uid};K8S_POD_UID={pod.Metadata.Uid}", program,
        ]);
        var ended = await ExternalProgram.RunAsync(command, Timeout, cancel, Configuration(network, plugin, pod, result).ToJsonString());
        return ended.ExitCode == 0 ? ended.StandardOutput : throw new IOException($"CNI plugin {type}: {operation} for network {network.Name}: {ErrorOf(ended)}");
    }

    /// <summary>A plugin's own configuration, and what the runtime adds to it.</summary>
    static JsonObject Configuration(CniNetwork network, JsonObject plugin, Pod pod, JsonObject? result)
    {
        var configuration = plugin.DeepClone().AsObject();
        configuration.Remove("capabilities");
        configuration["name"] = network.Name;
        configuration["cniVersion"] = network.Version;
        if (result is not null) configuration["prevResult"] = result.DeepClone();
        JsonObject asked = [];
        if (CniNetwork.Offers(plugin, PortMappings)) asked[PortMappings] = PortsOf(pod);
        if (CniNetwork.Offers(plugin, Shaping) && Bandwidth.Read(pod.Metadata.Annotations, static (_, _) => { }) is var bandwidth && bandwidth != Bandwidth.Unlimited) asked[Shaping] = Rates(bandwidth);
        if (asked.Count > 0) configuration["runtimeConfig"] = asked;
        return configuration;
    }

    static JsonArray PortsOf(Pod pod) =>
    [
        .. from container in pod.Spec.Containers
           from port in container.Ports
           where port.HostPort is not null
           let mapping = new JsonObject { ["hostPort"] = port.HostPort, ["containerPort"] = port.Port, ["protocol"] = port.Protocol.ToString().ToLowerInvariant() }
           select port.HostIP is { Length: > 0 } own ? new JsonObject(mapping.Select(static each => KeyValuePair.Create(each.Key, each.Value?.DeepClone()))) { ["hostIP"] = own } : mapping,
    ];

    // Bursts are bits, and as the kubelet has them: what fits.
    static JsonObject Rates(Bandwidth bandwidth)
    {
        JsonObject rates = [];
        if (bandwidth.Ingress is { } received) (rates["ingressRate"], rates["ingressBurst"]) = (received, int.MaxValue);
        if (bandwidth.Egress is { } sent) (rates["egressRate"], rates["egressBurst"]) = (sent, int.MaxValue);
        return rates;
    }

    static string ErrorOf(ProgramResult ended) => Parse(ended.StandardOutput) is { } error && error["msg"] is { } message
        ? $"{message}{(error["details"] is { } details && $"{details}".Length > 0 ? $": {details}" : "")} (code {error["code"]})"
        : $"it ended with {ended.ExitCode}: {ended.Output}";

    static JsonObject? Parse(string text)
    {
        try
        {
            return JsonNode.Parse(text) as JsonObject;
        }
        catch (JsonException)
        {
            return null; // the caller says what it got
        }
    }
}
