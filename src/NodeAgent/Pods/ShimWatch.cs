using System.Text.Json;
using Microsoft.Extensions.Logging;
using Orchestrator.NodeAgent.Containers;
using Orchestrator.Reconcile.Pods;

namespace Orchestrator.NodeAgent.Pods;

/// <summary>
/// Watches the shim of one pod and tells its runner what the containers do. After an agent's restart this is how
/// running containers are found again, and how ends that nobody saw are learned.
/// </summary>
sealed partial class ShimWatch(PodRunner runner, PodActions actions, TimeProvider time, ILogger log)
{
    static readonly TimeSpan Again = TimeSpan.FromMilliseconds(500);
    const int UnknownExitCode = 137;

    public async Task RunAsync(CancellationToken cancel)
    {
        try
        {
            while (!cancel.IsCancellationRequested)
            {
                if (runner.Facts.IsSetUp)
                    await WatchAsync(cancel);
                await Task.Delay(Again, time, cancel);
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    /// <summary>An end that nobody saw.</summary>
    public static ContainerExit Unknown(string why, DateTimeOffset now) =>
        new(UnknownExitCode, Signal: null, OutOfMemory: false, StartedAt: null, FinishedAt: now) { IsUnknown = true, Message = why };

    async Task WatchAsync(CancellationToken cancel)
    {
        try
        {
            // Known before the shim is asked: what it does not list then is really gone.
            var known = Living(runner.Facts);
            await actions.Runtime.EnsureShimAsync(actions.Places.RunOf(runner.Uid), cancel);
            var first = true;
            await foreach (var seen in actions.ShimOf(runner.Uid).WatchAsync(cancel))
            {
                foreach (var container in seen)
                    await TellAsync(container, cancel);
                if (first)
                    await LoseAsync(known.Where(one => seen.All(container => container.Id != one.Id)), cancel);
                first = false;
            }
        }
        catch (Exception e) when (e is ShimException or IOException or TimeoutException)
        {
            if (runner.Facts.IsSetUp && !cancel.IsCancellationRequested)
                LogWatchBroken(log, runner.Pod.Namespace, runner.Pod.Name, e.Message);
        }
    }

    async Task TellAsync(ShimContainer seen, CancellationToken cancel)
    {
        if (ContainerId.Parse(runner.Uid, seen.Id) is not { } id)
            return;
        if (seen.Status == ShimContainer.Stopped)
            runner.Happened(new PodEvent.Exited(id.Container, id.Instance, await WithMessageAsync(ExitOf(seen), id.Container, id.Instance, cancel)));
        else if (seen.Status == "running")
            runner.Happened(new PodEvent.Started(id.Container, id.Instance, seen.StartedAt ?? time.GetUtcNow()));
    }

    // The shim does not know it: it was another shim's, which died. Its exit file may still tell; else it must not go on
    // running where nobody watches it.
    async Task LoseAsync(IEnumerable<(string Name, int Instance, string Id)> lost, CancellationToken cancel)
    {
        foreach ((var name, var instance, var id) in lost)
        {
            var told = ReadExit(actions.Places.ExitFileOf(runner.Uid, id)) is { } exit ? await WithMessageAsync(exit, name, instance, cancel) : null;
            if (told is null)
                await actions.Runtime.ForceDeleteAsync(id, cancel);
            runner.Happened(new PodEvent.Exited(name, instance, told ?? Unknown("its shim died", time.GetUtcNow())));
        }
    }

    static ContainerExit? ReadExit(string path)
    {
        try
        {
            return File.Exists(path) && JsonSerializer.Deserialize(File.ReadAllBytes(path), ShimJson.Default.ShimContainer) is { FinishedAt: not null } exit
                ? ExitOf(exit) : null;
        }
        catch (JsonException)
        {
            // Torn by the shim's death: then nobody knows how the container ended.
            return null;
        }
    }

    async Task<ContainerExit> WithMessageAsync(ContainerExit exit, string name, int instance, CancellationToken cancel)
    {
        var container = runner.Pod.Spec.InitContainers.Concat(runner.Pod.Spec.Containers).FirstOrDefault(container => container.Name == name);
        return container is null ? exit : exit with { Message = await actions.Messages.ReadAsync(runner.Uid, container, instance, exit.ExitCode != 0, cancel) };
    }

    static ContainerExit ExitOf(ShimContainer seen) =>
        new(seen.ExitCode, seen.Signal > 0 ? seen.Signal : null, seen.OomKilled, seen.StartedAt, seen.FinishedAt ?? DateTimeOffset.UnixEpoch);

    List<(string Name, int Instance, string Id)> Living(PodFacts facts) =>
        [.. facts.Containers.Where(pair => pair.Value.Stage is ContainerStage.Created or ContainerStage.Running)
            .Select(pair => (pair.Key, pair.Value.Instances - 1, PodPlaces.IdOf(runner.Uid, pair.Key, pair.Value.Instances - 1)))];

    [LoggerMessage(110, LogLevel.Warning, "pod {Namespace}/{Pod}: its shim is watched again: {Why}")]
    private static partial void LogWatchBroken(ILogger log, string @namespace, string pod, string why);
}
