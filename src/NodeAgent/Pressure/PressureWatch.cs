using Microsoft.Extensions.Logging;
using Orchestrator.Model.Pods;
using Orchestrator.NodeAgent.Images;
using Orchestrator.NodeAgent.Metrics;
using Orchestrator.NodeAgent.Pods;
using Orchestrator.NodeAgent.Volumes;
using Orchestrator.Reconcile.Nodes;
using Orchestrator.Reconcile.Pods;

namespace Orchestrator.NodeAgent.Pressure;

/// <summary>
/// Keeps the machine from running out of memory, disk and processes: when less is left than it should be, one pod after the other is evicted, unused
/// images first where it is the disk. A pod that takes more of the disk than it said is evicted in any case.
/// </summary>
sealed partial class PressureWatch(NodeAgentOptions options, AgentPods pods, PodPlaces places, VolumeStore volumes, ImageGarbage garbage, TimeProvider time, ILogger log)
{
    static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    /// <summary>Looks between two measurements of what pods have on the disk.</summary>
    const int LooksPerMeasurement = 10;

    /// <summary>How long the last one may take to give back what it had.</summary>
    static readonly TimeSpan Leaving = TimeSpan.FromSeconds(30);

    readonly IReadOnlyList<Threshold> _thresholds = EvictionThresholds.Parse(options.EvictionHard);
    readonly Dictionary<Signal, DateTimeOffset> _lastShort = [];
    (PodRunner Runner, DateTimeOffset Since)? _leaving;
    volatile IReadOnlyList<string> _told = [];

    /// <summary>What the node is short of now, or was a moment ago, as the types of its conditions.</summary>
    public IReadOnlyList<string> Told => _told;

    public async Task RunAsync(CancellationToken cancel)
    {
        using PeriodicTimer looks = new(Look, time);
        for (var look = 1; ; look++)
        {
            try
            {
                if (look % LooksPerMeasurement == 0)
                    await KeepToLimitsAsync(cancel);
                await LookAsync(cancel);
                await looks.WaitForNextTickAsync(cancel);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                LogTrouble(log, e.Message);
                await Task.Delay(Look, time, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (OperationCanceledException) when (cancel.IsCancellationRequested)
            {
                return;
            }
        }
    }

    async Task LookAsync(CancellationToken cancel)
    {
        var now = time.GetUtcNow();
        var supplies = Supplies.Read(options.DataDirectory);
        var shortages = _thresholds.Where(threshold => threshold.IsMet(supplies[threshold.Signal])).ToList();
        foreach (var shortage in shortages)
            _lastShort[shortage.Signal] = now;
        _told = NodePressure.Told(_lastShort, now);
        if (shortages.Count == 0 || IsLeaving(now))
            return;
        var worst = shortages.MinBy(shortage => shortage.Signal)!; // there is one
        if (worst.Signal is Signal.Disk or Signal.Inodes)
        {
            await garbage.LookAsync(cancel);
            supplies = Supplies.Read(options.DataDirectory);
            if (!worst.IsMet(supplies[worst.Signal]))
                return;
        }

        if (NodePressure.Victim(worst.Signal, await MeasureAsync(worst.Signal, cancel)) is { } victim)
            Evict(pods.All().First(runner => runner.Uid == victim.Pod.Metadata.Uid), NodePressure.Message(worst, supplies[worst.Signal], victim), now);
    }

    // The next one is not sent away before it is seen what the last one has left free.
    bool IsLeaving(DateTimeOffset now) => _leaving is var (runner, since) && !runner.Facts.IsTornDown && !runner.Facts.IsRemoved && now - since < Leaving;

    async Task<IReadOnlyList<PodConsumption>> MeasureAsync(Signal signal, CancellationToken cancel)
    {
        List<PodConsumption> measured = [];
        foreach (var runner in Running())
        {
            var cgroups = runner.Pod.Spec.InitContainers.Concat(runner.Pod.Spec.Containers).Select(container => options.CgroupOf(runner.Uid, container.Name)).ToList();
            var (bytes, inodes) = signal is Signal.Disk or Signal.Inodes ? await DiskUse.OfAsync(PlacesOf(runner.Uid), cancel) : (0, 0);
            measured.Add(new PodConsumption(
                runner.Pod, cgroups.Sum(path => CgroupConsumption.Of(CgroupConsumption.Mount, path)?.MemoryBytes ?? 0), bytes, inodes, cgroups.Sum(path => CgroupConsumption.PidsOf(CgroupConsumption.Mount, path))));
        }

        return measured;
    }

    /// <summary>Source: Kubernetes, "Local ephemeral storage", resource consumption management.</summary>
    async Task KeepToLimitsAsync(CancellationToken cancel)
    {
        foreach (var runner in Running())
        {
            foreach (var (volume, path, limit) in volumes.Bounded(runner.Pod, runner.Uid))
            {
                if ((await DiskUse.OfAsync([path], cancel)).Bytes > limit)
                    Evict(runner, $"Usage of EmptyDir volume \"{volume}\" exceeds the limit \"{runner.Pod.Spec.Volumes.First(each => each.Name == volume).EmptyDir!.SizeLimit}\".", time.GetUtcNow()); // it has one
            }

            if (runner.Pod.Spec.Containers.All(container => container.Resources.Limits.ContainsKey(ResourceNames.EphemeralStorage)))
            {
                var most = runner.Pod.Spec.Containers.Sum(container => container.Resources.Limits[ResourceNames.EphemeralStorage].Units);
                if ((await DiskUse.OfAsync(PlacesOf(runner.Uid), cancel)).Bytes is var used && used > most)
                    Evict(runner, $"Pod ephemeral local storage usage exceeds the total limit of containers {most}: it takes {used} bytes.", time.GetUtcNow());
            }
        }
    }

    IEnumerable<PodRunner> Running() => pods.All().Where(runner => runner.Facts is { Eviction: null, StopAskedAt: null, IsSetUp: true, Status.Phase: PodPhase.Pending or PodPhase.Running });

    string[] PlacesOf(string uid) => [volumes.PlaceOf(uid), places.ContainersOf(uid), places.LogsOf(uid)];

    void Evict(PodRunner runner, string message, DateTimeOffset now)
    {
        LogEvicted(log, runner.Pod.Namespace, runner.Pod.Name, message);
        runner.Happened(new PodEvent.Evicted(message));
        _leaving = (runner, now);
    }

    [LoggerMessage(180, LogLevel.Warning, "pod {Namespace}/{Pod} is evicted: {Message}")]
    private static partial void LogEvicted(ILogger log, string @namespace, string pod, string message);

    [LoggerMessage(181, LogLevel.Error, "what the machine has left can't be told, which is tried again: {Problem}")]
    private static partial void LogTrouble(ILogger log, string problem);
}
