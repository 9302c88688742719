using System.Globalization;
using System.Runtime.InteropServices;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Nodes;
using Orchestrator.Model.Pods;
using Orchestrator.Model.Values;
using Orchestrator.NodeAgent.Metrics;
using Orchestrator.NodeAgent.Pressure;
using Orchestrator.Reconcile.Nodes;

namespace Orchestrator.NodeAgent.Session;

/// <summary>
/// What this machine is and has, as the Node object tells it.
/// </summary>
static class MachineFacts
{
    const long MillicoresPerCore = 1000;

    public static Node Describe(NodeAgentOptions options)
    {
        var capacity = Capacity(options);
        return new Node
        {
            Metadata = new ObjectMeta { Name = options.NodeName, Labels = Labels(options) },
            Spec = new NodeSpec { Taints = [.. options.Taints.Select(JoinTaints.Parse)] },
            Status = new NodeStatus
            {
                Capacity = capacity,
                Allocatable = SystemReserve.Allocatable(capacity, options),
                FenceSeconds = (int)NodeLease.Fence.TotalSeconds,
                Addresses =
                [
                    new NodeAddress { Type = NodeAddress.InternalIp, Address = options.Address.ToString() },
                    new NodeAddress { Type = "Hostname", Address = options.NodeName },
                ],
                NodeInfo = new NodeInfo
                {
                    Architecture = Images.ImagePull.Architecture,
                    OperatingSystem = "linux",
                    OsImage = OsImage(),
                    KernelVersion = File.ReadAllText("/proc/sys/kernel/osrelease").Trim(),
                    ContainerRuntimeVersion = Path.GetFileName(options.RuntimeProgram),
                    AgentVersion = typeof(MachineFacts).Assembly.GetName().Version?.ToString(3),
                },
            },
        };
    }

    /// <summary>What the node has for its pods.</summary>
    public static Dictionary<string, Quantity> Capacity(NodeAgentOptions options) => new()
    {
        [ResourceNames.Cpu] = Quantity.FromMillicores(options.CpuMillicores ?? Environment.ProcessorCount * MillicoresPerCore),
        [ResourceNames.Memory] = Quantity.FromBytes(options.MemoryBytes ?? MachineConsumption.Bytes(File.ReadAllLines("/proc/meminfo"), "MemTotal:")),
        [ResourceNames.EphemeralStorage] = Quantity.FromBytes(Supplies.Read(options.DataDirectory)[Signal.Disk].Capacity),
        [ResourceNames.Pods] = Quantity.FromCount(options.MaxPods),
    };

    /// <summary>Without CAP_SYS_RESOURCE a process can give its children no oom_score_adj below its own (proc_pid_oom_score_adj(5)).</summary>
    public static int LeastOomScore()
    {
        const string effective = "CapEff:";
        const int sysResource = 24;
        var line = File.ReadLines("/proc/self/status").First(text => text.StartsWith(effective, StringComparison.Ordinal));
        var capabilities = ulong.Parse(line[effective.Length..].Trim(), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        return (capabilities >> sysResource & 1) == 1 ? -1000 : int.Parse(File.ReadAllText("/proc/self/oom_score_adj"), CultureInfo.InvariantCulture);
    }

    // The well-known labels, under those the operator gave.
    static Dictionary<string, string> Labels(NodeAgentOptions options)
    {
        Dictionary<string, string> labels = new()
        {
            ["kubernetes.io/hostname"] = options.NodeName,
            ["kubernetes.io/os"] = "linux",
            ["kubernetes.io/arch"] = Images.ImagePull.Architecture,
        };
        foreach (var (key, value) in options.Labels)
            labels[key] = value;
        return labels;
    }

    static string OsImage()
    {
        const string Key = "PRETTY_NAME=";
        var line = File.Exists("/etc/os-release") ? File.ReadLines("/etc/os-release").FirstOrDefault(text => text.StartsWith(Key, StringComparison.Ordinal)) : null;
        return line?[Key.Length..].Trim('"') ?? RuntimeInformation.OSDescription;
    }
}
