using Microsoft.Extensions.Logging;

namespace Orchestrator.NodeAgent.Images;

/// <summary>The images that pods of this node have or are about to have.</summary>
/// <param name="Names">As the pods write them.</param>
/// <param name="Manifests">Those that containers were made of, which their names may not stand for any more.</param>
sealed record ImagesInUse(IReadOnlySet<ImageName> Names, IReadOnlySet<Digest> Manifests)
{
    public bool Contains(ImageName name, Digest manifest) => Names.Contains(name) || Manifests.Contains(manifest);
}

/// <summary>
/// Keeps images from filling the disk: when it is fuller than <see cref="NodeAgentOptions.ImageGcHighPercent"/>, unused images go until it is at
/// <see cref="NodeAgentOptions.ImageGcLowPercent"/>. Source: Kubernetes, "Garbage collection of unused containers and images".
/// </summary>
sealed partial class ImageGarbage(ImageStore images, Func<ImagesInUse> used, Func<int> percentFull, NodeAgentOptions options, TimeProvider time, ILogger log)
{
    static readonly TimeSpan LookAgain = TimeSpan.FromMinutes(1);

    /// <summary>An image is left alone this long after its last use: its pod may come back.</summary>
    static readonly TimeSpan LeastAge = TimeSpan.FromMinutes(2);

    bool _complained;

    public async Task RunAsync(CancellationToken cancel)
    {
        while (!cancel.IsCancellationRequested)
        {
            try
            {
                await LookAsync(cancel);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or ImageException or OperationCanceledException)
            {
                if (!cancel.IsCancellationRequested) LogTrouble(log, e.Message); // and looked at again
            }

            await Task.Delay(LookAgain, time, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Looks once.</summary>
    public async Task LookAsync(CancellationToken cancel)
    {
        if (percentFull() <= options.ImageGcHighPercent)
        {
            _complained = false;
            return;
        }

        if (await images.CollectAsync(used(), time.GetUtcNow() - LeastAge, () => percentFull() <= options.ImageGcLowPercent, cancel) is not { } gone) return;
        if (gone.Count > 0) LogGone(log, string.Join(", ", gone), percentFull());
        if (percentFull() > options.ImageGcHighPercent && !_complained)
        {
            _complained = true;
            LogFull(log, percentFull());
        }
    }

    [LoggerMessage(170, LogLevel.Information, "removed images that no pod uses: {Images}; the disk is {Percent} % full now")]
    private static partial void LogGone(ILogger log, string images, int percent);

    [LoggerMessage(171, LogLevel.Warning, "the disk of the images is {Percent} % full, and no more image can be removed: all are in use, were used just now, or were imported")]
    private static partial void LogFull(ILogger log, int percent);

    [LoggerMessage(172, LogLevel.Error, "unused images can't be removed, which is tried again: {Problem}")]
    private static partial void LogTrouble(ILogger log, string problem);
}
