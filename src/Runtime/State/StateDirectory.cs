using System.Text;
using Orchestrator.Runtime.Cgroups;
using Orchestrator.Runtime.Launch;
using Orchestrator.Runtime.Spec;
using Orchestrator.Runtime.Syscalls;

namespace Orchestrator.Runtime.State;

/// <summary>The directory (--root) with a directory for each container: state.json, a copy of config.json, and the fifos of start.</summary>
sealed class StateDirectory(string root)
{
    const int MostIdLength = 200;
    const int PrivateDirectory = 0x1C0; // 0700
    const int PrivateFile = 0x180; // 0600

    public string Of(string id) => $"{root}/{id}";

    const string PromisedCgroups = "/cgroups.promised", OwnedCgroups = "/cgroups";

    public string StartFifo(string id) => Of(id) + "/exec.fifo";

    public string StartResult(string id) => Of(id) + "/exec.result";

    /// <summary>Claims an id for a new container.</summary>
    /// <exception cref="ContainerException">The id is taken or no id at all.</exception>
    public void Claim(string id)
    {
        Check(id);
        MakeRoot(root);
        if (!Kernel.MakeDirectory(Of(id), PrivateDirectory)) throw new ContainerException($"container with given ID already exists: {id}");
    }

    static void MakeRoot(string path)
    {
        if (Kernel.Stat(path) is not null) return;
        if (Path.GetDirectoryName(path) is { Length: > 0 } parent) MakeRoot(parent);
        Kernel.MakeDirectory(path, PrivateDirectory);
    }

    public void Save(ContainerState state) => Kernel.ReplaceFile(Of(state.Id) + "/state.json", state.Write(), PrivateFile);

    /// <summary>Nobody looks for it before there is a state.json beside it, so it is written in place.</summary>
    public void SaveConfig(string id, ReadOnlySpan<byte> config) => Kernel.WriteNewFile(Of(id) + "/config.json", config, PrivateFile);

    /// <summary>
    /// Notes where a container's cgroups are going to be, for whoever removes it if this process is killed before there is a state.json.
    /// </summary>
    public void PromiseCgroups(string id, string path) => Kernel.WriteNewFile(Of(id) + PromisedCgroups, Encoding.UTF8.GetBytes(path), PrivateFile);

    /// <summary>They are made, and nobody else's: what runs there may be killed.</summary>
    public void OwnCgroups(string id) => Kernel.Rename(Of(id) + PromisedCgroups, Of(id) + OwnedCgroups);

    /// <summary>The path that was noted, and whether it is known to be the container's own; null: none was.</summary>
    public (string Path, bool Own)? NotedCgroups(string id)
    {
        Check(id);
        if (Kernel.TryReadText(Of(id) + OwnedCgroups) is { } own) return (own, true);
        return Kernel.TryReadText(Of(id) + PromisedCgroups) is { Length: > 0 } promised ? (promised, false) : null;
    }

    public ContainerConfig LoadConfig(string id) => ConfigReader.Read(Kernel.ReadFile(Of(id) + "/config.json"), []);

    /// <exception cref="ContainerException">There is no such container.</exception>
    public ContainerState Load(string id) => TryLoad(id) ?? throw new ContainerException($"container does not exist: {id}");

    public ContainerState? TryLoad(string id)
    {
        Check(id);
        return Kernel.TryReadFile(Of(id) + "/state.json") is { } text ? ContainerState.Read(text) : null;
    }

    public ContainerStatus Status(ContainerState state)
    {
        if (!ProcessClock.IsAlive(state)) return ContainerStatus.Stopped;
        if (Kernel.Stat(StartFifo(state.Id)) is not null) return ContainerStatus.Created;
        return CgroupFreezer.IsFrozen(state.Cgroups) ? ContainerStatus.Paused : ContainerStatus.Running;
    }

    public IEnumerable<ContainerState> All()
    {
        if (!Directory.Exists(root)) yield break;
        foreach (var directory in Directory.EnumerateDirectories(root).Order(StringComparer.Ordinal))
            if (IsId(Path.GetFileName(directory)) && TryLoad(Path.GetFileName(directory)) is { } state)
                yield return state;
    }

    /// <summary>Where a container's program tells that it is ready.</summary>
    public string NotifyDirectory(string id) => Of(id) + "/notify";

    /// <summary>Forgets a container: its files are known, so nothing else is ever removed.</summary>
    public void Remove(string id)
    {
        RemoveFiles(id, "state.json", "config.json", OwnedCgroups[1..]);
        NotifySocket.Remove(NotifyDirectory(id));
        var errno = Kernel.RemoveDirectory(Of(id));
        if (errno == Errno.ENOTEMPTY)
        {
            // From a container that was never started, or a runtime that was killed.
            RemoveFiles(id, "exec.fifo", "exec.result", "state.json.new", PromisedCgroups[1..]);
            errno = Kernel.RemoveDirectory(Of(id));
        }

        if (errno is not (Errno.None or Errno.ENOENT)) throw new SyscallException("rmdir", errno, Of(id));
    }

    void RemoveFiles(string id, params ReadOnlySpan<string> files)
    {
        foreach (var file in files) Kernel.RemoveFile($"{Of(id)}/{file}");
    }

    static void Check(string id)
    {
        if (!IsId(id)) throw new ContainerException($"'{id}' is not a container id: letters, digits, '_', '+', '-' and '.', at most {MostIdLength}");
    }

    public static bool IsId(string id) =>
        id.Length is > 0 and <= MostIdLength && id is not ("." or "..") && id.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '+' or '-' or '.');
}

/// <summary>A command that does not fit the container's state.</summary>
sealed class ContainerException(string message) : Exception(message);
