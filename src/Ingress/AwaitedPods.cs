using Yarp.ReverseProxy.Configuration;

namespace Orchestrator.Ingress;

/// <summary>The backends without a pod that requests wait for, and who waits. The feed tells the control plane of them.</summary>
sealed class AwaitedPods : IConfigChangeListener
{
    readonly Lock _lock = new();
    readonly Dictionary<string, int> _waiting = new(StringComparer.Ordinal);
    TaskCompletionSource _applied = New();
    TaskCompletionSource _begun = New();

    public IReadOnlyList<string> Backends
    {
        get
        {
            lock (_lock) return [.. _waiting.Keys];
        }
    }

    /// <summary>Done when a backend is awaited that was not before this was asked for.</summary>
    public Task Begun
    {
        get
        {
            lock (_lock) return _begun.Task;
        }
    }

    /// <summary>Done when a newer table is in force than at this moment.</summary>
    public Task Applied
    {
        get
        {
            lock (_lock) return _applied.Task;
        }
    }

    /// <summary>False when too many wait for it already.</summary>
    public bool TryBegin(string backend, int most)
    {
        lock (_lock)
        {
            var waiting = _waiting.GetValueOrDefault(backend);
            if (waiting >= most) return false;
            _waiting[backend] = waiting + 1;
            if (waiting > 0) return true;
            _begun.SetResult();
            _begun = New();
            return true;
        }
    }

    public void End(string backend)
    {
        lock (_lock)
        {
            if (--_waiting[backend] == 0) _waiting.Remove(backend);
        }
    }

    public void ConfigurationApplied(IReadOnlyList<IProxyConfig> proxyConfigs)
    {
        lock (_lock)
        {
            _applied.SetResult();
            _applied = New();
        }
    }

    public void ConfigurationLoaded(IReadOnlyList<IProxyConfig> proxyConfigs)
    {
    }

    public void ConfigurationLoadingFailed(IProxyConfigProvider configProvider, Exception exception)
    {
    }

    public void ConfigurationApplyingFailed(IReadOnlyList<IProxyConfig> proxyConfigs, Exception exception)
    {
    }

    static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
