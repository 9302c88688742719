using Microsoft.Extensions.Logging;
using Orchestrator.NodeAgent.Containers;
using Orchestrator.NodeAgent.Contents;
using Orchestrator.NodeAgent.Images;
using Orchestrator.NodeAgent.Journal;
using Orchestrator.NodeAgent.Logs;
using Orchestrator.NodeAgent.Metrics;
using Orchestrator.NodeAgent.Networking;
using Orchestrator.NodeAgent.Networking.Cni;
using Orchestrator.NodeAgent.Networking.Names;
using Orchestrator.NodeAgent.Networking.Policies;
using Orchestrator.NodeAgent.Networking.Services;
using Orchestrator.NodeAgent.Pods;
using Orchestrator.NodeAgent.Pressure;
using Orchestrator.NodeAgent.Probes;
using Orchestrator.NodeAgent.Session;
using Orchestrator.NodeAgent.Streams;
using Orchestrator.NodeAgent.Syscalls;
using Orchestrator.NodeAgent.Volumes;

namespace Orchestrator.NodeAgent;

/// <summary>
/// The node agent: runs the pods that the control plane binds to this machine, and goes on with them while no server is
/// there. Ending it leaves the containers running; the next agent on the same directories takes them up again.
/// </summary>
public sealed partial class NodeAgentService(NodeAgentOptions options, ILogger<NodeAgentService> log, TimeProvider? clock = null)
{
    /// <summary>Runs until cancelled. Trouble with pods, registries or servers never ends it.</summary>
    /// <exception cref="IOException">Its directories can't be used.</exception>
    public async Task RunAsync(CancellationToken cancel)
    {
        var time = clock ?? TimeProvider.System;
        var data = PrivateDirectory.Make(options.DataDirectory);
        PrivateDirectory.Make(options.RunDirectory);
        using var images = OpenImages(options);
        images.Sweep();
        NetworkNamespace home = new(options.NetworkNamespace);
        PodJournal journal = new(Path.Combine(data, "pods"));
        AgentNetwork network = new(new NodeNetwork(home, new AddressPool(Path.Combine(data, "addresses")), options.BridgeName), journal);
        OciRuntime runtime = new(options.RuntimeProgram, Path.Combine(options.RunDirectory, "runtime"));
        PodPlaces places = new(data, options.RunDirectory);
        using PolicyFilter policies = new(home, time, log);
        using HostPorts ports = new(home);
        ServiceFollower services = new(options.NodeName, new ServiceMaps(home, options.NodeName, log), policies, journal, time, log);
        Withdrawals withdrawals = new(network.Node, time, log);
        ContentStore contents = new(journal);
        NodeLease lease = new(time);
        Upstream upstream = new(options.ResolvConf, time);
        VolumeStore volumes = new(Path.Combine(data, "volumes"), Path.Combine(data, "claims"));
        PodActions actions = new(options, places, images, network, withdrawals, volumes, contents, new TerminationMessages(places, time),
            runtime, new ProbeRunner(home, runtime, time), upstream, policies, ports, CniOf(options, home, places), journal, lease, time);
        ReportBox reports = new();
        await using AgentPods pods = new(options, actions, journal, reports, time, log);
        await RestoreNetworkAsync(network, cancel);
        await services.RestoreAsync(cancel);
        pods.Restore();
        await RestorePoliciesAsync(policies, ports, pods, cancel);
        CallServer calls = new(options, pods, images, new ContainerLogs(places, time), new ContainerExec(runtime, places, PrivateDirectory.Make(Path.Combine(options.RunDirectory, "exec"))), new PodForward(home, places), new VolumeDiscard(pods, contents, volumes), log);
        DriveInfo disk = new(data);
        ImageGarbage garbage = new(images, pods.ImagesInUse, () => (int)(100 - (100 * disk.AvailableFreeSpace / Math.Max(1, disk.TotalSize))), options, time, log);
        PressureWatch pressure = new(options, pods, places, volumes, garbage, time, log);
        Announcer announcer = new(home, options.Address, options.NodeName, () => services.Objects, lease, time, log);
        var session = new ControlPlaneSession(options, pods, contents, network, reports, calls, services, withdrawals, new Meter(options, time), pressure, lease, time, log).RunAsync(cancel);
        await Task.WhenAll(session, withdrawals.RunAsync(cancel), services.KeepAsync(cancel), garbage.RunAsync(cancel), pressure.RunAsync(cancel), announcer.RunAsync(cancel), policies.RunAsync(() => pods.All().Select(runner => runner.Pod), cancel), AnswerNamesAsync());

        async Task AnswerNamesAsync()
        {
            await Task.WhenAny(network.Known, Task.Delay(Timeout.InfiniteTimeSpan, time, cancel));
            if (cancel.IsCancellationRequested) return;
            var known = await network.Known;
            await new NameServer(home, () => services.Told, upstream, time, log).RunAsync(known.OwnRange, known.ClusterRange, cancel);
        }
    }

    /// <summary>Opens the image store that an agent with these options has: for imports on the machine itself.</summary>
    public static ImageStore OpenImages(NodeAgentOptions options) =>
        new(options.NodeName, Path.Combine(options.DataDirectory, "images"), options.Registries, options.ImageLimits);

    internal static CniPods CniOf(NodeAgentOptions options, NetworkNamespace home, PodPlaces places) => new(home, options.CniConfigurations, options.CniPlugins, places.CniOf);

    async Task RestoreNetworkAsync(AgentNetwork network, CancellationToken cancel)
    {
        try
        {
            foreach (var problem in await network.RestoreAsync(cancel))
                LogRestore(log, problem);
        }
        catch (Exception e) when (e is IOException or System.Text.Json.JsonException)
        {
            LogRestore(log, e.Message);
        }
    }

    async Task RestorePoliciesAsync(PolicyFilter policies, HostPorts ports, AgentPods pods, CancellationToken cancel)
    {
        try
        {
            var standing = pods.All().Where(runner => runner.Facts.PodIp is not null && !runner.Pod.Spec.HostNetwork).Select(runner => new LocalPod(runner.Pod, runner.Facts.PodIp!)).ToList(); // asked for
            await policies.RestoreAsync(standing, cancel);
            await ports.RestoreAsync(standing, cancel);
        }
        catch (Exception e) when (e is IOException or TimeoutException)
        {
            LogRestore(log, e.Message);
        }
    }

    [LoggerMessage(150, LogLevel.Error, "the pod network of before can't be restored: {Problem}")]
    private static partial void LogRestore(ILogger log, string problem);
}
