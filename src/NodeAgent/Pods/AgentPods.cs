using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Orchestrator.Model;
using Orchestrator.Model.Pods;
using Orchestrator.NodeAgent.Images;
using Orchestrator.NodeAgent.Containers;
using Orchestrator.NodeAgent.Contents;
using Orchestrator.NodeAgent.Journal;
using Orchestrator.NodeAgent.Session;
using Orchestrator.Reconcile.Pods;

namespace Orchestrator.NodeAgent.Pods;

/// <summary>
/// The pods of this node, a loop each: those the control plane wants, and those that it no longer knows but that still
/// have to be cleared away.
/// </summary>
sealed partial class AgentPods(NodeAgentOptions options, PodActions actions, PodJournal journal, ReportBox reports, TimeProvider time, ILogger log) : IAsyncDisposable
{
    static readonly TimeSpan RestartLoopAfter = TimeSpan.FromSeconds(1);

    readonly ConcurrentDictionary<string, (PodRunner Runner, Task Loop)> _pods = new();
    readonly PodTurns _turns = new(options.PodsInWork);
    readonly CancellationTokenSource _ending = new();
    readonly Lock _lock = new();

    /// <summary>Takes up the pods of the journal.</summary>
    public void Restore()
    {
        var (pods, unreadable) = journal.Load();
        foreach (var problem in unreadable)
            LogUnreadable(log, problem);
        foreach (var (uid, entry) in pods.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            if (PodPlaces.IsSafe(uid) && uid == entry.Pod.Metadata.Uid)
                Begin(entry.Pod, entry.Facts);
        }
    }

    /// <summary>Takes on what the control plane wants: all the pods bound to this node.</summary>
    public void Want(IReadOnlyList<Pod> wanted)
    {
        lock (_lock)
        {
            var uids = wanted.Select(pod => pod.Metadata.Uid).ToHashSet();
            Take(wanted);
            Stop(_pods.Keys.Where(uid => !uids.Contains(uid)));
        }
    }

    /// <summary>Takes on what has changed of it since.</summary>
    public void Change(IReadOnlyList<Pod> wanted, IEnumerable<string> removed)
    {
        lock (_lock)
        {
            Take(wanted);
            Stop(removed);
        }
    }

    void Take(IReadOnlyList<Pod> wanted)
    {
        foreach (var pod in wanted)
        {
            if (!PodPlaces.IsSafe(pod.Metadata.Uid))
            {
                LogNoUid(log, pod.Namespace, pod.Name);
                continue;
            }

            if (_pods.TryGetValue(pod.Metadata.Uid!, out var known)) // a safe one is there
            {
                // Labels and annotations may be files inside.
                var fieldsChanged = pod.Spec.Volumes.Any(PodContent.IsIn) && !ModelJson.Same(known.Runner.Pod.Metadata, pod.Metadata);
                known.Runner.Want(pod);
                if (fieldsChanged)
                    known.Runner.Happened(new PodEvent.ContentChanged());
            }
            else
                Begin(pod, Accept(pod));
        }
    }

    void Stop(IEnumerable<string> uids)
    {
        foreach (var uid in uids)
        {
            if (_pods.TryGetValue(uid, out var known))
                known.Runner.Happened(new PodEvent.StopAsked());
        }
    }

    /// <summary>The pod of a name, the newest if there are two.</summary>
    public PodRunner? Find(string @namespace, string name) => _pods.Values.Select(pair => pair.Runner)
        .Where(runner => runner.Pod.Namespace == @namespace && runner.Pod.Name == name)
        .OrderByDescending(runner => runner.Facts.AcceptedAt).FirstOrDefault();

    public IReadOnlyList<PodRunner> All() => [.. _pods.Values.Select(pair => pair.Runner)];

    // A pod that has ended elsewhere in our past never runs again, even if its record here was lost.
    PodFacts Accept(Pod pod) => new()
    {
        AcceptedAt = time.GetUtcNow(),
        HostIp = options.Address.ToString(),
        Status = pod.IsTerminal() ? pod.Status : new PodStatus { Conditions = pod.Status.Conditions },
    };

    void Begin(Pod pod, PodFacts facts)
    {
        PodRunner runner = new(pod, facts, actions, journal, _turns, time, log, Tell);
        // The loop may end before its entry is made; it then has to find itself.
        TaskCompletionSource entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _pods[runner.Uid] = (runner, LoopAsync(runner, entered.Task));
        entered.SetResult();
    }

    async Task LoopAsync(PodRunner runner, Task entered)
    {
        await entered;
        while (!_ending.IsCancellationRequested)
        {
            try
            {
                await runner.RunAsync(_ending.Token);
                _pods.TryRemove(runner.Uid, out _);
                return;
            }
            catch (OperationCanceledException) when (_ending.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                // One pod's trouble stays its own.
                LogLoopFailed(log, e, runner.Pod.Namespace, runner.Pod.Name);
                await Task.Delay(RestartLoopAfter, time, _ending.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>The images of all pods that are here.</summary>
    internal ImagesInUse ImagesInUse()
    {
        var runners = All();
        return new ImagesInUse(
            runners.SelectMany(runner => runner.Pod.Spec.InitContainers.Concat(runner.Pod.Spec.Containers)).Select(container => Named(container.Image)).OfType<ImageName>().ToHashSet(),
            runners.SelectMany(runner => runner.Facts.Containers.Values).Select(container => container.ImageId).OfType<string>().Select(id => Digest.Parse(id[(id.LastIndexOf('@') + 1)..])).ToHashSet());
    }

    // A name that is none was refused before any pull, and is no name of an image.
    static ImageName? Named(string text)
    {
        try
        {
            return ImageName.Parse(text);
        }
        catch (ImageException)
        {
            return null;
        }
    }

    /// <summary>Lets containers that wait for this image try at once, instead of at the end of their back-off.</summary>
    public void ImageArrived(string image)
    {
        foreach (var runner in All())
        {
            foreach (var container in runner.Pod.Spec.InitContainers.Concat(runner.Pod.Spec.Containers))
            {
                // A name that is none was refused before any pull, and is no name of an image.
                if (runner.Facts.Of(container.Name).PullTrouble is { Reason: not "InvalidImageName" } && ImageName.Parse(container.Image).ToString() == image)
                    runner.Happened(new PodEvent.ImageArrived(container.Name));
            }
        }
    }

    /// <summary>Has files brought up to date, and pods that waited for something missing look again.</summary>
    public void ContentChanged()
    {
        foreach (var runner in All().Where(RefersToContent))
            runner.Happened(new PodEvent.ContentChanged());
    }

    static bool RefersToContent(PodRunner runner) => runner.Pod.Spec.References(runner.Pod.Namespace).Count > 0 || runner.Pod.Spec.Claims(runner.Pod.Namespace).Any() || runner.Pod.Spec.Volumes.Any(PodContent.IsIn);

    /// <summary>Puts off the fences of the pods that must run at most once.</summary>
    public void LeaseRenewed()
    {
        foreach (var runner in All().Where(runner => runner.Facts.IsSetUp && RunsAtMostOnce(runner.Pod)))
        {
            _ = PutOffAsync(runner);
            if (runner.Facts.Containers.Values.Any(container => container.StartTrouble?.Reason == PodEvent.LeaseLost))
                runner.Happened(new PodEvent.LeaseRenewed());
        }
    }

    async Task PutOffAsync(PodRunner runner)
    {
        try
        {
            await actions.PutOffFenceAsync(runner.Uid, _ending.Token);
        }
        catch (Exception e) when (e is ShimException or OperationCanceledException)
        {
            // The next beat tries again; a fence that falls meanwhile only stops what is started again afterwards.
            LogFence(log, runner.Pod.Namespace, runner.Pod.Name, e.Message);
        }
    }

    /// <summary>A StatefulSet counts on it.</summary>
    internal static bool RunsAtMostOnce(Pod pod) => pod.Metadata.Controller()?.Kind == Model.Workloads.StatefulSet.KindName;

    /// <summary>Reports a pod as it stands, changed or not.</summary>
    public void TellAgain(PodRunner runner) => Tell(runner);

    void Tell(PodRunner runner) => reports.Put(runner.Uid, new Contracts.PodReport
    {
        Namespace = runner.Pod.Namespace,
        Name = runner.Pod.Name,
        Uid = runner.Uid,
        Status = Google.Protobuf.ByteString.CopyFrom(ModelJson.Encode(runner.Facts.Status)),
        Removed = runner.Facts.IsRemoved,
    });

    /// <summary>Ends the loops. Containers go on running.</summary>
    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        await Task.WhenAll(_pods.Values.Select(pair => pair.Loop));
        _turns.Dispose();
        _ending.Dispose();
    }

    [LoggerMessage(120, LogLevel.Error, "a pod's record can't be read, its pod is taken on anew when the control plane tells of it: {Problem}")]
    private static partial void LogUnreadable(ILogger log, string problem);

    [LoggerMessage(121, LogLevel.Error, "pod {Namespace}/{Pod} has no usable uid and is left alone")]
    private static partial void LogNoUid(ILogger log, string @namespace, string pod);

    [LoggerMessage(123, LogLevel.Warning, "pod {Namespace}/{Pod}: its fence could not be put off: {Why}")]
    private static partial void LogFence(ILogger log, string @namespace, string pod, string why);

    [LoggerMessage(122, LogLevel.Error, "pod {Namespace}/{Pod}: its loop failed and begins again")]
    private static partial void LogLoopFailed(ILogger log, Exception e, string @namespace, string pod);
}
