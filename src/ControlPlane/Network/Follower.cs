namespace Orchestrator.ControlPlane.Network;

/// <summary>
/// A node or an ingress that is fed by this server, and how far it is. It has applied a revision when it has acknowledged the last thing it was sent
/// and that was up to the revision, or nothing in between concerned it.
/// </summary>
sealed class Follower(Followers all, string? node) : IDisposable
{
    long _sent;
    long _seen;
    long _acknowledged = -1;

    /// <summary>The node's name; null for an ingress.</summary>
    public string? Node => node;

    /// <summary>Everything up to this revision is applied.</summary>
    public long Applied
    {
        get
        {
            lock (all) return _acknowledged >= _sent ? _seen : Math.Max(0, _acknowledged);
        }
    }

    /// <summary>What concerns it up to this revision is being sent.</summary>
    public void Sending(long revision) => Note(ref _sent, revision);

    /// <summary>Everything up to this revision was looked at, and what concerns it was sent.</summary>
    public void Seen(long revision) => Note(ref _seen, revision);

    public void Acknowledged(long revision) => Note(ref _acknowledged, revision);

    void Note(ref long place, long revision)
    {
        lock (all) place = Math.Max(place, revision);
        all.Moved();
    }

    public void Dispose() => all.Remove(this);
}

/// <summary>Those who are fed by this server.</summary>
sealed class Followers
{
    readonly List<Follower> _all = [];
    TaskCompletionSource _moved = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <param name="node">Null for an ingress.</param>
    public Follower Add(string? node)
    {
        Follower follower = new(this, node);
        lock (this) _all.Add(follower);
        return follower;
    }

    public void Remove(Follower follower)
    {
        lock (this) _all.Remove(follower);
        Moved();
    }

    /// <summary>Waits until all have applied a revision, and names the nodes among them. One that leaves is not waited for.</summary>
    public async Task<IReadOnlyList<string>> AppliedAsync(long revision, CancellationToken token)
    {
        while (true)
        {
            Task moved;
            List<Follower> all;
            lock (this)
            {
                moved = _moved.Task;
                all = [.. _all];
            }

            if (all.TrueForAll(each => each.Applied >= revision)) return [.. all.Select(each => each.Node).OfType<string>()];
            await moved.WaitAsync(token);
        }
    }

    public void Moved()
    {
        TaskCompletionSource moved;
        lock (this)
        {
            moved = _moved;
            _moved = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        moved.SetResult();
    }
}
