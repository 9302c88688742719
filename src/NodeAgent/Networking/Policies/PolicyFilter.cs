using Microsoft.Extensions.Logging;
using Orchestrator.Model.Pods;
using Orchestrator.Model.Policies;

namespace Orchestrator.NodeAgent.Networking.Policies;

/// <summary>
/// Keeps the node's packet filter as the policies say of its pods. A pod is limited before its first container starts: setting it up waits for that.
/// </summary>
sealed partial class PolicyFilter(NetworkNamespace home, TimeProvider time, ILogger log) : IDisposable
{
    static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(2);

    readonly SemaphoreSlim _turn = new(1);
    readonly TaskCompletionSource _restored = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly Dictionary<string, LocalPod> _pods = new(StringComparer.Ordinal);
    IReadOnlyList<NetworkPolicy> _policies = [];
    string _programmed = "";
    bool _settled;

    /// <summary>Takes up the pods that stand from before. Until then the kernel's rules stay what they were: without all pods they would leave some open.</summary>
    public Task RestoreAsync(IEnumerable<LocalPod> pods, CancellationToken cancel) => ChangeAsync(() =>
    {
        foreach (var pod in pods) _pods.TryAdd(pod.Pod.Metadata.Uid!, pod); // taken on only with one
        return _restored.TrySetResult();
    }, cancel);

    /// <summary>Makes a pod's limits stand.</summary>
    /// <exception cref="IOException">The kernel refuses them.</exception>
    public async Task AdmitAsync(Pod pod, string address, CancellationToken cancel)
    {
        await _restored.Task.WaitAsync(cancel);
        await ChangeAsync(() =>
        {
            _pods[pod.Metadata.Uid!] = new LocalPod(pod, address);
            return true;
        }, cancel);
    }

    /// <summary>Follows the pods' labels, by which policies select them: they may be changed while a pod runs.</summary>
    public async Task RunAsync(Func<IEnumerable<Pod>> present, CancellationToken cancel)
    {
        while (!cancel.IsCancellationRequested)
        {
            await Task.Delay(LookAgain, time, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            try
            {
                await ChangeAsync(() => present().Aggregate(false, (changed, pod) => Follow(pod) || changed), cancel);
            }
            catch (Exception e) when (e is IOException or TimeoutException or OperationCanceledException)
            {
                if (!cancel.IsCancellationRequested) LogRefused(log, e.Message); // and done again
            }
        }
    }

    public Task ForgetAsync(string podUid, CancellationToken cancel) => ChangeAsync(() => _pods.Remove(podUid), cancel);

    public Task SetAsync(IEnumerable<NetworkPolicy> policies, CancellationToken cancel) => ChangeAsync(() =>
    {
        _policies = [.. policies];
        return true;
    }, cancel);

    bool Follow(Pod pod)
    {
        if (!_pods.TryGetValue(pod.Metadata.Uid!, out var known) || ReferenceEquals(known.Pod, pod)) return false;
        _pods[pod.Metadata.Uid!] = known with { Pod = pod };
        return true;
    }

    async Task ChangeAsync(Func<bool> change, CancellationToken cancel)
    {
        await _turn.WaitAsync(cancel);
        try
        {
            if ((!change() && _settled) || !_restored.Task.IsCompleted) return;
            _settled = false;
            var rules = _policies.Count == 0 ? PolicyRules.None : PolicyRules.Whole(_policies, _pods.Values);
            if (rules != _programmed) await Nft.RunAsync(home, rules, cancel);
            (_programmed, _settled) = (rules, true);
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    [LoggerMessage(161, LogLevel.Error, "the network policies can't be followed, and are tried again: {Problem}")]
    private static partial void LogRefused(ILogger log, string problem);
}
