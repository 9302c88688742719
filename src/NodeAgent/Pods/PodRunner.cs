using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Orchestrator.Model;
using Orchestrator.Model.Pods;
using Orchestrator.NodeAgent.Journal;
using Orchestrator.Reconcile.Pods;

namespace Orchestrator.NodeAgent.Pods;

/// <summary>
/// The loop of one pod: wait for an event or a time, decide, write down, tell, begin the steps. Steps work beside the
/// loop, at most one for a container besides its probes; what came of them arrives as events.
/// </summary>
sealed partial class PodRunner
{
    // A step that failed without an outcome, for instance because the shim was gone, is begun again after this.
    static readonly TimeSpan Again = TimeSpan.FromSeconds(1);
    // Waiting longer than this is waiting for an event: a decision costs nothing.
    static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(5);

    readonly PodActions _actions;
    readonly PodJournal _journal;
    readonly PodTurns _turns;
    readonly TimeProvider _time;
    readonly ILogger _log;
    readonly Action<PodRunner> _changed;
    readonly Channel<object> _inbox = Channel.CreateUnbounded<object>(new UnboundedChannelOptions { SingleReader = true });
    readonly Dictionary<PodStep, (Task Work, CancellationTokenSource Cancel)> _inFlight = [];
    readonly Dictionary<PodStep, DateTimeOffset> _notBefore = [];
    (Pod? Pod, byte[] Json) _encoded = (null, []);
    byte[] _written = [];
    byte[] _told = [];
    Pod _pod;
    PodFacts _facts;

    public PodRunner(Pod pod, PodFacts facts, PodActions actions, PodJournal journal, PodTurns turns, TimeProvider time, ILogger log, Action<PodRunner> changed)
    {
        (_pod, _facts, _actions, _journal, _turns, _time, _log, _changed) = (pod, facts, actions, journal, turns, time, log, changed);
        Uid = pod.Metadata.Uid ?? throw new ArgumentException("a pod without a uid");
    }

    public string Uid { get; }

    public Pod Pod => Volatile.Read(ref _pod);

    public PodFacts Facts => Volatile.Read(ref _facts);

    /// <summary>Tells the loop what is wanted now.</summary>
    public void Want(Pod pod) => _inbox.Writer.TryWrite(pod);

    /// <summary>Tells the loop what happened.</summary>
    public void Happened(PodEvent happened) => _inbox.Writer.TryWrite(happened);

    /// <summary>Runs until nothing of the pod is left, or the agent ends. Containers go on running then.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        Recover();
        var watching = new ShimWatch(this, _actions, _time, _log).RunAsync(ending.Token);
        try
        {
            while (!Facts.IsRemoved)
            {
                Take();
                var decision = Decide();
                Begin(decision);
                await WaitAsync(decision.NextCheck, cancel);
            }
        }
        finally
        {
            await ending.CancelAsync();
            await Task.WhenAll(_inFlight.Values.Select(step => step.Cancel.CancelAsync()));
            await Task.WhenAll(_inFlight.Values.Select(step => step.Work).Append(watching));
            _inFlight.Clear();
        }
    }

    // What the journal says of namespaces and processes is true unless the machine was restarted since.
    void Recover()
    {
        if (!_facts.IsSetUp || _actions.IsStanding(Uid))
            return;
        Happened(new PodEvent.SetUpLost());
        foreach (var (name, container) in _facts.Containers)
        {
            if (container.Stage is ContainerStage.Created or ContainerStage.Running)
                Happened(new PodEvent.Exited(name, container.Instances - 1, ShimWatch.Unknown("the node was restarted", _time.GetUtcNow())));
        }
    }

    void Take()
    {
        while (_inbox.Reader.TryRead(out var message))
        {
            switch (message)
            {
                case Pod wanted:
                    Volatile.Write(ref _pod, wanted);
                    break;
                case PodEvent happened:
                    Apply(happened);
                    break;
                case Finished finished:
                    Finish(finished);
                    break;
            }
        }

        if (_pod.IsBeingDeleted())
            Apply(new PodEvent.StopAsked());
    }

    void Finish(Finished finished)
    {
        if (_inFlight.Remove(finished.Step, out var work))
            work.Cancel.Dispose();
        if (finished.Outcome is { } outcome)
            Apply(outcome);
        else if (finished.Failed)
            _notBefore[finished.Step] = _time.GetUtcNow() + Again;
    }

    void Apply(PodEvent happened)
    {
        var after = PodHistory.After(_facts, happened, _time.GetUtcNow());
        if (happened is not (PodEvent.Probed or PodEvent.StopAsked) || after.StopAskedAt != _facts.StopAskedAt)
            LogHappened(_log, _pod.Namespace, _pod.Name, happened);
        Volatile.Write(ref _facts, after);
    }

    PodDecision Decide()
    {
        var decision = PodMachine.Decide(_pod, _facts, _time.GetUtcNow());
        if (decision.Status.Phase != _facts.Status.Phase)
            LogPhase(_log, _pod.Namespace, _pod.Name, _facts.Status.Phase, decision.Status.Phase);
        Volatile.Write(ref _facts, PodMachine.Keep(_pod, _facts, decision));
        Write();
        var status = ModelJson.Encode(_facts.Status);
        if (_facts.IsRemoved || !status.AsSpan().SequenceEqual(_told))
        {
            _told = status;
            _changed(this);
        }

        return decision;
    }

    // A full disk must not stop a pod that could go on: what is not written now is written with the next change.
    void Write()
    {
        if (!ReferenceEquals(_encoded.Pod, _pod))
            _encoded = (_pod, ModelJson.Encode(_pod));
        var bytes = JournalEntry.Encode(_encoded.Json, _facts);
        if (_facts.IsRemoved || bytes.AsSpan().SequenceEqual(_written))
            return;
        try
        {
            _journal.Save(Uid, bytes);
            _written = bytes;
        }
        catch (IOException e)
        {
            LogNotWritten(_log, _pod.Namespace, _pod.Name, e.Message);
        }
    }

    void Begin(PodDecision decision)
    {
        var now = _time.GetUtcNow();
        foreach (var due in _notBefore.Where(step => step.Value <= now).Select(step => step.Key).ToList())
            _notBefore.Remove(due);

        // A pull, a probe or a hook that is no longer wanted is given up, a hook because its time is over; everything else is let come to its end.
        foreach ((var step, (_, var cancel)) in _inFlight)
        {
            if (step is PodStep.Pull or PodStep.Probe or PodStep.PostStart or PodStep.PreStop && !decision.Steps.Contains(step))
                cancel.Cancel();
        }

        foreach (var step in decision.Steps)
        {
            if (!Conflicts(step) && !_notBefore.ContainsKey(step))
            {
                CancellationTokenSource cancel = new();
                _inFlight[step] = (WorkAsync(step, cancel.Token), cancel);
            }
        }
    }

    bool Conflicts(PodStep step)
    {
        if (_inFlight.ContainsKey(step))
            return true;
        if (step is PodStep.TearDown or PodStep.Remove)
            return _inFlight.Count > 0;
        if (step is PodStep.Probe or PodStep.Refresh)
            return false;
        return _inFlight.Keys.Any(other => other is not (PodStep.Probe or PodStep.Refresh) && other.ContainerName == step.ContainerName);
    }

    async Task WorkAsync(PodStep step, CancellationToken cancel)
    {
        try
        {
            using var turn = await _turns.TakeAsync(step, cancel);
            var outcome = await _actions.RunAsync(step, Pod, Facts, cancel);
            _inbox.Writer.TryWrite(new Finished(step, outcome, Failed: false));
        }
        catch (OperationCanceledException)
        {
            _inbox.Writer.TryWrite(new Finished(step, null, Failed: false));
        }
        catch (Exception e)
        {
            LogStepFailed(_log, Pod.Namespace, Pod.Name, step, e.Message);
            _inbox.Writer.TryWrite(new Finished(step, null, Failed: true));
        }
    }

    async Task WaitAsync(DateTimeOffset? nextCheck, CancellationToken cancel)
    {
        var now = _time.GetUtcNow();
        var wait = nextCheck is { } at && at - now < LongestWait ? at - now : LongestWait;
        foreach (var retry in _notBefore.Values)
            wait = retry - now < wait ? retry - now : wait;
        if (wait <= TimeSpan.Zero)
            wait = TimeSpan.FromMilliseconds(1);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var message = _inbox.Reader.WaitToReadAsync(limit.Token).AsTask();
        var delay = Task.Delay(wait, _time, limit.Token);
        await Task.WhenAny(message, delay);
        await limit.CancelAsync();
        cancel.ThrowIfCancellationRequested();
    }

    /// <summary>A step came to its end: with an outcome, given up, or failed without one.</summary>
    sealed record Finished(PodStep Step, PodEvent? Outcome, bool Failed);

    [LoggerMessage(100, LogLevel.Information, "pod {Namespace}/{Pod}: {Happened}")]
    private static partial void LogHappened(ILogger log, string @namespace, string pod, PodEvent happened);

    [LoggerMessage(101, LogLevel.Information, "pod {Namespace}/{Pod}: {From} -> {To}")]
    private static partial void LogPhase(ILogger log, string @namespace, string pod, PodPhase from, PodPhase to);

    [LoggerMessage(102, LogLevel.Warning, "pod {Namespace}/{Pod}: {Step} failed and is tried again: {Why}")]
    private static partial void LogStepFailed(ILogger log, string @namespace, string pod, PodStep step, string why);

    [LoggerMessage(103, LogLevel.Error, "pod {Namespace}/{Pod}: its record can't be written: {Why}")]
    private static partial void LogNotWritten(ILogger log, string @namespace, string pod, string why);
}
