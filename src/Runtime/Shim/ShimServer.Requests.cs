using Orchestrator.Runtime.Cgroups;
using Orchestrator.Runtime.Launch;
using Orchestrator.Runtime.Spec;
using Orchestrator.Runtime.State;
using Orchestrator.Runtime.Syscalls;

namespace Orchestrator.Runtime.Shim;

sealed partial class ShimServer
{
    void Serve(Connection connection)
    {
        while (connection is { IsOpen: true, IsBusy: false } && connection.NextLine() is { } line)
        {
            try
            {
                Handle(connection, Request.Parse(line));
            }
            catch (Exception e) when (e is ConfigException or ContainerException or SyscallException or LaunchException or CgroupException or InvalidOperationException)
            {
                connection.IsBusy = false;
                connection.Send(Answer.Failed(e.Message));
            }
        }
    }

    void Handle(Connection connection, Request request)
    {
        switch (request.Op)
        {
            case "create": Create(connection, request); break;
            case "start": Start(connection, Find(request.Id)); break;
            case "kill": Kill(connection, Find(request.Id), request.Signal); break;
            case "delete": Delete(connection, Find(request.Id)); break;
            case "list": connection.Send(Containers()); break;
            case "wait":
                connection.Watches = true;
                connection.Send(Containers());
                break;
            case "stop": Stop(connection); break;
            case "fence":
                _fence.PutOff(request.Milliseconds);
                connection.Send(Answer.Ok());
                break;
            default: throw new ConfigException("op", $"unknown operation '{request.Op}'");
        }
    }

    void Create(Connection connection, Request request)
    {
        if (_fence.HasFallen) throw new ContainerException("the pod is fenced: its node must not run it");
        if (!StateDirectory.IsId(request.Id)) throw new ConfigException("id", $"'{request.Id}' is not a container id");
        if (!request.Bundle.StartsWith('/')) throw new ConfigException("bundle", "must be an absolute path");
        if (!request.Log.StartsWith('/')) throw new ConfigException("log", "must be an absolute path");
        if (_containers.ContainsKey(request.Id)) throw new ContainerException($"container {request.Id} exists already");
        var log = new LogFile(request.Log, request.LogMaxBytes, request.LogMaxFiles, Trouble);
        var (outputRead, outputWrite) = Kernel.Pipe();
        var (errorsRead, errorsWrite) = Kernel.Pipe();
        using (outputWrite)
        using (errorsWrite)
        {
            Kernel.MakeNonBlocking(outputRead);
            Kernel.MakeNonBlocking(errorsRead);
            var container = new PodContainer(
                request.Id, log, new LogStream(outputRead, "stdout"u8, log), new LogStream(errorsRead, "stderr"u8, log));
            try
            {
                Kernel.RemoveFile(ExitFile(request.Id));
                if (TryLaunch(connection, request, container, outputWrite, errorsWrite)) return;
                _children.Add(ChildCommand.Start(["create", "--bundle", request.Bundle, request.Id], _root, outputWrite, errorsWrite,
                    (status, errors) => Created(connection, container, status, errors)));
            }
            catch
            {
                container.Dispose();
                throw;
            }

            _containers.Add(request.Id, container);
            connection.IsBusy = true;
        }
    }

    void Created(Connection connection, PodContainer container, WaitStatus status, string errors)
    {
        connection.IsBusy = false;
        var id = container.Record.Id;
        var state = status.ExitCode == 0 ? _states.TryLoad(id) : null;
        if (state is null)
        {
            _containers.Remove(id);
            container.Dispose();
            connection.Send(Answer.Failed(errors.Length > 0 ? errors : $"create {id}: ended with {status.ExitCode}"));
            return;
        }

        Created(connection, container, state);
    }

    void Created(Connection connection, PodContainer container, ContainerState state)
    {
        container.Created(state.Pid, state.Cgroups.Directories.FirstOrDefault(directory => directory.Controllers.Contains("memory")));
        if (_strays.Remove(state.Pid, out var ended)) Exited(container, ended);
        connection.Send(Answer.Ok(json => json.WriteNumber("pid", state.Pid)));
    }

    void Start(Connection connection, PodContainer container)
    {
        if (container.Record.Status != ContainerRecord.Created || container.Record.StartedAt is not null)
            throw new ContainerException($"container {container.Record.Id} can't be started: it is {container.Record.Status}");
        if (_fence.HasFallen) throw new ContainerException("the pod is fenced: its node must not run it");
        container.Starting();
        if (container.Program is not null)
        {
            StartLaunched(connection, container);
            return;
        }

        Command(connection, ["start", container.Record.Id], succeeded =>
        {
            if (succeeded) container.Started();
            else container.NotStarted();
        });
    }

    static void Kill(Connection connection, PodContainer container, int signal)
    {
        if (signal == 0) throw new ConfigException("signal", "is missing");
        // The pid is the shim's own child and not reaped yet, so the number can't have passed to another process.
        if (container.IsStopped) throw new ContainerException($"container {container.Record.Id} is not running");
        var errno = Kernel.Signal(container.Record.Pid, signal);
        if (errno != Errno.None) throw new SyscallException("kill", errno, $"container {container.Record.Id}");
        connection.Send(Answer.Ok());
    }

    void Delete(Connection connection, PodContainer container)
    {
        var id = container.Record.Id;
        if (!container.IsStopped) throw new ContainerException($"container {id} can't be deleted: it is {container.Record.Status}");
        Command(connection, ["delete", id], succeeded =>
        {
            if (!succeeded) return;
            _containers.Remove(id);
            container.Dispose();
            Kernel.RemoveFile(ExitFile(id));
        });
    }

    void Command(Connection connection, IReadOnlyList<string> arguments, Action<bool> done)
    {
        _children.Add(ChildCommand.Start(arguments, _root, null, null, (status, errors) =>
        {
            connection.IsBusy = false;
            done(status.ExitCode == 0);
            if (status.ExitCode == 0) connection.Send(Answer.Ok());
            else connection.Send(Answer.Failed(errors.Length > 0 ? errors : $"{string.Join(' ', arguments)}: ended with {status.ExitCode}"));
        }));
        connection.IsBusy = true;
    }

    void Stop(Connection connection)
    {
        var running = _containers.Values.Where(container => !container.IsStopped).Select(container => container.Record.Id).ToList();
        if (running.Count > 0) throw new ContainerException($"not stopped: {string.Join(' ', running)}");
        Kernel.RemoveFile(_directory + "/shim.sock");
        Kernel.RemoveFile(_directory + "/shim.pid");
        connection.Send(Answer.Ok());
        _stopping = true;
    }

    PodContainer Find(string id) =>
        _containers.TryGetValue(id, out var container) && container.IsListed
            ? container : throw new ContainerException($"container {id} does not exist");

    byte[] Containers() => Answer.Ok(json =>
    {
        json.WriteStartArray("containers");
        foreach (var container in _containers.Values)
            if (container.IsListed)
                container.Record.Write(json);
        json.WriteEndArray();
    });
}
