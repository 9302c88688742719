using System.Globalization;
using System.Text;
using Orchestrator.Runtime.State;
using Orchestrator.Runtime.Syscalls;

namespace Orchestrator.Runtime.Shim;

/// <summary>
/// The shim's loop: one thread that waits in poll(2) for clients, output and the ends of children, and does each thing as it comes.
/// </summary>
sealed partial class ShimServer : IDisposable
{
    const ulong ChildEnded = 1UL << 16; // SIGCHLD
    const int AnyChild = -1;
    const int LastResort = 9; // SIGKILL
    const int RoundsPerTurn = 4; // buffers of one stream before the next stream's turn
    const int MostStrays = 256;
    const int IdleMilliseconds = 5000; // of quiet, after which the memory of what was done is given back

    readonly StateDirectory _states;
    readonly string _root;
    readonly string _directory;
    readonly Fd _listener;
    readonly Fd _signals;
    readonly List<Connection> _connections = [];
    readonly SortedDictionary<string, PodContainer> _containers = new(StringComparer.Ordinal);
    readonly List<ChildCommand> _children = [];

    // Ends of processes that are not known yet: a container may end while its `create` is still on its way out.
    readonly Dictionary<int, WaitStatus> _strays = [];
    PollFd[] _polled = [];
    readonly Fence _fence = new();
    bool _stopping;

    public ShimServer(StateDirectory states, string root, string directory, Fd listener)
    {
        (_states, _root, _directory, _listener) = (states, root, directory, listener);
        Kernel.BecomeSubreaper();
        _signals = Kernel.SignalFd(ChildEnded);
    }

    /// <summary>Serves until a client asks to stop.</summary>
    public void Run()
    {
        var trimmed = false;
        while (!_stopping)
        {
            var count = Watch();
            var idle = trimmed ? -1 : IdleMilliseconds;
            var fence = _fence.Milliseconds;
            var something = Kernel.Poll(_polled.AsSpan(0, count), fence >= 0 && (idle < 0 || fence < idle) ? fence : idle) > 0;
            if (_fence.Falls()) KillAll();
            if (something)
            {
                Turn();
                trimmed = false;
            }
            else if (!trimmed)
            {
                GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive);
                trimmed = true;
            }
        }
    }

    int Watch()
    {
        var most = 2 + _connections.Count + 2 * _containers.Count;
        if (_polled.Length < most) _polled = new PollFd[2 * most];
        var count = 0;
        _polled[count++] = new PollFd(_listener.Number, PollFd.In);
        _polled[count++] = new PollFd(_signals.Number, PollFd.In);
        foreach (var connection in _connections)
        {
            // Of a busy client nothing is read: what it sends waits in its socket.
            var wanted = (short)((connection.IsBusy ? 0 : PollFd.In) | (connection.HasOutput ? PollFd.Out : 0));
            _polled[count++] = new PollFd(connection.IsBusy && !connection.HasOutput ? -1 : connection.Socket.Number, wanted);
        }

        foreach (var container in _containers.Values)
        {
            // A closed stream's number is -1, which poll passes over.
            _polled[count++] = new PollFd(container.Output.Pipe.Number, PollFd.In);
            _polled[count++] = new PollFd(container.Errors.Pipe.Number, PollFd.In);
        }

        return count;
    }

    // The order of _polled is that of Watch; the lists change only after it has been gone through.
    void Turn()
    {
        var at = 2;
        foreach (var connection in _connections)
        {
            var ready = _polled[at++].Ready;
            if ((ready & PollFd.Out) != 0) connection.Flush();
            if ((ready & (PollFd.In | PollFd.HangUp | PollFd.Error)) != 0 && connection.IsOpen && !connection.IsBusy) connection.Receive();
        }

        foreach (var container in _containers.Values)
        {
            if (_polled[at++].Ready != 0) container.Output.Pump(RoundsPerTurn);
            if (_polled[at++].Ready != 0) container.Errors.Pump(RoundsPerTurn);
        }

        if (_polled[1].Ready != 0) Reap();
        if (_polled[0].Ready != 0) Welcome();
        for (var i = 0; i < _connections.Count; i++) Serve(_connections[i]);
        _connections.RemoveAll(connection => !connection.IsOpen);
    }

    void Welcome()
    {
        if (Kernel.Accept(_listener) is not { } socket) return;
        // The socket's mode keeps others out; this holds even where the mode was changed.
        if (Kernel.PeerUid(socket) == 0) _connections.Add(new Connection(socket));
        else socket.Dispose();
    }

    void Reap()
    {
        while (Kernel.NextSignal(_signals) != 0)
        {
        }

        while (Kernel.Wait(AnyChild, block: false, out var status) is var pid and > 0)
        {
            var child = _children.Find(candidate => candidate.Pid == pid);
            var container = _containers.Values.FirstOrDefault(candidate => candidate.Record.Pid == pid && !candidate.IsStopped);
            if (child is not null)
            {
                _children.Remove(child);
                using (child) child.Finish(status);
            }
            else if (container is not null)
            {
                Exited(container, status);
            }
            else if (_children.Count > 0 && _strays.Count < MostStrays)
            {
                _strays[pid] = status;
            }
        }

        if (_children.Count == 0) _strays.Clear();
    }

    // Their pids are children of ours that are not reaped yet, so no number can have passed to another process.
    void KillAll()
    {
        foreach (var container in _containers.Values.Where(container => container is { IsListed: true, IsStopped: false }))
        {
            var errno = Kernel.Signal(container.Record.Pid, LastResort);
            Trouble(errno == Errno.None ? $"fenced: {container.Record.Id} was killed" : $"fenced: kill {container.Record.Id}: errno {(int)errno}");
        }
    }

    void Exited(PodContainer container, WaitStatus status)
    {
        container.Exited(status);
        var record = container.Record;
        try
        {
            record.Save(ExitFile(record.Id));
        }
        catch (SyscallException e)
        {
            Trouble($"the exit of {record.Id} could not be written: {e.Message}");
        }

        var line = Answer.Exit(record);
        foreach (var connection in _connections)
            if (connection.Watches)
                connection.Send(line);
    }

    string ExitFile(string id) => $"{_directory}/{id}.exit.json";

    /// <summary>Something no client can be told: it goes to shim.log, the last megabyte of which is kept.</summary>
    void Trouble(string message)
    {
        const int fileMode = 0x180, mostBytes = 1024 * 1024;
        var path = _directory + "/shim.log";
        try
        {
            if (Kernel.Stat(path) is { Bytes: > mostBytes }) Kernel.RemoveFile(path);
            using var file = Kernel.Open(path, O.WRONLY | O.CREAT | O.APPEND | O.NOFOLLOW, fileMode);
            var time = DateTime.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
            Kernel.WriteAll(file.Number, Encoding.UTF8.GetBytes($"{time} {message}\n"), path);
        }
        catch (SyscallException)
        {
            // There is no place left to say it: stderr is /dev/null, and the shim must live on for its containers.
        }
    }

    public void Dispose()
    {
        foreach (var connection in _connections) connection.Dispose();
        foreach (var container in _containers.Values) container.Dispose();
        _signals.Dispose();
        _listener.Dispose();
    }
}
