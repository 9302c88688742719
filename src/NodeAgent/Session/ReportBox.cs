using Orchestrator.Contracts;

namespace Orchestrator.NodeAgent.Session;

/// <summary>
/// What the control plane has not acknowledged yet: the newest report of each pod. Nothing is lost while no server is
/// there, and nothing old is told when one returns.
/// </summary>
sealed class ReportBox
{
    readonly Dictionary<string, (PodReport Report, long Version)> _pending = [];
    readonly Lock _lock = new();
    TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    long _version;

    public void Put(string podUid, PodReport report)
    {
        lock (_lock)
        {
            _pending[podUid] = (report, ++_version);
            _changed.TrySetResult();
        }
    }

    /// <summary>Completes when there is a report newer than this version.</summary>
    public Task ChangedAsync(long since)
    {
        lock (_lock)
        {
            if (_version > since)
                return Task.CompletedTask;
            if (_changed.Task.IsCompleted)
                _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _changed.Task;
        }
    }

    /// <summary>The reports newer than a version, and the version up to which that is all.</summary>
    public (IReadOnlyList<PodReport> Reports, long UpTo) Since(long version)
    {
        lock (_lock)
            return ([.. _pending.Values.Where(entry => entry.Version > version).OrderBy(entry => entry.Version).Select(entry => entry.Report)], _version);
    }

    /// <summary>Forgets what was acknowledged, unless something newer was put since.</summary>
    public void Acknowledged(long upTo)
    {
        lock (_lock)
        {
            foreach (var uid in _pending.Where(pair => pair.Value.Version <= upTo).Select(pair => pair.Key).ToList())
                _pending.Remove(uid);
        }
    }
}
