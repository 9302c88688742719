using Orchestrator.NodeAgent.Containers;
using Orchestrator.NodeAgent.Syscalls;

namespace Orchestrator.NodeAgent.Networking;

/// <summary>
/// The namespaces that the containers of one pod share: network, ipc and uts, each kept alive by a bind mount of its
/// nsfs file (namespaces(7)), so that no process has to stay for them.
/// </summary>
sealed record PodNamespaces(string Directory)
{
    // HOST_NAME_MAX (sethostname(2)).
    const int HostnameBytes = 64;

    public string Network => Path.Combine(Directory, "net");
    public string Ipc => Path.Combine(Directory, "ipc");
    public string Uts => Path.Combine(Directory, "uts");

    /// <summary>The users of a pod that has its own; the others are inside it then, so that root of the pod is root of its network, too.</summary>
    public string User => Path.Combine(Directory, "user");

    /// <summary>Makes those that are missing. With hostNetwork the pod stays in the node's network and uts namespaces.</summary>
    /// <param name="users">The pod's own users; null for the node's.</param>
    public void Make(string hostname, bool hostNetwork, PodUsers? users = null)
    {
        PrivateDirectory.Make(Directory);
        List<(string Name, string Path)> wanted = hostNetwork ? [("ipc", Ipc)] : [("net", Network), ("ipc", Ipc), ("uts", Uts)];
        if (users is not null)
            wanted.Add(("user", User));
        if (wanted.All(ns => MountTable.IsMountPoint(ns.Path)))
            return;
        // Half made by a run that died: no container can be in there yet.
        Remove();
        PrivateDirectory.Make(Directory);
        if (users is not null)
            MakeOwn(users, hostname, hostNetwork, wanted);
        else
            MakeShared(hostname, hostNetwork, wanted);
    }

    /// <summary>Lets them go; they end with the last process in them. Nothing there is fine.</summary>
    public void Remove()
    {
        foreach (var path in (string[])[Network, Ipc, Uts, User])
            Mounts.Detach(path);
        if (System.IO.Directory.Exists(Directory))
            System.IO.Directory.Delete(Directory, recursive: true);
    }

    void MakeShared(string hostname, bool hostNetwork, IReadOnlyList<(string Name, string Path)> wanted) => KernelThread.Run(() =>
    {
        var flags = Libc.CloneNewipc | (hostNetwork ? 0 : Libc.CloneNewnet | Libc.CloneNewuts);
        SyscallException.Check(Libc.Unshare(flags), "unshare", Directory);
        if (!hostNetwork)
            SetHostname(hostname);
        foreach (var (name, path) in wanted)
        {
            File.WriteAllBytes(path, []);
            Mounts.Bind($"/proc/thread-self/ns/{name}", path);
        }
    });

    void MakeOwn(PodUsers users, string hostname, bool hostNetwork, IReadOnlyList<(string Name, string Path)> wanted)
    {
        UserNamespace.Make(users.First, hostNetwork ? ["--ipc"] : ["--ipc", "--net", "--uts"], wanted);
        if (hostNetwork)
            return;
        KernelThread.Run(() =>
        {
            using var uts = NetworkNamespace.Open(Uts);
            SyscallException.Check(Libc.Setns(uts, Libc.CloneNewuts), "setns", Uts);
            SetHostname(hostname);
        });
    }

    static void SetHostname(string hostname)
    {
        var name = hostname.Length > HostnameBytes ? hostname[..HostnameBytes] : hostname;
        SyscallException.Check(Libc.Sethostname(name, (nuint)System.Text.Encoding.UTF8.GetByteCount(name)), "sethostname", name);
    }
}
