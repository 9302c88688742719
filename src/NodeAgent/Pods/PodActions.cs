using System.Net;
using Orchestrator.Model.Pods;
using Orchestrator.Model.Values;
using Orchestrator.NodeAgent.Containers;
using Orchestrator.NodeAgent.Contents;
using Orchestrator.NodeAgent.Images;
using Orchestrator.NodeAgent.Journal;
using Orchestrator.NodeAgent.Networking;
using Orchestrator.NodeAgent.Networking.Cni;
using Orchestrator.NodeAgent.Networking.Names;
using Orchestrator.NodeAgent.Networking.Policies;
using Orchestrator.NodeAgent.Probes;
using Orchestrator.NodeAgent.Session;
using Orchestrator.NodeAgent.Syscalls;
using Orchestrator.NodeAgent.Volumes;
using Orchestrator.Reconcile.Pods;

namespace Orchestrator.NodeAgent.Pods;

/// <summary>
/// Does one step for a pod and tells what came of it. No choices are made here, and every step can be done again.
/// </summary>
sealed class PodActions(
    NodeAgentOptions options, PodPlaces places, ImageStore images, AgentNetwork network, Withdrawals withdrawals, VolumeStore volumes,
    ContentStore contents, TerminationMessages messages, OciRuntime runtime, ProbeRunner probes, Upstream names, PolicyFilter policies, HostPorts ports, CniPods cni, PodJournal journal, NodeLease lease, TimeProvider time)
{
    const int SigKill = 9;

    readonly UserRanges _users = new(places);
    readonly int _leastOomScore = MachineFacts.LeastOomScore();
    readonly IReadOnlyDictionary<string, Quantity> _allocatable = MachineFacts.Capacity(options);

    public OciRuntime Runtime => runtime;

    public PodPlaces Places => places;

    public TerminationMessages Messages => messages;

    /// <summary>Lets a pod that must run at most once go on until the node's lease is over, and a little longer.</summary>
    /// <exception cref="ShimException">Its shim does not answer.</exception>
    public Task PutOffFenceAsync(string uid, CancellationToken cancel) => ShimOf(uid).FenceAsync(lease.Remaining + NodeLease.Patience, cancel);

    public ShimClient ShimOf(string uid) => new(places.RunOf(uid));

    /// <summary>True while the pod's namespaces stand: they don't outlive a restart of the machine.</summary>
    public bool IsStanding(string uid) => MountTable.IsMountPoint(places.NamespacesOf(uid).Ipc);

    public async Task<PodEvent> RunAsync(PodStep step, Pod pod, PodFacts facts, CancellationToken cancel)
    {
        var uid = pod.Metadata.Uid!; // Taken on only with one.
        // The caller's loop goes on while this works.
        await Task.Yield();
        return step switch
        {
            PodStep.SetUp => await SetUpAsync(pod, uid, cancel),
            PodStep.Refresh refresh => Refresh(pod, uid, refresh, facts),
            PodStep.Pull pull => await PullAsync(pod, pull.Container, cancel),
            PodStep.Create create => await CreateAsync(pod, uid, create, facts, cancel),
            PodStep.Start start => await StartAsync(uid, start, cancel),
            PodStep.Probe probe => await ProbeAsync(pod, uid, probe, facts, cancel),
            PodStep.PostStart hook => await PostStartAsync(pod, uid, hook, facts, cancel),
            PodStep.PreStop hook => await PreStopAsync(pod, uid, hook, facts, cancel),
            PodStep.Signal signal => await SignalAsync(pod, uid, signal, facts, cancel),
            PodStep.Kill kill => await KillAsync(uid, kill, cancel),
            PodStep.Delete delete => await DeleteAsync(uid, delete, cancel),
            PodStep.TearDown => await TearDownAsync(uid, cancel),
            PodStep.Remove => Remove(uid),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    }

    async Task<PodEvent> SetUpAsync(Pod pod, string uid, CancellationToken cancel)
    {
        try
        {
            PrivateDirectory.Make(places.RunOf(uid));
            var namespaces = places.NamespacesOf(uid);
            var range = pod.Spec.HostNetwork ? null : network.OwnRange;
            namespaces.Make(PodEtc.HostnameOf(pod), pod.Spec.HostNetwork, pod.Spec.HostUsers == false ? _users.Take(uid) : null);
            var address = range is null ? options.Address : await ConnectAsync(pod, uid, namespaces, range, cancel);

            volumes.Make(ContentOf(pod, address.ToString()), uid);
            PodEtc.Write(places.EtcOf(uid), pod, address.ToString(), ResolvConf.For(pod, network.NameServer?.ToString(), names.Machine()));
            await runtime.EnsureShimAsync(places.RunOf(uid), cancel);
            return new PodEvent.SetUpDone(address.ToString());
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            return new PodEvent.SetUpFailed(Explain(e));
        }
    }

    async Task<IPAddress> ConnectAsync(Pod pod, string uid, PodNamespaces namespaces, AddressRange range, CancellationToken cancel)
    {
        var (address, mapsPorts) = cni.IsChosen
            ? await cni.AttachAsync(pod, namespaces.Network, cancel)
            : (network.Node.Attach(uid, namespaces, range, Bandwidth.Read(pod.Metadata.Annotations, static (_, _) => { })), MapsPorts: false); // admission has looked at them
        await policies.AdmitAsync(pod, address.ToString(), cancel);
        if (!mapsPorts) await ports.OpenAsync(new LocalPod(pod, address.ToString()), cancel);
        return address;
    }

    PodEvent Refresh(Pod pod, string uid, PodStep.Refresh step, PodFacts facts)
    {
        try
        {
            volumes.Refresh(ContentOf(pod, facts.PodIp), uid);
            return new PodEvent.Refreshed(step.Version);
        }
        catch (IOException e)
        {
            return new PodEvent.RefreshFailed(step.Version, Explain(e));
        }
    }

    async Task<PodEvent> PullAsync(Pod pod, string name, CancellationToken cancel)
    {
        var container = Find(pod, name);
        try
        {
            var image = await images.EnsureAsync(container.Image, container.ImagePullPolicy, cancel);
            return new PodEvent.Pulled(name, $"{image.Name.Registry}/{image.Name.Repository}@{image.Content.Manifest}");
        }
        catch (ImageException e)
        {
            var reason = e.Fault switch
            {
                ImageFault.BadName => "InvalidImageName",
                ImageFault.NeverPulled => "ErrImageNeverPull",
                ImageFault.NotFound or ImageFault.Unauthorized or ImageFault.Unreachable or ImageFault.Invalid => "ErrImagePull",
            };
            return new PodEvent.PullFailed(name, reason, e.Message);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            return new PodEvent.PullFailed(name, "ErrImagePull", Explain(e));
        }
    }

    async Task<PodEvent> CreateAsync(Pod pod, string uid, PodStep.Create step, PodFacts facts, CancellationToken cancel)
    {
        var id = PodPlaces.IdOf(uid, step.Container, step.Instance);
        try
        {
            await ClearAsync(uid, id, cancel);

            if (AgentPods.RunsAtMostOnce(pod))
            {
                if (lease.Remaining <= TimeSpan.Zero)
                    return new PodEvent.CreateFailed(step.Container, step.Instance, PodEvent.LeaseLost, Explain("the node's lease is over: the pod may run elsewhere by now"));

                // Before there is anything to run: the shim is new, or was fenced before.
                await PutOffFenceAsync(uid, cancel);
            }

            var container = Find(pod, step.Container);
            var imageId = facts.Of(step.Container).ImageId ?? throw new InvalidOperationException("its image was not pulled");
            var image = await images.OpenAsync(container.Image, Digest.Parse(imageId[(imageId.IndexOf('@', StringComparison.Ordinal) + 1)..]), cancel);
            var namespaces = places.NamespacesOf(uid);
            var users = _users.Find(uid);
            ContainerPlace place = new()
            {
                Content = ContentOf(pod, facts.PodIp),
                Container = container,
                Image = image,
                Rootfs = RootFilesystem.Mount(image.Layers, places.LayersOf(uid, id), users),
                CgroupsPath = options.CgroupOf(uid, container.Name),
                Mounts = [.. PodEtc.Mounts(places.EtcOf(uid)), .. volumes.MountsOf(ContentOf(pod, facts.PodIp), container, uid), messages.Make(uid, container)],
                NetworkNamespace = pod.Spec.HostNetwork ? options.NetworkNamespace : namespaces.Network,
                IpcNamespace = namespaces.Ipc,
                UtsNamespace = pod.Spec.HostNetwork ? null : namespaces.Uts,
                UserNamespace = users?.Namespace,
                LeastOomScore = _leastOomScore,
                SeccompProfiles = Path.Combine(options.DataDirectory, "seccomp"),
            };
            var bundle = PrivateDirectory.Make(places.BundleOf(uid, id));
            await File.WriteAllBytesAsync(Path.Combine(bundle, "config.json"), OciConfig.Make(place), cancel);
            var log = places.LogOf(uid, step.Container, step.Instance);
            PrivateDirectory.Make(Path.GetDirectoryName(log)!);
            DropOldLogs(log, step.Instance);
            await ShimOf(uid).CreateAsync(id, bundle, log, cancel);
            return new PodEvent.Created(step.Container, step.Instance);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            return new PodEvent.CreateFailed(step.Container, step.Instance, e is MissingContentException ? "CreateContainerConfigError" : "CreateContainerError", Explain(e));
        }
    }

    async Task<PodEvent> StartAsync(string uid, PodStep.Start step, CancellationToken cancel)
    {
        try
        {
            await ShimOf(uid).StartAsync(PodPlaces.IdOf(uid, step.Container, step.Instance), cancel);
            return new PodEvent.Started(step.Container, step.Instance, time.GetUtcNow());
        }
        catch (ShimException e)
        {
            return new PodEvent.StartFailed(step.Container, step.Instance, Explain(e));
        }
    }

    async Task<PodEvent> ProbeAsync(Pod pod, string uid, PodStep.Probe step, PodFacts facts, CancellationToken cancel)
    {
        var begun = time.GetUtcNow();
        var container = Find(pod, step.Container);
        var probe = step.Kind switch
        {
            ProbeKind.Startup => container.StartupProbe,
            ProbeKind.Readiness => container.ReadinessProbe,
            ProbeKind.Liveness => container.LivenessProbe,
        } ?? throw new InvalidOperationException($"container {container.Name} has no {step.Kind} probe");
        var result = await probes.RunAsync(probe, container, PodPlaces.IdOf(uid, step.Container, step.Instance),
            IPAddress.Parse(facts.PodIp ?? IPAddress.Loopback.ToString()), cancel);
        return new PodEvent.Probed(step.Container, step.Instance, step.Kind, result.Succeeded, result.Message, begun);
    }

    async Task<PodEvent> PostStartAsync(Pod pod, string uid, PodStep.PostStart step, PodFacts facts, CancellationToken cancel)
    {
        var container = Find(pod, step.Container);
        var result = await HookAsync(container.Lifecycle?.PostStart, container, PodPlaces.IdOf(uid, step.Container, step.Instance), facts, Timeout.InfiniteTimeSpan, cancel);
        return new PodEvent.PostStarted(step.Container, step.Instance, result.Succeeded ? null : result.Message);
    }

    // However it goes, the container is asked to stop next.
    async Task<PodEvent> PreStopAsync(Pod pod, string uid, PodStep.PreStop step, PodFacts facts, CancellationToken cancel)
    {
        var begun = time.GetUtcNow();
        var container = Find(pod, step.Container);
        if (facts.StopAskedAt is not null) await withdrawals.BeforeStopAsync(uid, cancel);
        await HookAsync(container.Lifecycle?.PreStop, container, PodPlaces.IdOf(uid, step.Container, step.Instance), facts, TimeSpan.FromSeconds(pod.Spec.GraceSeconds()), cancel);
        return new PodEvent.PreStopped(step.Container, step.Instance, step.Because, begun);
    }

    Task<ProbeResult> HookAsync(LifecycleHandler? hook, Container container, string id, PodFacts facts, TimeSpan timeout, CancellationToken cancel) => probes.RunAsync(
        hook ?? throw new InvalidOperationException($"container {container.Name} has no such hook"), container, id,
        IPAddress.Parse(facts.PodIp ?? IPAddress.Loopback.ToString()), timeout, cancel);

    async Task<PodEvent> SignalAsync(Pod pod, string uid, PodStep.Signal step, PodFacts facts, CancellationToken cancel)
    {
        // What is on its way out is first sent nothing new, and then asked to stop, as before its hook; the end of its grace is not moved by that.
        if (facts.StopAskedAt is not null) await withdrawals.BeforeStopAsync(uid, cancel);
        var signal = await StopSignalAsync(pod, step.Container, facts, cancel);
        await ShimOf(uid).KillAsync(PodPlaces.IdOf(uid, step.Container, step.Instance), signal, cancel);
        return new PodEvent.Signalled(step.Container, step.Instance, step.Because);
    }

    async Task<int> StopSignalAsync(Pod pod, string name, PodFacts facts, CancellationToken cancel)
    {
        if (facts.Of(name).ImageId is not { } imageId)
            return Signals.Terminate;
        var image = await images.OpenAsync(Find(pod, name).Image, Digest.Parse(imageId[(imageId.IndexOf('@', StringComparison.Ordinal) + 1)..]), cancel);
        return Signals.Parse(image.Content.Process.StopSignal) ?? Signals.Terminate;
    }

    async Task<PodEvent> KillAsync(string uid, PodStep.Kill step, CancellationToken cancel)
    {
        await ShimOf(uid).KillAsync(PodPlaces.IdOf(uid, step.Container, step.Instance), SigKill, cancel);
        return new PodEvent.Killed(step.Container, step.Instance);
    }

    async Task<PodEvent> DeleteAsync(string uid, PodStep.Delete step, CancellationToken cancel)
    {
        await ClearAsync(uid, PodPlaces.IdOf(uid, step.Container, step.Instance), cancel);
        return new PodEvent.Deleted(step.Container, step.Instance);
    }

    async Task<PodEvent> TearDownAsync(string uid, CancellationToken cancel)
    {
        try
        {
            var shim = ShimOf(uid);
            if (await shim.IsServingAsync(cancel))
            {
                foreach (var left in await shim.ListAsync(cancel))
                    await ClearAsync(uid, left.Id, cancel);
                await shim.StopAsync(cancel);
            }

            await ports.CloseAsync(uid, cancel);
            await cni.DetachAsync(uid, places.NamespacesOf(uid).Network, cancel);
            network.Node.Detach(uid);
            await policies.ForgetAsync(uid, cancel);
            places.NamespacesOf(uid).Remove();
            volumes.Remove(uid);
            Tree.Remove(places.ContainersOf(uid));
            Tree.Remove(places.RunOf(uid));
            PodCgroups.Remove($"{options.CgroupRoot}/{uid}");
            return new PodEvent.TornDown();
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            return new PodEvent.TearDownFailed(Explain(e));
        }
    }

    PodEvent.Removed Remove(string uid)
    {
        Tree.Remove(places.LogsOf(uid));
        journal.Forget(uid);
        return new PodEvent.Removed();
    }

    // Whatever stands of an instance goes: in the runtime, its root filesystem, its bundle.
    async Task ClearAsync(string uid, string id, CancellationToken cancel)
    {
        var shim = ShimOf(uid);
        if (await shim.IsServingAsync(cancel) && (await shim.ListAsync(cancel)).FirstOrDefault(container => container.Id == id) is { } there)
        {
            if (there.Status != ShimContainer.Stopped)
                await shim.EndAsync(id, cancel);
            await shim.DeleteAsync(id, cancel);
        }

        RootFilesystem.Remove(places.LayersOf(uid, id));
        Tree.Remove(places.BundleOf(uid, id));
    }

    // The newest and the one before are kept: what "logs --previous" shows.
    static void DropOldLogs(string log, int instance)
    {
        var directory = Path.GetDirectoryName(log)!;
        foreach (var path in Directory.EnumerateFiles(directory))
        {
            var number = Path.GetFileName(path).Split('.')[0];
            if (int.TryParse(number, out var old) && old < instance - 1)
                File.Delete(path);
        }
    }

    PodContent ContentOf(Pod pod, string? address) => new(pod, address ?? "", options.Address.ToString(), contents, _allocatable);

    static Container Find(Pod pod, string name) => pod.Spec.InitContainers.Concat(pod.Spec.Containers).First(container => container.Name == name);

    string Explain(Exception e) => Explain(e.Message);

    string Explain(string what) => what.StartsWith("node ", StringComparison.Ordinal) ? what : $"node {options.NodeName}: {what}";
}
